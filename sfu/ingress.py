"""From datagrams to packets of known streams: unseal, find the parts, unwrap retransmissions."""

from sfu import extensions, layout
from sfu.client import Client, Source
from sfu.described import capture_time
from sfu.drop import Drop
from sfu.extensions import Elements
from sfu.formats import LAYERED
from sfu.learning import Learner
from sfu.publication import Stream
from sfu.receiver import GONE, Receiver
from sfu.ring import Batch
from sfu.rtp import Header
from sfu.state import State

NOTHING: Elements = {}


class Ingress:
    """`receive` tells the slot where a packet is kept, its columns filled in, if it goes on."""

    def __init__(self, state: State, learner: Learner, receiver: Receiver) -> None:
        self._state = state
        self._learner = learner
        self._receiver = receiver
        self._header = Header()

    def receive(self, client: Client, batch: Batch, position: int, now: float) -> int:
        """A sealed packet of a source that is new."""
        protection = client.endpoint.protection
        if protection is None:
            return self._drop(Drop.NOT_READY)
        # How many sources a client may have is counted here.
        data = protection.unprotect(self._state.ring.datagram(batch, position))
        if data is None:
            return self._drop(Drop.UNAUTHENTIC)
        return self.take(client, data, float(batch.arrivals[position]), now)

    def take_unsealed(self, client: Client, batch: Batch, position: int, now: float) -> int:
        """A plain packet."""
        data = self._state.ring.datagram(batch, position)
        return self.take(client, data, float(batch.arrivals[position]), now)

    def take(self, client: Client, data: bytes, arrival: float, now: float) -> int:
        """The plain packet. `arrival`: seconds, when it came."""
        header = self._header
        if not header.read(data, len(data)):
            return self._drop(Drop.MALFORMED)
        elements = NOTHING
        if header.profile:
            elements = extensions.locate(
                data, header.profile, header.extension, header.extension_end
            )
        at, length = elements.get(client.ids.descriptor, (0, 0))
        header.descriptor = data[at : at + length]
        header.capture = capture_time(data, elements.get(client.ids.capture))
        self._note_arrival(client, data, elements, arrival)
        source = client.sources.get(header.ssrc)
        if source is None:
            source = self._learner.learn(client, header, data, elements)
            if source is None:
                return self._drop(Drop.UNKNOWN_STREAM)
        return self._accept(source, data, elements, arrival, now)

    def _note_arrival(
        self, client: Client, data: bytes, elements: Elements, arrival: float
    ) -> None:
        """For transport-cc, whatever becomes of the packet."""
        place = elements.get(client.ids.transport_cc)
        if place is None:
            return
        number = extensions.read_short(data, place)
        if number < 0:
            return
        self._state.arrivals.add(client.row, number, arrival, self._header.marker)

    def _accept(
        self, source: Source, data: bytes, elements: Elements, arrival: float, now: float
    ) -> int:
        header, stream = self._header, source.stream
        types = stream.publication.types
        payload_type, sequence = header.payload_type, header.sequence
        original = types.originals.get(payload_type)
        if source.is_rtx or original is not None:
            # RFC 4588, section 4: the original number stands before the original payload.
            if header.end - header.payload < 2:
                return self._drop(Drop.PADDING)
            sequence = data[header.payload] << 8 | data[header.payload + 1]
            header.payload += 2
            payload_type = -1 if original is None else original
        receiver = self._receiver
        payload = types.payloads.get(payload_type)
        if payload is None:
            if source.is_rtx:
                return self._drop(Drop.UNKNOWN_PAYLOAD_TYPE)
            return receiver.skip(stream, sequence, now)
        if original is not None:
            return receiver.repair(stream, data, header, sequence, now)
        if payload_type != stream.payload_type:
            receiver.change_payload(stream, payload_type, payload, now)
        level = elements.get(stream.publication.client.ids.level)
        if level is not None and stream.publication.level is not None:
            value = extensions.audio_level(data, level)
            stream.publication.level.receive(value, header.timestamp, now)
        slot = receiver.receive(stream, data, header, sequence, arrival, now)
        if slot != GONE and stream.format not in LAYERED:
            self._learn(stream, data, elements)
        return slot

    def _learn(self, stream: Stream, data: bytes, elements: Elements) -> None:
        state, ids = self._state, stream.publication.client.ids
        found = layout.read(stream, data, self._header, elements, ids)
        if state.layouts.learn(stream, self._header.sequence, found):
            state.fanout.forget(stream.row)

    def _drop(self, reason: Drop) -> int:
        self._state.stats.dropped[reason] += 1
        return GONE
