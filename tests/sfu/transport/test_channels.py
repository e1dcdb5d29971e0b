from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.transport.channels import (
    CHANNELS,
    LOSSY_BOUND,
    MESSAGE_SIZE,
    RELIABLE_BOUND,
    SMALL,
    Channel,
    Channels,
    Waiting,
)
from sfu.transport.dcep import ACK, ChannelOpen
from sfu.transport.events import ChannelClosed, ChannelOpened, DataReceived
from sfu.transport.reject import Reject
from sfu.transport.sctp import WINDOW, Association

RELIABLE = ChannelOpen("_reliable")
LOSSY = ChannelOpen("_lossy", is_ordered=False, max_retransmits=0)
DCEP, STRING, BINARY, STRING_EMPTY = 50, 51, 53, 56
SACK = 3


class Ends:
    """We and a client, joined without delay or loss."""

    def __init__(
        self,
        ours: list[ChannelOpen],
        theirs: list[ChannelOpen],
        make_client: type[Channels] = Channels,
        latencies: dict[str, float] | None = None,
    ) -> None:
        self.dropped: Counter[Reject] = Counter()
        self.now = 0.0
        self.window = 0
        random = Random(3)
        self.us, self.client = (
            make(
                Association(5000, random.randbytes, self.dropped),
                first_stream=first,
                largest=MESSAGE_SIZE,
                dropped=self.dropped,
                latencies=latencies,
            )
            for first, make in ((0, Channels), (1, make_client))
        )
        for channels, descriptions in ((self.us, ours), (self.client, theirs)):
            for description in descriptions:
                channels.open(description)
            channels.start(0.0)
        self.carry()

    def carry(self) -> None:
        while self.us.packets or self.client.packets:
            for sender, receiver in ((self.us, self.client), (self.client, self.us)):
                packets = sender.packets[:]
                sender.packets.clear()
                if sender is self.us:
                    self._notice(packets)
                for packet in packets:
                    receiver.receive(packet, self.now)

    def wait(self) -> None:
        """Until the next deadline of either."""
        due = [at for ch in (self.us, self.client) if (at := ch.next_timeout()) is not None]
        self.now = max(self.now, min(due, default=self.now))
        for channels in (self.us, self.client):
            channels.handle_timeout(self.now)
        self.carry()

    def client_sees_window(self) -> int:
        """Of the last acknowledgement (RFC 9260, section 3.3.4), bytes."""
        return self.window

    def _notice(self, packets: list[bytes]) -> None:
        for packet in packets:
            if packet[12] == SACK:
                self.window = int.from_bytes(packet[20:24], "big")

    def inject(self, stream: int, protocol: int, payload: bytes) -> None:
        """A message of the client that no honest client sends."""
        self.client._association.send(stream, protocol, payload, self.now)
        self.carry()


def opened(channels: Channels) -> list[str]:
    return [event.label for event in channels.events if isinstance(event, ChannelOpened)]


def received(channels: Channels) -> list[tuple[str, bytes]]:
    return [(e.label, e.payload) for e in channels.events if isinstance(e, DataReceived)]


def test_channels_that_the_client_opens() -> None:
    ends = Ends([], [LOSSY, RELIABLE])
    assert opened(ends.us) == ["_lossy", "_reliable"]
    assert opened(ends.client) == ["_lossy", "_reliable"]


def test_channels_that_we_open() -> None:
    ends = Ends([RELIABLE, LOSSY], [])
    assert opened(ends.us) == ["_reliable", "_lossy"]
    assert sorted(ends.client._by_stream) == [0, 2]


class Pion(Channels):
    """Its DATA_CHANNEL_ACK has four bytes."""

    def _queue(self, channel: Channel, waiting: Waiting) -> None:
        if waiting.payload == ACK:
            waiting = Waiting(waiting.protocol, ACK + bytes(3))
        super()._queue(channel, waiting)


def test_an_acknowledgement_may_be_padded() -> None:
    ends = Ends([RELIABLE], [], Pion)
    assert opened(ends.us) == ["_reliable"]
    assert ends.dropped == Counter()


def test_both_sides_may_open_at_once() -> None:
    ends = Ends([RELIABLE], [LOSSY])
    assert sorted(opened(ends.us)) == ["_lossy", "_reliable"]
    assert sorted(ends.us._by_stream) == [0, 1]


def test_a_channel_that_the_client_closes() -> None:
    ends = Ends([], [LOSSY, RELIABLE])
    ends.client._association._library._data_channel_close(ends.client._by_label["_lossy"].stream)
    ends.carry()
    ends.wait()

    assert ends.us.events[-1] == ChannelClosed("_lossy")
    assert not ends.us.send("_lossy", b"late", ends.now)
    assert ends.us.send("_reliable", b"well", ends.now)


