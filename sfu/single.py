"""One regular packet: the same as `regular.py` for many, where there are few.

See there for what is regular.
"""

from sfu.feedback import reception
from sfu.formats import Format
from sfu.layout import SIZE, Layout
from sfu.publication import Stream
from sfu.regular import STARTS_BY_FIRST, STARTS_BY_SECOND
from sfu.rewrite.ids import pack
from sfu.rewrite.plain import Outgoing
from sfu.ring import SLOT, START
from sfu.rtp import FIXED
from sfu.sequencer import CYCLE
from sfu.state import State
from sfu.tables import WINDOW

FIRST: list[list[int]] = STARTS_BY_FIRST.tolist()
SECOND: list[list[int]] = STARTS_BY_SECOND.tolist()
OPAQUE = int(Format.OTHER)


class Single:
    """`take` one packet; afterwards it stands in `packet`, and in its columns."""

    def __init__(self, state: State) -> None:
        self.packet = Outgoing()
        self._state = state
        self._data = state.ring.data
        state.stream_table.on_grow.append(self._load_columns)
        self._load_columns()

    def _load_columns(self) -> None:
        """Those of a stream that `take` uses."""
        table = self._state.stream_table
        self._steady, self._highest, self._timestamps = (
            table.is_steady, table.highest, table.timestamp
        )  # fmt: skip
        self._seen, self._packets = table.seen, table.packets

    def take(self, stream: Stream, slot: int, length: int, arrival: float, now: float) -> bool:
        """An unsealed packet. False: it is not regular, and nothing was done."""
        layout, data, row = stream.layout, self._data, stream.row
        if layout is None or not (self._steady[row] or stream.settle()):
            return False
        at = slot * SLOT + START
        if int.from_bytes(data[at : at + SIZE], "big") & layout.mask != layout.want:
            return False
        _, kind, sequence, timestamp, _ = FIXED.unpack_from(data, at)
        extended = self._highest[row] + 1
        body, second, format = layout.body, layout.second, layout.format
        size, payload = length - body, at + body
        if extended - sequence & 0xFFFF or size <= second:
            return False
        if FIRST[format][data[payload]] + SECOND[format][data[payload + second]] > 1:
            return False
        if (
            format == OPAQUE
            and timestamp != self._timestamps[row]
            and not stream.publication.is_audio
        ):
            return False
        self._highest[row] = extended
        self._timestamps[row] = timestamp
        self._seen[row * WINDOW + (extended & WINDOW - 1)] = extended >> CYCLE & 0xFFFF
        self._packets[row] += 1
        self._describe(stream, layout, slot, extended, timestamp, kind & 0x80, size)
        self._tell(stream, layout, at, timestamp, kind > 0x7F, arrival, now)
        return True

    def _describe(
        self, stream: Stream, layout: Layout, slot: int, extended: int, timestamp: int, marker: int,
        size: int,
    ) -> None:  # fmt: skip
        """What sending needs, now and later."""
        table, packet, body = self._state.packets, self.packet, START + layout.body
        table.timestamp[slot] = packet.timestamp = timestamp
        table.marker[slot] = packet.marker = marker
        table.size[slot] = packet.size = size
        table.payload[slot] = body
        table.ids_at[slot] = packet.ids_at = layout.ids_at
        packet.number = extended - self._state.stream_table.removed[stream.row]
        packet.reference = self._state.ring.reference(slot)
        at = slot * SLOT + body
        packet.payload = data = self._data[at : at + size]
        if layout.ids_at:
            picture = data[layout.picture_at]
            if layout.is_wide:
                picture = (picture & 0x7F) << 8 | data[layout.picture_at + 1]
            packet.ids = pack(picture, data[layout.tl0_at], data[layout.key_at])

    def _tell(
        self, stream: Stream, layout: Layout, at: int, timestamp: int, is_last: bool,
        arrival: float, now: float,
    ) -> None:  # fmt: skip
        """Statistics, feedback, audio levels."""
        data, table, row = self._data, self._state.stream_table, stream.row
        reception.receive(table, row, self._highest[row], timestamp, arrival)
        if layout.twcc_at:
            place = at + layout.twcc_at
            number = data[place] << 8 | data[place + 1]
            self._state.arrivals.add(table.client[row], number, arrival, is_last)
        if layout.level_at and (meter := stream.publication.level) is not None:
            meter.receive(data[at + layout.level_at] & 0x7F, timestamp, now)
