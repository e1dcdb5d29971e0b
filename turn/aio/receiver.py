"""Take datagrams of one socket straight into consecutive slots of memory, by recvmmsg."""

import socket
import time

import numpy as np
from numpy.typing import NDArray

from turn.aio.loops import SECOND, STAMPED, collect
from turn.aio.mmsg import (
    CONTROL_SIZE,
    NAME_SIZE,
    SO_TIMESTAMPNS,
    VECTOR,
    VECTOR_COUNT,
    Calls,
    Memory,
)
from turn.compiling import Direct

NAME_SIZES = {socket.AF_INET: 16, socket.AF_INET6: 28}  # sockaddr_in, sockaddr_in6
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
        self.clock = KernelClock()
        self._block = -1
        self._collect = Direct(collect)
        self._offsets = slot_size * np.arange(slots, dtype=np.uint64)
        name = NAME_SIZES[sock.family]
        self.memory = memory = Memory(slots, slots, name, STAMPED)
        self.names: NDArray[np.uint32] = memory.names.view(np.uint32)  # as the kernel wrote them
        each = np.arange(slots, dtype=np.uint64)
        memory.messages[:, VECTOR] = memory.vectors_address + 16 * each
        memory.messages[:, VECTOR_COUNT] = 1
        memory.vectors[:, 1] = room
        memory.messages[:, NAME_SIZE] = name
        memory.messages[:, CONTROL_SIZE] = STAMPED

    def point(self, block: int) -> None:
        """Slots begin at this address from now on."""
        if block != self._block:
            self._block = block
            np.add(self._offsets, np.uint64(block), out=self.memory.vectors[:, 0])

    def receive(self, first: int, most: int) -> int:
        """How many datagrams came into the slots from `first` on; negative: the system's error."""
        return self._calls.receive(self._file, self.memory.message(first), most)

    def collect(
        self, first: int, count: int, lengths: NDArray[np.int32], arrivals: NDArray[np.float64],
        names: NDArray[np.uint32],
    ) -> None:  # fmt: skip
        """What is known of the datagrams that have come; to be called once for each.

        Puts into the columns the bytes of each, also of one that was cut because it did not fit;
        when the kernel took it, in monotonic seconds, never later than now; and the sender's
        address as the kernel has it, 16 or 28 bytes with zeros behind them.
        """
        offset, now = self.clock.read()
        memory = self.memory
        self._collect.call(
            memory.messages, memory.control, self.names, first, count, offset, now, lengths,
            arrivals, names,
        )  # fmt: skip
