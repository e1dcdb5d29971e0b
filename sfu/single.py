"""One regular packet: the same as `regular.py` for many, where there are few.

See there for what is regular.
"""

from sfu.feedback import reception
from sfu.formats import Format
from sfu.layout import SIZE
from sfu.publication import Stream
from sfu.regular import STARTS_BY_FIRST, STARTS_BY_SECOND
from sfu.rewrite.ids import pack
from sfu.rewrite.plain import Outgoing
from sfu.ring import SLOT, START
from sfu.rtp import FIXED
from sfu.sequencer import CYCLE
from sfu.state import State
from sfu.tables import TEMPORAL, WINDOW

FIRST: list[list[int]] = STARTS_BY_FIRST.tolist()
SECOND: list[list[int]] = STARTS_BY_SECOND.tolist()


class Single:
    """`take` one packet; afterwards it stands in `packet`, and in its columns."""

    def __init__(self, state: State) -> None:
        self.packet = Outgoing()
        self._state = state
        self._data = state.ring.data

    def take(self, stream: Stream, slot: int, length: int, arrival: float, now: float) -> bool:
        """An unsealed packet. False: it is not regular, and nothing was done."""
        layout, data, row = stream.layout, self._data, stream.row
        at = slot * SLOT + START
        if layout is None or not stream.is_steady:
            return False
        if int.from_bytes(data[at : at + SIZE], "big") & layout.mask != layout.want:
            return False
        table, format = self._state.stream_table, layout.format
        _, kind, sequence, timestamp, _ = FIXED.unpack_from(data, at)
        extended = table.highest[row] + 1
        payload = at + layout.body
        size = length - layout.body
        if extended - sequence & 0xFFFF or size <= layout.second:
            return False
        if FIRST[format][data[payload]] + SECOND[format][data[payload + layout.second]] > 1:
            return False
        is_audio = stream.publication.is_audio
        if format == Format.OTHER and not is_audio and timestamp != table.timestamp[row]:
            return False
        temporal = data[payload + layout.temporal_at] >> 6 if layout.temporal_at else 0
        table.seen[row * WINDOW + (extended & WINDOW - 1)] = extended >> CYCLE & 0xFFFF
        table.highest[row] = extended
        table.timestamp[row] = timestamp
        table.packets[row] += 1
        table.octets[row] += size
        table.flow_packets[row] += 1
        table.flow_octets[row * TEMPORAL + temporal] += size
        self._load(stream, slot, extended - table.removed[row], timestamp, kind & 0x80, size)
        self._tell(stream, at, timestamp, kind > 0x7F, arrival, now)
        return True

    def _load(
        self, stream: Stream, slot: int, number: int, timestamp: int, marker: int, size: int
    ) -> None:
        """What sending needs, now and later."""
        layout, table, packet = stream.layout, self._state.packets, self.packet
        assert layout is not None
        table.stream[slot] = stream.row
        table.timestamp[slot] = packet.timestamp = timestamp
        table.marker[slot] = packet.marker = marker
        table.size[slot] = packet.size = size
        table.payload[slot] = START + layout.body
        packet.number = number
        packet.reference = self._state.ring.reference(slot)
        at = slot * SLOT + START + layout.body
        packet.payload = data = self._data[at : at + size]
        table.picture_at[slot] = picture_at = packet.picture_at = layout.picture_at
        table.tl0_at[slot] = tl0_at = packet.tl0_at = layout.tl0_at
        table.key_at[slot] = key_at = packet.key_at = layout.key_at
        packet.has_ids = picture_at | tl0_at | key_at
        if packet.has_ids:
            table.is_wide[slot] = layout.is_wide
            packet.is_wide = layout.is_wide != 0
            picture = data[picture_at]
            if layout.is_wide:
                picture = (picture & 0x7F) << 8 | data[picture_at + 1]
            packet.ids = pack(picture, data[tl0_at], data[key_at])

    def _tell(
        self, stream: Stream, at: int, timestamp: int, is_last: bool, arrival: float, now: float
    ) -> None:
        """Statistics, feedback, audio levels."""
        layout, data, table = stream.layout, self._data, self._state.stream_table
        assert layout is not None
        reception.receive(table, stream.row, table.highest[stream.row], timestamp, arrival)
        if place := layout.twcc_at:
            place += at
            number = data[place] << 8 | data[place + 1]
            self._state.arrivals.add(table.client[stream.row], number, arrival, is_last)
        if layout.level_at and (meter := stream.publication.level) is not None:
            meter.receive(data[at + layout.level_at] & 0x7F, timestamp, now)
