"""An SCTP association (RFC 9260) as a value: packets and time in, packets and messages out.

The protocol is aiortc's (`sctp_library.py`). Ours is the face, and the bounds: the client at the
other end is a stranger with a password, so its packets are looked at before the library sees them.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from sfu.transport.reject import Reject
from sfu.transport.sctp_library import PACKET_SIZE, Environment, Timers, drive, load

WINDOW = 512 * 1024  # bytes that may wait for a missing packet or the end of their message
WAITING_CHUNKS = 2048  # the same in chunks, since a chunk of one byte costs as much as one of 1132
REACH = 4096  # a packet this far ahead of the oldest missing one is not taken
STREAMS = 16  # on which messages may wait; clients use three
SACK_GAPS = 256  # reported at most, so that a SACK fits its packet
SACK_DUPLICATES = 16
HALF = 1 << 31

FIRST, LAST = 2, 1  # flags of a DATA chunk: begins, ends its message

ENVIRONMENT = Environment()
LIBRARY: Any = load(ENVIRONMENT)


class SctpMessage(NamedTuple):
    stream: int
    protocol: int  # payload protocol identifier (RFC 8831, section 8)
    payload: bytes


class Stream:
    """What the library takes for a data channel, so that it can tell us when its stream ends."""

    __slots__ = ("id", "negotiated", "readyState")

    def __init__(self, number: int) -> None:
        self.id = number
        self.negotiated = False
        self.readyState = "open"

    def _setReadyState(self, state: str) -> None:
        self.readyState = state


class Lower:
    """What the library takes for a DTLS transport. Packets go another way: `_send_chunk`."""

    state = "connected"
    _role = "client"  # only chooses numbers for data channels, which are ours to choose

    def _register_data_receiver(self, receiver: object) -> None:
        """DTLS needs none: `Association.receive` is called."""

    def _unregister_data_receiver(self, receiver: object) -> None:
        """The reverse of nothing."""


class Association:
    """Both ends start it (RFC 8841, section 9.3). After each call take packets and messages."""

    def __init__(
        self, remote_port: int, randbytes: Callable[[int], bytes], dropped: Counter[Reject]
    ) -> None:
        self.packets: list[bytes] = []  # to send, each at most PACKET_SIZE bytes
        self.messages: list[SctpMessage] = []
        self.held = 0  # bytes of messages that the caller keeps back: the window is smaller by them
        self._remote_port = remote_port
        self._randbytes = randbytes
        self._dropped = dropped
        self._timers = Timers(ENVIRONMENT)
        self._highest: int | None = None  # TSN, of all that were taken
        self._enter(0.0)
        self._library = LIBRARY.RTCSctpTransport(Lower())
        self._library._loop = self._timers
        self._library._advertised_rwnd = WINDOW
        self._library._receive = self._deliver
        self._library._send_chunk = self._send_chunk
        self._guards: dict[type, Callable[[Any], bool]] = {
            LIBRARY.DataChunk: self._may_be_data,
            LIBRARY.SackChunk: self._may_be_sack,
            LIBRARY.ForwardTsnChunk: self._may_be_forward_tsn,
            LIBRARY.InitChunk: self._may_be_init,
        }

    @property
    def is_established(self) -> bool:
        return bool(self._library._association_state is LIBRARY.RTCSctpTransport.State.ESTABLISHED)

    @property
    def is_busy(self) -> bool:
        """The last message has not wholly been sent once: keep the next one back."""
        return bool(self._library._outbound_queue)

    def start(self, now: float) -> None:
        self._enter(now)
        drive(self._library.start(None, self._remote_port))

    def receive(self, packet: bytes, now: float) -> None:
        """A packet out of DTLS. What is malformed, or beyond the bounds, changes nothing."""
        self._enter(now)
        try:
            self._receive(packet)
        except Exception:
            # The library checks a stranger's bytes by assert, struct and dict. Whatever it was,
            # the packet is the stranger's, and so is the association.
            self._dropped[Reject.MALFORMED_SCTP] += 1

    def send(
        self,
        stream: int,
        protocol: int,
        payload: bytes,
        now: float,
        *,
        is_ordered: bool = True,
        max_retransmits: int | None = None,
        lifetime: float | None = None,  # seconds
    ) -> None:
        """Queue a message, not empty; only while established. Flow control is the caller's, by
        `is_busy`."""
        self._enter(now)
        expiry = None if lifetime is None else now + lifetime
        drive(self._library._send(stream, protocol, payload, expiry, max_retransmits, is_ordered))

    @property
    def acknowledged(self) -> int:
        """How far the client has got (TSN): it reads while this moves."""
        return int(self._library._last_sacked_tsn)

    def widen(self, now: float) -> None:
        """Tell the client that `held` has become less: it may be waiting."""
        self._enter(now)
        if self.is_established:
            drive(self._library._send_sack())

    def open_stream(self, number: int) -> Stream:
        """Watch a stream: its `readyState` becomes "closed" when the client has reset it."""
        stream = Stream(number)
        self._library._data_channels[number] = stream
        return stream

    def close(self) -> None:
        """The last call. The library and its timers point at each other and at us: let go of all
        that, or only a look of the garbage collector at everything would find it."""
        self._timers.clear()
        self._guards.clear()
        vars(self._library).clear()

    def next_timeout(self) -> float | None:
        return self._timers.next()

    def handle_timeout(self, now: float) -> None:
        self._enter(now)
        for timer in self._timers.take_due(now):
            try:
                timer.callback()
            except Exception:  # as in `receive`: a state that only hostile packets bring about
                self._dropped[Reject.MALFORMED_SCTP] += 1

    def _enter(self, now: float) -> None:
        ENVIRONMENT.now = now
        ENVIRONMENT.randbytes = self._randbytes

    def _receive(self, packet: bytes) -> None:
        _, _, tag, chunks = LIBRARY.parse_packet(packet)
        is_init = any(isinstance(chunk, LIBRARY.InitChunk) for chunk in chunks)
        expected = 0 if is_init else self._library._local_verification_tag
        if tag != expected or (is_init and len(chunks) > 1):
            self._dropped[Reject.MALFORMED_SCTP] += 1
            return
        for chunk in chunks:
            guard = self._guards.get(type(chunk))
            if guard is not None and not guard(chunk):
                self._dropped[Reject.FORBIDDEN_SCTP] += 1
                continue
            drive(self._library._receive_chunk(chunk))
        if self._library._sack_needed:
            drive(self._library._send_sack())

    def _may_be_init(self, chunk: Any) -> bool:
        """A late repetition would set an established association back to its beginning."""
        return not self.is_established

    def _may_be_data(self, chunk: Any) -> bool:
        library = self._library
        if library._last_received_tsn is None or not chunk.user_data:
            return False
        ahead = (chunk.tsn - library._last_received_tsn) % (2 * HALF)
        if ahead == 0 or ahead >= HALF:
            return True  # a repetition, which only wants its acknowledgement
        if ahead > REACH or not self._has_stream(chunk.stream_id) or self.held >= WINDOW:
            return False
        is_whole = chunk.flags & (FIRST | LAST) == (FIRST | LAST)
        if ahead == 1 and is_whole and not library._sack_misordered:
            self._highest = chunk.tsn
            return True
        # What fills a gap must get in, or what waits behind it waits for ever.
        if self._highest is None or (self._highest - chunk.tsn) % (2 * HALF) >= HALF:
            if not self._has_room(len(chunk.user_data)):
                return False
            self._highest = chunk.tsn
        return True

    def _has_stream(self, number: int) -> bool:
        streams = self._library._inbound_streams
        return number in streams or len(streams) < STREAMS

    def _has_room(self, size: int) -> bool:
        if size > self._library._advertised_rwnd:
            return False
        waiting = sum(len(s.reassembly) for s in self._library._inbound_streams.values())
        return waiting < WAITING_CHUNKS

    def _may_be_sack(self, chunk: Any) -> bool:
        """The library walks through every number in every gap: they must be ours, and once each."""
        library = self._library
        if library._last_received_tsn is None:
            return False
        sent = (library._local_tsn - 1 - chunk.cumulative_tsn) % (2 * HALF)
        if sent >= HALF:
            return False
        end = 0
        for first, last in chunk.gaps:
            if not end < first <= last <= sent:
                return False
            end = last
        return True

    def _may_be_forward_tsn(self, chunk: Any) -> bool:
        library = self._library
        if library._last_received_tsn is None:
            return False
        return all(self._has_stream(stream) for stream, _ in chunk.streams[:STREAMS]) and (
            len(chunk.streams) <= STREAMS
        )

    async def _deliver(self, stream: int, protocol: int, payload: bytes) -> None:
        self.messages.append(SctpMessage(stream, protocol, payload))

    async def _send_chunk(self, chunk: Any) -> None:
        if isinstance(chunk, LIBRARY.SackChunk):
            chunk.gaps = chunk.gaps[:SACK_GAPS]
            chunk.duplicates = chunk.duplicates[:SACK_DUPLICATES]
            chunk.advertised_rwnd = max(0, chunk.advertised_rwnd - self.held)
        packet = LIBRARY.serialize_packet(
            self._library._local_port,
            self._library._remote_port,
            self._library._remote_verification_tag,
            chunk,
        )
        if (
            len(packet) <= PACKET_SIZE
        ):  # longer: an echo of something the client had no need to send
            self.packets.append(packet)
