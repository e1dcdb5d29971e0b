"""Send packets from where they stand in memory, by sendmmsg, equal ones as segments."""

import errno
import logging

import numpy as np
from numpy.typing import NDArray

from turn.aio.loops import ADDRESS, CONTROL, prepare
from turn.aio.mmsg import SEGMENT, Calls, Memory
from turn.compiling import Direct
from turn.segments import Indices, Packets

log = logging.getLogger(__name__)

FULL = {errno.EAGAIN, errno.ENOBUFS}
TOO_LONG = {errno.EINVAL, errno.EMSGSIZE}  # the path to this destination takes smaller packets


class Sender:
    """`unsent` counts packets that the system did not take: they are lost, as on a wire.

    Segments are given up for good when a network interface cannot make them (EIO); they are not
    tried again for the packets of a message that its path did not take.
    """

    def __init__(self, rows: int, calls: Calls, *, segments: bool = True) -> None:
        self.segments = segments
        self.unsent = 0
        self._calls = calls
        self.starts: Indices = np.zeros(rows, np.int64)
        self._prepare = Direct(prepare)
        self.memory = memory = Memory(rows, rows, 0, CONTROL)
        memory.control[:, 0] = 18
        memory.control[:, 1] = SEGMENT

    def set_destinations(self, addresses: NDArray[np.uint8]) -> None:
        """Socket addresses as the kernel has them, in 28 bytes each."""
        assert addresses.flags.c_contiguous
        assert addresses.shape[1] == ADDRESS
        self.addresses = addresses
        self.at: int = addresses.ctypes.data

    def send(self, file: int, packets: Packets, count: int) -> None:
        """The first so many, at most as many as there are rows."""
        self._send(file, packets, 0, count, segments=True)

    def send_some(self, file: int, packets: Packets, first: int, end: int) -> None:
        """Those from `first` to `end`."""
        self._send(file, packets, first, end, segments=True)

    def go_on(self, file: int, packets: Packets, count: int, messages: int, done: int) -> None:
        """So many of the messages that were prepared for all packets have left already."""
        first = self._post(file, packets, count, messages, done)
        self._send(file, packets, first, count, segments=True)

    def _send(self, file: int, packets: Packets, first: int, end: int, *, segments: bool) -> None:
        memory = self.memory
        while first < end:
            messages: int = self._prepare.call(
                packets, first, end, segments and self.segments, self.addresses, self.at,
                self.starts, memory.messages, memory.vectors, memory.vectors_address,
                memory.control,
            )  # fmt: skip
            first = self._post(file, packets, end, messages, 0)

    def _post(self, file: int, packets: Packets, end: int, messages: int, done: int) -> int:
        """Messages from `done` on. Returns the packet to go on with."""
        while done < messages:
            sent = self._calls.send(file, self.memory.message(done), messages - done)
            if sent <= 0:
                break
            done += sent
        if done == messages:
            return end
        start = int(self.starts[done])
        if -sent in FULL:
            self.unsent += end - start
            return end
        after = int(self.starts[done + 1]) if done + 1 < messages else end
        return self._resume(file, packets, start, after, -sent)

    def _resume(self, file: int, packets: Packets, start: int, after: int, error: int) -> int:
        """Deal with the message that did not leave; returns the packet to go on with."""
        if after - start > 1 and error == errno.EIO:
            log.warning(
                "the network interface cannot send segments (EIO): sent one by one from now"
            )
            self.segments = False
            return start
        if after - start > 1 and error in TOO_LONG:
            self._send(file, packets, start, after, segments=False)
        else:
            self.unsent += after - start
        return after
