"""Take datagrams of one socket straight into consecutive slots of memory, by recvmmsg."""

import errno
import socket
import time

import numpy as np
from numpy.typing import NDArray

from turn.aio.mmsg import (
    CONTROL_SIZE,
    LENGTH,
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
SECOND = 1_000_000_000  # ns
HASTE = 20_000  # ns: who reads two clocks in more time was interrupted between them


class KernelClock:
    """Turns the kernel's arrival times, which are wall clock, into monotonic time."""

    def __init__(self) -> None:
        self._offset = 0  # ns: wall clock less monotonic
        self.is_set = False

    def offset(self) -> int:
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        if after - before < HASTE or not self.is_set or abs(wall - after - self._offset) > SECOND:
            self._offset = wall - (before + after) // 2
            self.is_set = True
        return self._offset


class Receiver:
    """Datagram i goes to slot i of the block that `point` names, `room` bytes of it.

    What `receive` has brought is read before it is called again for the same slots. Nothing else
    receives from the socket.
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
        each = np.arange(slots, dtype=np.uint64)
        memory.messages[:, VECTOR] = memory.vectors_address + 16 * each
        memory.messages[:, VECTOR_COUNT] = 1
        memory.vectors[:, 1] = room
        self._sizes[:] = name, CONTROL

    def point(self, block: int) -> None:
        """Slots begin at this address from now on."""
        if block != self._block:
            self._block = block
            np.add(self._offsets, np.uint64(block), out=self._memory.vectors[:, 0])

    def receive(self, first: int, most: int) -> int:
        """How many datagrams came into the slots from `first` on; negative: the system's error."""
        memory = self._memory
        count = self._calls.receive(self._file, memory.message(first), most)
        if count > 0:
            # The kernel has put the sizes that it used here.
            self._sizes[first : first + count] = self._name_size, CONTROL
        return count

    def names(self, first: int, count: int) -> list[bytes]:
        """The senders' addresses as the kernel has them, 16 or 28 bytes each."""
        names: list[bytes] = self._names[first : first + count].tolist()
        return names

    def lengths(self, first: int, count: int, out: NDArray[np.int32]) -> None:
        """Bytes of each datagram, also of one that was cut because it did not fit."""
        out[:count] = self._lengths[first : first + count]

    def arrivals(self, first: int, count: int, out: NDArray[np.float64]) -> None:
        """When the kernel took each datagram, in monotonic seconds, never later than now."""
        offset = self._clock.offset()
        now = time.monotonic()
        if self._memory.control.item(first, 1) != STAMP:
            out[:count] = now
            return
        stamps = self._stamps[first : first + count]
        out = out[:count]
        out[:] = (stamps[:, 0] * SECOND + stamps[:, 1]) - offset
        out *= 1e-9
        np.minimum(out, now, out=out)


def is_nothing_there(result: int) -> bool:
    """Was it EAGAIN? Other errors are of an earlier send (ICMP), and the socket goes on."""
    return result == 0 or result == -errno.EAGAIN
