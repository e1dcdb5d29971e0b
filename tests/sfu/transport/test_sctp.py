import struct
from collections import Counter, deque
from collections.abc import Callable
from random import Random

import pytest
from google_crc32c import value as crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.transport.reject import Reject
from sfu.transport.sctp import REACH, STREAMS, WAITING_CHUNKS, Association, SctpMessage
from sfu.transport.sctp_library import PACKET_SIZE

BINARY = 53
DELAY = 0.02  # seconds one way
WHOLE = 3  # flags of a DATA chunk that is a whole message
FIRST = 2


class Pair:
    """Two associations joined by a line in simulated time."""

    def __init__(self, seed: int = 0, lose: Callable[[int], bool] = lambda _: False) -> None:
        self.dropped: Counter[Reject] = Counter()
        random = Random(seed)
        self.a = Association(5000, random.randbytes, self.dropped)
        self.b = Association(5000, random.randbytes, self.dropped)
        self.now = 0.0
        self.carried = 0
        self._lose = lose
        self._line: deque[tuple[float, Association, bytes]] = deque()

    def start(self) -> "Pair":
        self.a.start(self.now)
        self.b.start(self.now)
        self.run(5.0)
        return self

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        self._collect()
        while (at := self._next()) is not None and at <= end:
            self.now = at
            if self._line and self._line[0][0] <= at:
                _, receiver, packet = self._line.popleft()
                receiver.receive(packet, at)
            else:
                for part in (self.a, self.b):
                    if (due := part.next_timeout()) is not None and due <= at:
                        part.handle_timeout(at)
            self._collect()
        self.now = end

    def _next(self) -> float | None:
        parts = [self.a.next_timeout(), self.b.next_timeout()]
        if self._line:
            parts.append(self._line[0][0])
        return min((at for at in parts if at is not None), default=None)

    def _collect(self) -> None:
        for sender, receiver in ((self.a, self.b), (self.b, self.a)):
            for packet in sender.packets:
                assert len(packet) <= PACKET_SIZE
                self.carried += 1
                if not self._lose(self.carried):
                    self._line.append((self.now + DELAY, receiver, packet))
            sender.packets.clear()


class Attacker:
    """The far end of an established association, with packets made by hand."""

    def __init__(self) -> None:
        pair = Pair().start()
        self.victim = pair.a
        self.now = pair.now
        self.dropped = pair.dropped
        library = pair.a._library
        self.tag: int = library._local_verification_tag
        self.tsn: int = library._last_received_tsn
        self.sent: int = library._local_tsn - 1

    def send(self, *chunks: bytes, tag: int | None = None) -> list[bytes]:
        header = struct.pack("!HHL", 5000, 5000, self.tag if tag is None else tag)
        body = b"".join(chunks)
        checksum = struct.pack("<L", crc32c(header + bytes(4) + body))
        self.victim.receive(header + checksum + body, self.now)
        taken = self.victim.packets[:]
        self.victim.packets.clear()
        return taken

    def data(
        self, ahead: int, payload: bytes = b"x", *, stream: int = 1, flags: int = WHOLE
    ) -> bytes:
        """The DATA chunk so far ahead of the last one taken; message number `ahead - 1`."""
        header = struct.pack("!LHHL", (self.tsn + ahead) % 2**32, stream, ahead - 1, BINARY)
        return chunk(0, flags, header + payload)

    @property
    def waiting(self) -> int:
        streams = self.victim._library._inbound_streams.values()
        return sum(len(stream.reassembly) for stream in streams)


def chunk(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("!BBH", kind, flags, len(body) + 4) + body + bytes(-len(body) % 4)


def sack(cumulative: int, *gaps: tuple[int, int]) -> bytes:
    body = struct.pack("!LLHH", cumulative % 2**32, 65536, len(gaps), 0)
    return chunk(3, 0, body + b"".join(struct.pack("!HH", *gap) for gap in gaps))


def test_both_ends_may_begin() -> None:
    pair = Pair().start()
    assert pair.a.is_established
    assert pair.b.is_established
    assert pair.a.next_timeout() is None


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 5, 6])
def test_a_lost_packet_of_the_beginning_costs_half_a_second(lost: int) -> None:
    pair = Pair(lose=lambda number: number == lost)
    pair.a.start(0.0)
    pair.b.start(0.0)
    pair.run(0.5 + 6 * DELAY)
    assert pair.a.is_established
    assert pair.b.is_established


