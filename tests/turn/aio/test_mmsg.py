"""The binding, sender and receiver on real sockets of this machine."""

import ctypes
import errno
import select
import socket
import sys
import time

import numpy as np
import pytest

from tests.turn.aio.lines import SLOT, SLOTS, batch, line, name_of
from turn.aio import mmsg
from turn.aio.mmsg import Calls
from turn.aio.timer import Timer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg is Linux's")

FAMILIES = pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["v4", "v6"])
AMOUNTS = pytest.mark.parametrize("count", [1, 7, 200])


def padded(sock: socket.socket) -> bytes:
    """Its address as loops compare it."""
    return name_of(sock).ljust(32, b"\0")


@FAMILIES
@AMOUNTS
@pytest.mark.parametrize("segments", [True, False])
def test_packets_arrive_whole_and_in_order(
    family: socket.AddressFamily, count: int, segments: bool
) -> None:
    packets = batch([600 if i % 5 else 90 + i % 3 for i in range(count)])
    with line(family) as ends:
        ends.sender.segments = segments
        ends.send(packets)

        assert ends.received() == [data for _, data in packets]
        assert ends.sender.unsent == 0


@FAMILIES
@AMOUNTS
def test_each_destination_gets_its_own(family: socket.AddressFamily, count: int) -> None:
    packets = [(i % 2, data) for i, (_, data) in enumerate(batch([100] * count))]
    packets.sort(key=lambda packet: packet[0])
    with line(family, ends=2) as ends:
        ends.send(packets)

        for end in (0, 1):
            assert ends.received(end) == [data for to, data in packets if to == end]


@FAMILIES
def test_the_address_is_given_as_the_kernel_has_it(family: socket.AddressFamily) -> None:
    with line(family) as ends:
        ends.send(batch([10, 20]))
        assert len(ends.received(first=3)) == 2

        assert {ends.sender_of(place) for place in range(2)} == {padded(ends.near)}


@pytest.mark.parametrize("segments", [True, False])
def test_arrival_times_are_the_monotonic_clock_s(segments: bool) -> None:
    tolerance = 0.001  # the clocks are read one after the other
    with line(socket.AF_INET) as ends:
        ends.sender.segments = segments
        before = time.monotonic()
        ends.send(batch([100] * 5))
        between = time.monotonic()
        ends.send(batch([50]))
        assert len(ends.received()) == 6
        arrivals, after = ends.arrivals, time.monotonic()

        assert before - tolerance <= arrivals[0]
        assert arrivals[4] <= between + tolerance
        assert between - tolerance <= arrivals[5] <= after
        assert (np.diff(arrivals[:6]) >= 0).all()


def test_slots_are_used_again() -> None:
    with line(socket.AF_INET) as ends:
        for size in (100, 1200, 30):
            ends.send(batch([size] * 3))
            assert [len(data) for data in ends.received(first=5)] == [size] * 3
            assert {ends.sender_of(place) for place in range(3)} == {padded(ends.near)}


def test_another_block_may_be_named() -> None:
    other = np.zeros((SLOTS, SLOT), np.uint8)
    with line(socket.AF_INET) as ends:
        ends.receivers[0].point(other.ctypes.data)
        ends.send(batch([4]))
        assert ends.receivers[0].receive(9, 10) == 1

        assert bytes(other[9, :4]) == b"\x01" * 4
        assert not ends.slots.any()


def test_a_datagram_that_does_not_fit_tells_its_length_and_hurts_no_other() -> None:
    with line(socket.AF_INET) as ends:
        for data in (b"\x01" * 1500, b"\x02" * 1501, b"\x03" * 9000, b"", b"\x04"):
            ends.near.sendto(data, ends.far[0].getsockname())
        assert len(ends.received()) == 5

        assert ends.lengths[:5].tolist() == [1500, 1501, 9000, 0, 1]
        assert [int(ends.slots[i, 0]) for i in range(5)] == [1, 2, 3, 0, 4]
        assert not ends.slots[:, 1500:].any()