@pytest.mark.parametrize("size", [0, 1, 1132, 1133, 64_000, MESSAGE_SIZE])
def test_messages_of_every_size_go_both_ways(size: int) -> None:
    ends = Ends([], [RELIABLE])
    payload = Random(size).randbytes(size)
    assert ends.us.send("_reliable", payload, 1.0)
    assert ends.client.send("_reliable", payload, 1.0)
    ends.carry()
    assert received(ends.us) == [("_reliable", payload)]
    assert received(ends.client) == [("_reliable", payload)]


def test_a_lossy_channel_is_unordered_and_not_repeated() -> None:
    ends = Ends([], [LOSSY])
    ends.us.send("_lossy", b"once", 1.0)
    ends.us.packets.clear()  # lost
    for _ in range(10):
        at = ends.us.next_timeout()
        if at is None:
            break
        ends.now = at
        ends.us.handle_timeout(at)
        ends.carry()
    assert received(ends.client) == []
    ends.us.send("_lossy", b"twice", ends.now)
    ends.carry()
    assert received(ends.client) == [("_lossy", b"twice")]


def test_what_is_not_open_or_too_long_is_not_sent() -> None:
    ends = Ends([], [RELIABLE])
    assert not ends.us.send("_lossy", b"x", 1.0)
    assert not ends.us.send("_reliable", bytes(MESSAGE_SIZE + 1), 1.0)
    ends.us.largest = 0  # any size
    assert ends.us.send("_reliable", bytes(MESSAGE_SIZE), 1.0)


@pytest.mark.parametrize(
    ("description", "bound"), [(RELIABLE, RELIABLE_BOUND), (LOSSY, LOSSY_BOUND)]
)
def test_what_waits_for_a_slow_client_is_bounded(description: ChannelOpen, bound: int) -> None:
    ends = Ends([], [description])
    label = description.label
    count = 0
    while ends.us.send(label, bytes(10_000), 1.0):
        count += 1
        assert count < 1000
    assert bound - 10_000 < ends.us.buffered(label) <= bound
    assert ends.us.buffered("no such channel") == 0

    ends.carry()
    assert ends.us.buffered(label) == 0
    assert len(received(ends.client)) == count


FRAMES = ChannelOpen("_data_track", is_ordered=False, max_retransmits=0)


def slowly_read(latency: float, seconds: float = 8.0) -> int:
    """The most that waits for a client that takes some 20 kB a second, of 50 kB that come."""
    ends, most = Ends([], [FRAMES], latencies={"_data_track": latency}), 0
    ends.us._association = Trickle(ends.us._association, 20_000)  # type: ignore[assignment]
    for step in range(int(seconds * 50)):
        ends.now = step / 50
        ends.us._association.advance(ends.now)  # type: ignore[attr-defined]
        ends.us.send("_data_track", bytes(1000), ends.now)
        most = max(most, ends.us.buffered("_data_track"))
    return most


class Trickle:
    """An association whose other end takes so many bytes a second."""

    is_established = True
    acknowledged = 0

    def __init__(self, inner: Association, rate: float) -> None:
        self.packets, self.messages = inner.packets, inner.messages
        self._rate = rate
        self._room = 0.0
        self._last = 0.0

    def advance(self, now: float) -> None:
        self._room += (now - self._last) * self._rate
        self._last = now

    @property
    def is_busy(self) -> bool:
        return self._room < 1000

    def send(self, stream: int, protocol: int, payload: bytes, now: float, **_: object) -> None:
        self._room -= len(payload)


def test_frames_wait_no_longer_than_they_may() -> None:
    assert slowly_read(0.0) > 100_000
    assert slowly_read(1.0) == pytest.approx(20_000, rel=0.2)
    assert slowly_read(0.1) <= SMALL + 1000


def test_a_large_frame_is_not_cut_while_the_rate_is_not_known() -> None:
    """An association begins slowly."""
    ends = Ends([], [FRAMES], latencies={"_data_track": 0.1})
    ends.us._association = Trickle(ends.us._association, 20_000)  # type: ignore[assignment]
    for step in range(90):
        ends.now = step / 1000
        ends.us._association.advance(ends.now)  # type: ignore[attr-defined]
        assert ends.us.send("_data_track", bytes(1200), ends.now)


def test_a_channel_with_pauses_is_not_taken_for_slow() -> None:
    ends = Ends([], [FRAMES], latencies={"_data_track": 0.1})
    for second in range(5):
        ends.now = float(second)
        for _ in range(10):
            assert ends.us.send("_data_track", bytes(1000), ends.now)
        ends.carry()
    assert len(received(ends.client)) == 50


def test_a_large_file_does_not_hold_up_the_other_channel() -> None:
    ends = Ends([], [RELIABLE, LOSSY])
    for _ in range(10):
        ends.us.send("_reliable", bytes(60_000), 1.0)
    ends.us.send("_lossy", b"cursor", 1.0)
    ends.carry()
    order = [label for label, _ in received(ends.client)]
    assert order.index("_lossy") <= 2


