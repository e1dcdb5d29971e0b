"""A stream's packets in: numbered, described, counted. What is left goes on to subscribers."""

from collections.abc import Callable

from sfu.drop import Drop
from sfu.events import TrackStarted
from sfu.feedback import reception
from sfu.formats import Payload
from sfu.frames import Frames
from sfu.layered import Layered
from sfu.publication import Stream
from sfu.rtp import Header
from sfu.sequencer import Sequencer
from sfu.state import State
from sfu.tables import LATE

GONE = -1  # instead of a slot: the packet does not go on


class Receiver:
    """Fills the columns of a packet in `tables.Packets`.

    `on_interrupt`: the stream's numbering, timestamps or format break off here, its subscriptions
    must begin anew. `on_flow(stream, is_key, now)`: its layer flows, and did not before.
    """

    def __init__(
        self,
        state: State,
        layered: Layered,
        on_interrupt: Callable[[Stream, float], None],
        on_flow: Callable[[Stream, bool, float], None],
    ) -> None:
        self._state = state
        self._table = state.stream_table
        self._sequencer = Sequencer(state, on_interrupt)
        self._frames = Frames(state, layered, on_flow)
        self._on_interrupt = on_interrupt
        self._on_flow = on_flow

    def change_payload(
        self, stream: Stream, payload_type: int, payload: Payload, now: float
    ) -> None:
        """The next packet has another payload type than the last one."""
        before = stream.payload
        stream.set_payload(payload_type, payload)
        if before is not None and before.format != payload.format:
            self._on_interrupt(stream, now)

    def receive(
        self, stream: Stream, data: bytes, header: Header, sequence: int, arrival: float, now: float
    ) -> int:
        """A packet under its own number; it came at `arrival`. Returns the slot where it is kept,
        when it goes on, and else GONE."""
        extended = self._sequencer.take(stream, sequence, now)
        if extended < 0:
            return GONE
        reception.receive(self._table, stream.row, extended, header.timestamp, arrival)
        return self._fill(stream, data, header, extended, now)

    def skip(self, stream: Stream, sequence: int, now: float) -> int:
        """A packet of the stream that nobody can use: its gap is closed."""
        extended = self._sequencer.take(stream, sequence, now)
        if extended >= 0:
            reception.repair(self._table, stream.row)
            self._sequencer.remove(stream, extended)
        return self._drop(Drop.UNKNOWN_PAYLOAD_TYPE)

    def repair(self, stream: Stream, data: bytes, header: Header, sequence: int, now: float) -> int:
        """A packet that came again by RTX. Returns as `receive` does."""
        extended = self._sequencer.repair(stream, sequence, now)
        if extended < 0:
            return GONE
        reception.repair(self._table, stream.row)
        self._state.stats.repaired += 1
        return self._fill(stream, data, header, extended, now)

    def _fill(self, stream: Stream, data: bytes, header: Header, extended: int, now: float) -> int:
        # Probes on the media's SSRC come by thousands from PyPI livekit: their gap is closed.
        number = self._sequencer.number(stream, extended)
        if header.payload == header.end or number < 0:
            self._sequencer.remove(stream, extended)
            return self._drop(Drop.PADDING)
        is_late = self._sequencer.is_late
        table = self._state.packets
        slot, at = self._state.ring.keep(data[header.payload : header.end])
        table.clear(slot)
        table.stream[slot] = stream.row
        table.number[slot] = number
        table.timestamp[slot] = header.timestamp
        table.marker[slot] = 0x80 if header.marker else 0
        table.payload[slot] = at
        table.size[slot] = header.end - header.payload
        if is_late:
            table.flags[slot] = LATE
        if header.capture:
            self._state.descriptors.put(slot, table.size[slot], capture=header.capture)
        if not stream.publication.is_audio and not self._frames.describe(
            stream, slot, data, header, now, is_late=is_late
        ):
            self._sequencer.remove(stream, extended)
            return self._drop(Drop.MALFORMED)
        return slot if self._admit(stream, now) else GONE

    def _admit(self, stream: Stream, now: float) -> bool:
        publication = stream.publication
        if not publication.is_started:
            self._start(stream, now)
        if publication.is_muted:
            self._drop(Drop.MUTED)
            return False
        return True

    def _start(self, stream: Stream, now: float) -> None:
        publication = stream.publication
        publication.is_started = True
        assert stream.payload is not None
        self._state.events.append(
            TrackStarted(publication.peer, publication.track, stream.payload.mime)
        )
        if publication.is_audio:
            self._on_flow(stream, True, now)

    def _drop(self, reason: Drop) -> int:
        self._state.stats.dropped[reason] += 1
        return GONE