def test_an_empty_socket_says_so() -> None:
    with line(socket.AF_INET) as ends:
        assert ends.receivers[0].receive(0, SLOTS) == -errno.EAGAIN


class Faulty:
    """The real calls, but for an error from a message on that has segments."""

    def __init__(self, error: int, times: int = 1_000_000) -> None:
        self.error, self.times = error, times
        self.calls = mmsg.load()
        self.messages: list[int] = []  # how many each call was given

    def send(self, file: int, messages: int, count: int) -> int:
        self.messages.append(count)
        words = np.ctypeslib.as_array((ctypes.c_uint64 * (8 * count)).from_address(messages))
        joined = np.flatnonzero(words.reshape(-1, 8)[:, mmsg.CONTROL_SIZE])
        if not len(joined) or self.times == 0:
            return self.calls.send(file, messages, count)
        if joined[0] > 0:
            return self.calls.send(file, messages, int(joined[0]))
        self.times -= 1
        return -self.error

    def faked(self) -> Calls:
        return Calls(self.calls.receive, self.send, self.calls.make_timer, self.calls.set_timer)


@AMOUNTS
def test_segments_are_given_up_for_good_after_everything_went_out(count: int) -> None:
    packets = batch([70, 80, *[600] * count])
    faulty = Faulty(errno.EIO)
    with line(socket.AF_INET, faulty.faked()) as ends:
        ends.send(packets)
        assert ends.received() == [data for _, data in packets]
        ends.send(packets)
        assert ends.received() == [data for _, data in packets]

        assert ends.sender.segments == (count == 1)
        assert ends.sender.unsent == 0
        assert faulty.messages[-1] == len(packets)


@pytest.mark.parametrize("error", [errno.EINVAL, errno.EMSGSIZE])
@AMOUNTS
def test_a_path_that_takes_no_segments_costs_the_others_nothing(count: int, error: int) -> None:
    packets = [*batch([600] * count), *batch([300] * count, to=1)]
    with line(socket.AF_INET, Faulty(error, times=1).faked(), ends=2) as ends:
        ends.send(packets)

        for end in (0, 1):
            assert ends.received(end) == [data for to, data in packets if to == end]
        assert ends.sender.segments
        assert ends.sender.unsent == 0


@AMOUNTS
def test_what_a_full_socket_does_not_take_is_counted(count: int) -> None:
    calls = mmsg.load()
    taken = iter([3])

    def send(file: int, messages: int, messages_count: int) -> int:
        most = next(taken, 0)
        return calls.send(file, messages, min(most, messages_count)) if most else -errno.EAGAIN

    packets = batch([100 + i for i in range(count)])
    full = Calls(calls.receive, send, calls.make_timer, calls.set_timer)
    with line(socket.AF_INET, full) as ends:
        ends.send(packets)

        assert ends.received() == [data for _, data in packets[:3]]
        assert ends.sender.unsent == max(0, count - 3)


@AMOUNTS
def test_a_destination_that_cannot_be_reached_costs_the_others_nothing(count: int) -> None:
    packets = [*batch([600] * count), *batch([600] * count, to=1)]
    with line(socket.AF_INET, ends=2) as ends:
        ends.addresses[0] = 0  # an address of no family
        ends.send(packets)

        assert ends.received(1) == [data for to, data in packets if to == 1]
        assert ends.sender.unsent == count


def test_a_timer_is_readable_when_its_time_has_come() -> None:
    timer = Timer(mmsg.load())
    assert select.select([timer.file], [], [], 0)[0] == []
    timer.arm(0.001)
    assert select.select([timer.file], [], [], 10)[0] == [timer.file]
    timer.clear()
    assert select.select([timer.file], [], [], 0)[0] == []
    timer.arm(1000.5)
    assert select.select([timer.file], [], [], 0)[0] == []
    timer.close()
