"""Data channels of one transport, known by their labels (RFC 8831, RFC 8832)."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sfu.transport.dcep import ACK, ChannelOpen, DcepError
from sfu.transport.draining import Draining
from sfu.transport.events import ChannelClosed, ChannelOpened, DataReceived
from sfu.transport.reject import Reject
from sfu.transport.sctp import Association, SctpMessage, Stream

MESSAGE_SIZE = 65536  # bytes: the max-message-size of our descriptions
RELIABLE_BOUND = 4 << 20  # bytes that wait in a reliable channel
LOSSY_BOUND = 128 << 10  # what waits longer would come too late
SMALL = 8 << 10  # bytes that may wait at any rate (LiveKit)
CHANNELS = 16
LABEL_SIZE = 128  # characters

DCEP, STRING, BINARY, STRING_EMPTY, BINARY_EMPTY = 50, 51, 53, 56, 57


class Waiting(NamedTuple):
    protocol: int
    payload: bytes


@dataclass(slots=True)
class Channel:
    description: ChannelOpen
    stream: Stream
    is_open: bool = False
    waiting: deque[Waiting] = field(default_factory=deque)
    waiting_bytes: int = 0
    latency: float = 0.0  # seconds that nothing shall wait for longer; 0: whatever it takes
    draining: Draining = field(default_factory=Draining)

    @property
    def is_late(self) -> bool:
        """What is put into it now would wait for too long."""
        room = self.draining.rate * self.latency if self.latency else float("inf")
        return self.waiting_bytes > max(room, SMALL)

    @property
    def is_reliable(self) -> bool:
        return self.description.max_retransmits is None and self.description.lifetime is None


class Channels:
    """Opens ours, accepts the client's, and shares the association between their queues."""

    def __init__(
        self,
        association: Association,
        *,
        first_stream: int,
        largest: int,
        dropped: Counter[Reject],
        latencies: Mapping[str, float] | None = None,
    ) -> None:
        """`first_stream`: 0 for the DTLS client, 1 for the server (RFC 8832, section 6).
        `largest`: bytes of a message that the client takes, 0 for any. `latencies`: seconds that
        messages may wait, by label."""
        self.events: list[ChannelOpened | ChannelClosed | DataReceived] = []
        self.largest = largest
        self._association = association
        self._latencies = latencies or {}
        self._dropped = dropped
        self._next_stream = first_stream
        self._to_open: list[ChannelOpen] = []
        self._by_stream: dict[int, Channel] = {}
        self._by_label: dict[str, Channel] = {}
        self._is_holding = False
        self._held: list[SctpMessage] = []
        self._acknowledged = 0
        self.moved_at = 0.0  # when the client last acknowledged something new

    @property
    def packets(self) -> list[bytes]:
        """What the association wants to send; the caller empties it."""
        return self._association.packets

    def start(self, now: float) -> None:
        self._association.start(now)

    def open(self, description: ChannelOpen) -> None:
        """Before `start`: offer this channel as soon as there is an association."""
        self._to_open.append(description)

    def close(self) -> None:
        """The last call."""
        self._association.close()

    def receive(self, packet: bytes, now: float) -> None:
        self._association.receive(packet, now)
        self._work(now)

    def send(self, label: str, payload: bytes, now: float, *, begins: bool = True) -> bool:
        """Queue a binary message. False: not open, too long for the client, or over its bound.

        `begins`: it is not the rest of something, which would be useless without it.
        """
        channel = self._by_label.get(label)
        if channel is None or not channel.is_open or 0 < self.largest < len(payload):
            return False
        bound = RELIABLE_BOUND if channel.is_reliable else LOSSY_BOUND
        channel.draining.look(now, was_waiting=bool(channel.waiting))
        is_full = bool(channel.waiting) and channel.waiting_bytes + len(payload) > bound
        if is_full or (begins and channel.is_late):
            return False
        # SCTP has no empty messages: one zero byte and another identifier (RFC 8831, 6.6).
        waiting = Waiting(BINARY, payload) if payload else Waiting(BINARY_EMPTY, b"\0")
        self._queue(channel, waiting)
        self._pump(now)
        return True

    def buffered(self, label: str) -> int:
        channel = self._by_label.get(label)
        return 0 if channel is None else channel.waiting_bytes

    def hold(self) -> None:
        """Keep the client's reliable messages back, and so the client itself in the end."""
        self._is_holding = True

    def release(self, now: float) -> None:
        if not self._is_holding:
            return
        self._is_holding = False
        held, self._held = self._held, []
        self._association.held = 0
        for message in held:
            self._take(message)
        self._association.widen(now)

    def next_timeout(self) -> float | None:
        return self._association.next_timeout()

    def handle_timeout(self, now: float) -> None:
        self._association.handle_timeout(now)
        self._work(now)

    def _work(self, now: float) -> None:
        """After anything that may have moved the association."""
        messages, self._association.messages = self._association.messages, []
        for message in messages:
            if self._is_holding and self._is_reliable(message):
                self._held.append(message)
                self._association.held += len(message.payload)
            else:
                self._take(message)
        if self._association.acknowledged != self._acknowledged:
            self._acknowledged = self._association.acknowledged
            self.moved_at = now
        if self._association.is_established:
            while self._to_open:
                self._offer(self._to_open.pop(0))
        self._remove_closed()
        self._pump(now)

    def _is_reliable(self, message: SctpMessage) -> bool:
        channel = self._by_stream.get(message.stream)
        return channel is not None and channel.is_reliable and message.protocol != DCEP

    def _take(self, message: SctpMessage) -> None:
        channel = self._by_stream.get(message.stream)
        if message.protocol == DCEP:
            self._take_dcep(message, channel)
        elif channel is None:
            self._dropped[Reject.UNKNOWN_CHANNEL] += 1
        elif len(message.payload) > MESSAGE_SIZE:
            self._dropped[Reject.OVERSIZED_MESSAGE] += 1
        else:
            is_empty = message.protocol in (STRING_EMPTY, BINARY_EMPTY)
            payload = b"" if is_empty else message.payload
            self._opened(channel)  # data from the client says as much as its ACK
            self.events.append(DataReceived(channel.description.label, payload))

    def _take_dcep(self, message: SctpMessage, channel: Channel | None) -> None:
        if channel is not None and message.payload[:1] == ACK:  # pion pads it with zeros
            self._opened(channel)
        elif channel is None:
            self._accept(message)
        else:
            self._dropped[Reject.MALFORMED_DCEP] += 1

    def _accept(self, message: SctpMessage) -> None:
        try:
            description = ChannelOpen.parse(message.payload)
        except DcepError:
            self._dropped[Reject.MALFORMED_DCEP] += 1
            return
        if len(self._by_stream) >= CHANNELS or len(description.label) > LABEL_SIZE:
            self._dropped[Reject.FORBIDDEN_SCTP] += 1
            return
        channel = self._add(description, message.stream)
        self._queue(channel, Waiting(DCEP, ACK))
        self._opened(channel)

    def _offer(self, description: ChannelOpen) -> None:
        while self._next_stream in self._by_stream:
            self._next_stream += 2
        channel = self._add(description, self._next_stream)
        self._queue(channel, Waiting(DCEP, bytes(description)))

    def _add(self, description: ChannelOpen, number: int) -> Channel:
        stream = self._association.open_stream(number)
        latency = self._latencies.get(description.label, 0.0)
        channel = Channel(description, stream, latency=latency)
        self._by_stream[number] = channel
        self._by_label[description.label] = channel
        return channel

    def _opened(self, channel: Channel) -> None:
        if not channel.is_open:
            channel.is_open = True
            self.events.append(ChannelOpened(channel.description.label))

    def _queue(self, channel: Channel, waiting: Waiting) -> None:
        channel.waiting.append(waiting)
        channel.waiting_bytes += len(waiting.payload)

    def _remove_closed(self) -> None:
        """Streams that the client has reset, or all when the association has ended."""
        for number, channel in list(self._by_stream.items()):
            if channel.stream.readyState != "open":
                del self._by_stream[number]
                if self._by_label.get(channel.description.label) is channel:
                    del self._by_label[channel.description.label]
                    self.events.append(ChannelClosed(channel.description.label))

    def _pump(self, now: float) -> None:
        """One message of each channel in turn, so that a large file does not hold up the rest."""
        association = self._association
        while association.is_established and not association.is_busy:
            ready = [channel for channel in self._by_stream.values() if channel.waiting]
            if not ready:
                return
            for channel in ready:
                self._send(channel, now)

    def _send(self, channel: Channel, now: float) -> None:
        channel.draining.look(now, was_waiting=True)
        protocol, payload = channel.waiting.popleft()
        channel.draining.leave(len(payload))
        channel.waiting_bytes -= len(payload)
        what = channel.description
        # The opening itself is reliable and ordered, whatever the channel is (RFC 8832, 6).
        is_dcep = protocol == DCEP
        self._association.send(
            channel.stream.id,
            protocol,
            payload,
            now,
            is_ordered=is_dcep or what.is_ordered,
            max_retransmits=None if is_dcep else what.max_retransmits,
            lifetime=None if is_dcep else what.lifetime,
        )
