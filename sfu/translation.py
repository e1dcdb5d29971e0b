"""RED to plain Opus and back, once per stream for all subscribers that need the other form.

The translated packets have slots and a stream row of their own, and keep the numbers of the
stream they come from; so rewriting and retransmission treat them like any other.
"""

from sfu.formats import Format, Payload
from sfu.publication import Stream
from sfu.red import Audio, RedDecoder, RedEncoder
from sfu.rewrite.plain import payload_of
from sfu.state import State
from sfu.tables import LATE

LONGEST = 1024  # bytes of Opus; a longer packet is not repeated (LiveKit)

OTHER_FORM = {Format.RED: Format.OPUS, Format.OPUS: Format.RED}
MIMES = {Format.RED: "audio/red", Format.OPUS: "audio/opus"}


class Translator:
    """`output` is the stream of the other form; its subscriptions are attached to it."""

    def __init__(self, state: State, source: Stream, output: Stream) -> None:
        self._state = state
        self._source = source
        self.output = output
        output.clock = source.clock
        state.stream_table.clock[output.row] = source.row
        self.take_format()

    def take_format(self) -> None:
        """The source has a payload type now, or another one."""
        source = self._source
        assert source.payload is not None
        form = OTHER_FORM[source.format]
        payload = Payload(form, MIMES[form], source.payload.clock_rate, False, False, 0)
        self.output.set_payload(-1, payload)
        # Opus' number inside RED is the subscriber's: it is written per row.
        self._codec = RedDecoder() if form is Format.OPUS else RedEncoder(0)

    def translate(self, slot: int) -> list[int]:
        """The slots that the packet in `slot` becomes, oldest first."""
        table = self._state.packets
        number, timestamp = table.number[slot], table.timestamp[slot]
        view = payload_of(self._state, slot)
        if isinstance(self._codec, RedDecoder):
            found = self._codec.receive(number, timestamp, view, 0, len(view))
        else:
            payload = bytes(view)
            if len(payload) < LONGEST:
                payload = self._codec.encode(number, timestamp, payload)
            else:
                payload = b"\0" + payload
            found = [Audio(number, timestamp, payload)]
        marker = table.marker[slot]
        stored = [self._store(audio, marker if audio.sequence == number else 0) for audio in found]
        capture = self._state.descriptors.capture(slot)
        if capture and stored:
            self._state.descriptors.put(stored[-1], table.size[stored[-1]], capture=capture)
        return stored

    def _store(self, audio: Audio, marker: int) -> int:
        state, row = self._state, self.output.row
        slot, at = state.ring.keep(audio.payload)
        table = state.packets
        table.clear(slot)
        table.stream[slot] = row
        table.number[slot] = audio.sequence
        table.timestamp[slot] = audio.timestamp
        table.marker[slot] = marker
        table.payload[slot] = at
        table.size[slot] = len(audio.payload)
        highest = state.stream_table.highest
        if audio.sequence <= highest[row]:
            table.flags[slot] = LATE
        else:
            highest[row] = audio.sequence
        return slot


def is_translatable(stream: Stream) -> bool:
    """Encrypted frames are opaque: their RED cannot be taken apart, nor made."""
    return stream.format in OTHER_FORM and not stream.publication.is_encrypted