def test_a_message_of_64_000_bytes_arrives_whole() -> None:
    pair = Pair().start()
    payload = Random(1).randbytes(64_000)
    pair.a.send(1, BINARY, payload, pair.now)
    pair.run(2.0)
    assert pair.b.messages == [SctpMessage(1, BINARY, payload)]


def test_reliable_messages_survive_loss_in_order() -> None:
    pair = Pair(lose=lambda number: number % 10 == 7).start()
    payloads = [bytes([n]) * 2000 for n in range(60)]
    for payload in payloads:
        pair.a.send(1, BINARY, payload, pair.now)
    pair.run(30.0)
    assert [message.payload for message in pair.b.messages] == payloads


def test_lossy_messages_are_lost_and_hold_up_nothing() -> None:
    pair = Pair(lose=lambda number: number % 10 == 7).start()
    for n in range(60):
        pair.a.send(1, BINARY, bytes([n]), pair.now, is_ordered=False, max_retransmits=0)
        pair.run(0.02)
    pair.run(5.0)
    assert 45 <= len(pair.b.messages) < 60
    assert not pair.a.is_busy


def test_a_message_past_its_time_is_given_up() -> None:
    is_dead = False
    pair = Pair(lose=lambda _: is_dead).start()
    is_dead = True
    pair.a.send(1, BINARY, b"old news", pair.now, lifetime=0.1)
    pair.run(1.0)
    is_dead = False
    pair.run(5.0)
    pair.a.send(1, BINARY, b"news", pair.now)
    pair.run(5.0)
    assert [message.payload for message in pair.b.messages] == [b"news"]


def test_an_outage_of_eight_seconds_is_survived() -> None:
    is_dead = False
    pair = Pair(lose=lambda _: is_dead).start()
    is_dead = True
    pair.a.send(1, BINARY, b"patience", pair.now)
    pair.run(8.0)
    is_dead = False
    pair.run(1.0)
    assert [message.payload for message in pair.b.messages] == [b"patience"]


def test_many_associations_share_the_library_and_not_its_clock() -> None:
    pairs = [Pair(seed=seed) for seed in range(8)]
    for number, pair in enumerate(pairs):
        pair.now = number * 1000.0
        pair.a.start(pair.now)
        pair.b.start(pair.now)
    for _ in range(20):
        for pair in pairs:
            pair.run(0.05)
    for number, pair in enumerate(pairs):
        assert pair.a.is_established
        pair.a.send(1, BINARY, str(number).encode(), pair.now)
    for _ in range(20):
        for pair in reversed(pairs):
            pair.run(0.05)
    assert [p.b.messages[0].payload for p in pairs] == [str(n).encode() for n in range(8)]


def test_a_stream_that_the_client_resets_is_closed() -> None:
    pair = Pair().start()
    here, there = pair.a.open_stream(1), pair.b.open_stream(1)
    pair.a.send(1, BINARY, b"before", pair.now)
    pair.run(1.0)
    pair.b._library._data_channel_close(there)
    pair.run(2.0)
    assert (here.readyState, there.readyState) == ("closed", "closed")


def test_a_late_init_does_not_reset_an_association() -> None:
    attacker = Attacker()
    init = chunk(1, 0, struct.pack("!LLHHL", 99, 65536, 10, 10, 12345))
    assert attacker.send(init, tag=0) == []
    assert attacker.dropped[Reject.FORBIDDEN_SCTP] == 1

    attacker.send(attacker.data(1, b"goes on"))
    assert attacker.victim.messages == [SctpMessage(1, BINARY, b"goes on")]


def test_a_parameter_without_length_is_dropped() -> None:
    attacker = Attacker()
    assert attacker.send(chunk(4, 0, bytes(8))) == []
    assert attacker.dropped[Reject.MALFORMED_SCTP] == 1


def test_a_wrong_tag_or_checksum_is_dropped() -> None:
    attacker = Attacker()
    assert attacker.send(attacker.data(1), tag=1) == []
    attacker.victim.receive(bytes(40), 0.0)
    assert attacker.dropped[Reject.MALFORMED_SCTP] == 2
    assert attacker.victim.messages == []


