"""Take datagrams of one socket straight into consecutive slots of memory, by recvmmsg."""

import errno
import socket
import time

import numpy as np
from numpy.typing import NDArray

from turn.aio.mmsg import (
    CONTROL_SIZE,
    LENGTH,
    MESSAGE_WORDS,
    NAME_SIZE,
    SO_TIMESTAMPNS,
    STAMP,
    VECTOR,
    VECTOR_COUNT,
    Calls,
    Memory,
)

NAME_SIZES = {socket.AF_INET: 16, socket.AF_INET6: 28}  # sockaddr_in, sockaddr_in6
CONTROL = 32  # bytes: a timespec with its header
CONTROL_WORDS = CONTROL // 8
FEW = 6  # datagrams: up to here one after another is faster than arrays (measured)
SECOND = 1_000_000_000  # ns
HASTE = 20_000  # ns: who reads two clocks in more time was interrupted between them


class KernelClock:
    """Turns the kernel's arrival times, which are wall clock, into monotonic time."""

    def __init__(self) -> None:
        self._offset = 0  # ns: wall clock less monotonic
        self._is_set = False

    def read(self) -> tuple[int, int]:
        """The offset and the monotonic time, in ns."""
        before = time.monotonic_ns()
        wall = time.time_ns()
        now = time.monotonic_ns()
        if now - before < HASTE or not self._is_set or abs(wall - now - self._offset) > SECOND:
            self._offset = wall - (before + now) // 2
            self._is_set = True
        return self._offset, now


class Receiver:
    """Datagram i goes to slot i of the block that `point` names, `room` bytes of it.

    What `receive` has brought is to be collected. Nothing else receives from the socket.
    """

    def __init__(
        self, sock: socket.socket, slots: int, slot_size: int, room: int, calls: Calls
    ) -> None:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._file = sock.fileno()
        self._calls = calls
        self._clock = KernelClock()
        self._block = -1
        self._offsets = slot_size * np.arange(slots, dtype=np.uint64)
        name = self._name_size = NAME_SIZES[sock.family]
        self._memory = memory = Memory(slots, slots, name, CONTROL)
        self._names = memory.names.view(f"V{name}")[:, 0]
        self._sizes = memory.messages[:, NAME_SIZE : CONTROL_SIZE + 1 : CONTROL_SIZE - NAME_SIZE]
        self._lengths = memory.messages[:, LENGTH]
        self._stamps = memory.control[:, 2:4]
        self._words = memory.messages.reshape(-1).data
        self._control = memory.control.reshape(-1).data
        each = np.arange(slots, dtype=np.uint64)
        memory.messages[:, VECTOR] = memory.vectors_address + 16 * each
        memory.messages[:, VECTOR_COUNT] = 1
        memory.vectors[:, 1] = room
        self._fresh_sizes = np.array([name, CONTROL], np.uint64)
        self._sizes[:] = self._fresh_sizes

    def point(self, block: int) -> None:
        """Slots begin at this address from now on."""
        if block != self._block:
            self._block = block
            np.add(self._offsets, np.uint64(block), out=self._memory.vectors[:, 0])

    def receive(self, first: int, most: int) -> int:
        """How many datagrams came into the slots from `first` on; negative: the system's error."""
        return self._calls.receive(self._file, self._memory.message(first), most)

    def collect(
        self, first: int, count: int, lengths: NDArray[np.int32], arrivals: NDArray[np.float64]
    ) -> list[bytes]:
        """What is known of the datagrams that have come; to be called once for each.

        Puts into the columns the bytes of each, also of one that was cut because it did not fit,
        and when the kernel took it, in monotonic seconds, never later than now. Returns the
        senders' addresses as the kernel has them, 16 or 28 bytes each.
        """
        if count <= FEW:
            self._collect_few(first, count, lengths, arrivals)
        else:
            self._collect(first, count, lengths, arrivals)
        names: list[bytes] = self._names[first : first + count].tolist()
        return names

    def _collect(
        self, first: int, count: int, lengths: NDArray[np.int32], arrivals: NDArray[np.float64]
    ) -> None:
        offset, now = self._clock.read()
        lengths[:count] = self._lengths[first : first + count]
        arrivals = arrivals[:count]
        if self._control[CONTROL_WORDS * first + 1] == STAMP:
            stamps = self._stamps[first : first + count]
            arrivals[:] = stamps[:, 0] * SECOND + stamps[:, 1] - offset
            np.minimum(arrivals, now, out=arrivals)
            arrivals *= 1e-9
        else:
            arrivals[:] = now * 1e-9
        # The kernel has put the sizes that it used here.
        self._sizes[first : first + count] = self._fresh_sizes

    def _collect_few(
        self, first: int, count: int, lengths: NDArray[np.int32], arrivals: NDArray[np.float64]
    ) -> None:
        """The same, one after another."""
        offset, now = self._clock.read()
        words, control = self._words, self._control
        for i in range(count):
            message, stamp = MESSAGE_WORDS * (first + i), CONTROL_WORDS * (first + i)
            lengths[i] = words[message + LENGTH]
            taken = now
            if control[stamp + 1] == STAMP:
                taken = min(now, control[stamp + 2] * SECOND + control[stamp + 3] - offset)
            arrivals[i] = taken * 1e-9
            words[message + NAME_SIZE] = self._name_size
            words[message + CONTROL_SIZE] = CONTROL


def is_nothing_there(result: int) -> bool:
    """Was it EAGAIN? Other errors are of an earlier send (ICMP), and the socket goes on."""
    return result == 0 or result == -errno.EAGAIN