def test_a_client_whose_messages_are_held_back_has_to_wait() -> None:
    ends = Ends([], [RELIABLE, LOSSY])
    sent = [bytes([number]) * 50_000 for number in range(30)]
    ends.us.hold()

    for payload in sent:
        ends.client.send("_reliable", payload, ends.now)
    ends.carry()

    assert received(ends.us) == []
    assert ends.us._association.held < WINDOW + 50_000
    assert ends.client.buffered("_reliable") > 0
    ends.us.release(ends.now)
    while ends.client.buffered("_reliable") or len(received(ends.us)) < len(sent):
        ends.wait()
    assert received(ends.us) == [("_reliable", payload) for payload in sent]
    assert ends.us._association.held == 0


def test_a_smaller_window_is_told_while_messages_are_held_back() -> None:
    ends = Ends([], [RELIABLE])
    ends.us.hold()
    ends.client.send("_reliable", bytes(50_000), ends.now)
    ends.client.send("_reliable", b"the next packet", ends.now)
    ends.carry()
    assert ends.client_sees_window() <= WINDOW - 50_000
    ends.us.release(ends.now)
    ends.carry()
    assert ends.client_sees_window() > WINDOW - 50_000


def test_what_is_not_reliable_is_not_held_back() -> None:
    ends = Ends([], [RELIABLE, LOSSY])
    ends.us.hold()
    ends.client.send("_reliable", b"waits", ends.now)
    ends.client.send("_lossy", b"is late otherwise", ends.now)
    ends.carry()
    assert received(ends.us) == [("_lossy", b"is late otherwise")]
    ends.us.release(ends.now)
    assert received(ends.us)[1:] == [("_reliable", b"waits")]


def test_a_client_that_reads_acknowledges() -> None:
    ends = Ends([], [RELIABLE])
    ends.now = 7.0
    ends.us.send("_reliable", b"x", ends.now)
    assert ends.us.moved_at < 7.0
    ends.carry()
    assert ends.us.moved_at == 7.0


def test_text_is_handed_on_as_bytes_and_empty_messages_are_empty() -> None:
    ends = Ends([], [RELIABLE])
    (stream,) = ends.us._by_stream
    ends.inject(stream, STRING, "grüezi".encode())
    ends.inject(stream, STRING_EMPTY, b"\0")
    assert received(ends.us) == [("_reliable", "grüezi".encode()), ("_reliable", b"")]


def test_data_on_a_stream_that_nobody_opened_is_dropped() -> None:
    ends = Ends([], [RELIABLE])
    ends.inject(9, BINARY, b"x")
    assert received(ends.us) == []
    assert ends.dropped == {Reject.UNKNOWN_CHANNEL: 1}


def test_a_longer_message_than_we_take_is_dropped() -> None:
    ends = Ends([], [RELIABLE])
    (stream,) = ends.us._by_stream
    ends.inject(stream, BINARY, bytes(MESSAGE_SIZE + 1))
    assert received(ends.us) == []
    assert ends.dropped == {Reject.OVERSIZED_MESSAGE: 1}


def test_channels_are_bounded_in_number() -> None:
    ends = Ends([], [ChannelOpen(f"label {n}") for n in range(CHANNELS + 5)])
    assert len(opened(ends.us)) == CHANNELS


def test_a_channel_opened_twice_or_badly_is_dropped() -> None:
    ends = Ends([], [RELIABLE])
    (stream,) = ends.us._by_stream
    ends.inject(stream, DCEP, bytes(ChannelOpen("again")))
    ends.inject(3, DCEP, b"\x03junk")
    ends.inject(5, DCEP, b"\x02")
    assert opened(ends.us) == ["_reliable"]
    assert ends.dropped == {Reject.MALFORMED_DCEP: 3}


def test_an_endless_label_is_refused() -> None:
    ends = Ends([], [ChannelOpen("x" * 1000)])
    assert opened(ends.us) == []
    assert ends.dropped[Reject.FORBIDDEN_SCTP] == 1


def test_a_channel_that_the_client_closes_is_gone() -> None:
    ends = Ends([], [RELIABLE])
    (stream,) = ends.us._by_stream
    channel = ends.client._by_stream[stream]
    ends.client._association._library._data_channel_close(channel.stream)
    ends.carry()
    assert not ends.us.send("_reliable", b"x", 1.0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(49, 58), st.binary(min_size=1))))
def test_any_messages_raise_nothing(messages: list[tuple[int, int, bytes]]) -> None:
    ends = Ends([], [RELIABLE])
    for stream, protocol, payload in messages:
        ends.inject(stream, protocol, payload)
    ends.us.send("_reliable", b"still here", 1.0)
    ends.carry()
    assert ("_reliable", b"still here") in received(ends.client)