def test_data_far_ahead_is_not_kept() -> None:
    attacker = Attacker()
    attacker.send(attacker.data(REACH + 1))
    assert attacker.waiting == 0
    assert attacker.dropped[Reject.FORBIDDEN_SCTP] == 1


def test_messages_wait_on_few_streams_only() -> None:
    attacker = Attacker()
    for stream in range(200):
        attacker.send(attacker.data(stream + 2, stream=stream, flags=FIRST))
    assert attacker.waiting == STREAMS


def test_chunks_that_wait_are_bounded_in_number() -> None:
    attacker = Attacker()
    for ahead in range(1, WAITING_CHUNKS + 500):
        attacker.send(attacker.data(ahead, flags=FIRST if ahead == 1 else 0))
    assert attacker.waiting == WAITING_CHUNKS


def test_chunks_that_wait_are_bounded_in_bytes() -> None:
    attacker = Attacker()
    for ahead in range(2, 1000):
        attacker.send(attacker.data(ahead, bytes(1100), flags=0))
    assert 400 < attacker.waiting < 500


def test_what_fills_a_gap_gets_in_when_all_is_full() -> None:
    attacker = Attacker()
    for ahead in range(2, 1000):
        attacker.send(attacker.data(ahead, bytes(1100)))
    before = attacker.waiting
    attacker.send(attacker.data(1, bytes(1100)))
    assert len(attacker.victim.messages) == before + 1
    assert attacker.waiting == 0


def test_a_sack_of_gaps_fits_its_packet() -> None:
    attacker = Attacker()
    answers = [attacker.send(attacker.data(ahead)) for ahead in range(2, 1400, 2)]
    assert all(len(packet) <= PACKET_SIZE for answer in answers for packet in answer)
    assert all(len(answer) == 1 for answer in answers)


@pytest.mark.parametrize(
    "gaps", [[(1, 65535)] * 200, [(5, 2)], [(1, 1), (1, 1)], [(0, 1)], [(1, 40000)]]
)
def test_gaps_that_we_cannot_have_left_are_not_walked_through(gaps: list[tuple[int, int]]) -> None:
    attacker = Attacker()
    attacker.victim.send(1, BINARY, bytes(3000), attacker.now)
    attacker.send(sack(attacker.sent, *gaps))
    assert attacker.dropped[Reject.FORBIDDEN_SCTP] == 1


def test_an_acknowledgement_of_what_was_never_sent_is_dropped() -> None:
    attacker = Attacker()
    attacker.send(sack(attacker.sent + 1))
    assert attacker.dropped[Reject.FORBIDDEN_SCTP] == 1


def test_nothing_is_taken_before_the_association_begins() -> None:
    dropped: Counter[Reject] = Counter()
    association = Association(5000, Random(1).randbytes, dropped)
    association.start(0.0)
    association.packets.clear()
    tag = association._library._local_verification_tag
    for body in (chunk(0, 3, bytes(16)), sack(0), chunk(192, 0, bytes(8))):
        header = struct.pack("!HHL", 5000, 5000, tag)
        checksum = struct.pack("<L", crc32c(header + bytes(4) + body))
        association.receive(header + checksum + body, 0.0)
    assert dropped == {Reject.FORBIDDEN_SCTP: 3}
    assert association.packets == []


CHUNKS = st.builds(
    chunk,
    st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192, 255]),
    st.integers(0, 7),
    st.binary(max_size=48),
)


@settings(deadline=None)
@given(st.lists(CHUNKS, min_size=1, max_size=6), st.booleans())
def test_any_chunks_raise_nothing_and_get_small_answers(chunks: list[bytes], is_init: bool) -> None:
    attacker = Attacker()
    answers = attacker.send(*chunks, tag=0 if is_init else None)
    for step in range(5):
        attacker.victim.handle_timeout(attacker.now + step)
    assert all(len(packet) <= PACKET_SIZE for packet in answers)


@given(st.binary(max_size=80))
def test_any_bytes_are_dropped(data: bytes) -> None:
    dropped: Counter[Reject] = Counter()
    association = Association(5000, bytes, dropped)
    association.start(0.0)
    association.receive(data, 0.0)
    assert dropped[Reject.MALFORMED_SCTP] == 1
