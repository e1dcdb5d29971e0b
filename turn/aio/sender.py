"""Send packets from where they stand in memory, by sendmmsg, equal ones as segments."""

import errno
import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from turn.aio.mmsg import (
    CONTROL_SIZE,
    MESSAGE_WORDS,
    NAME,
    NAME_SIZE,
    SEGMENT,
    VECTOR,
    VECTOR_COUNT,
    Calls,
    Memory,
)
from turn.segments import Indices, joins_last, messages

log = logging.getLogger(__name__)

ADDRESS = 28  # bytes of a socket address in a table of destinations
CONTROL = 24  # bytes: one number of 16 bits with its header
FEW = 40  # packets: up to here one after another is faster than arrays (measured)
FULL = {errno.EAGAIN, errno.ENOBUFS}
TOO_LONG = {errno.EINVAL, errno.EMSGSIZE}  # the path to this destination takes smaller packets


@dataclass(slots=True)
class Packets:
    """Columns of packets for one socket, in sending order."""

    pointers: NDArray[np.int64]  # where each stands
    lengths: NDArray[np.int32]  # bytes
    owners: NDArray[np.signedinteger]  # rows of the destinations

    def listed(self) -> "PacketList":
        return PacketList(self.pointers.tolist(), self.lengths.tolist(), self.owners.tolist())


@dataclass(slots=True)
class PacketList:
    """The same of few packets."""

    pointers: list[int]
    lengths: list[int]
    owners: list[int]


class Sender:
    """`unsent` counts packets that the system did not take: they are lost, as on a wire.

    Segments are given up for good when a network interface cannot make them (EIO); they are not
    tried again for the packets of a message that its path did not take.
    """

    def __init__(self, rows: int, calls: Calls, *, segments: bool = True) -> None:
        self.segments = segments
        self.unsent = 0
        self._calls = calls
        self._each = np.arange(rows, dtype=np.intp)
        self._memory = memory = Memory(rows, rows, 0, CONTROL)
        columns = memory.messages.T
        self._name, self._name_size = columns[NAME], columns[NAME_SIZE]
        self._vector, self._vector_count = columns[VECTOR], columns[VECTOR_COUNT]
        self._control_size = columns[CONTROL_SIZE]
        self._segment_size = memory.control[:, 2]
        self._flat = memory.messages.reshape(-1).data, memory.vectors.reshape(-1).data
        self._flat_control = memory.control.reshape(-1).data
        memory.control[:, 0] = 18
        memory.control[:, 1] = SEGMENT

    def set_destinations(self, addresses: NDArray[np.uint8], sizes: NDArray[np.uint8]) -> None:
        """Socket addresses as the kernel has them, 28 bytes each, and how many of them count."""
        assert addresses.flags.c_contiguous
        assert addresses.shape[1] == ADDRESS
        self._addresses, self._sizes = addresses, sizes
        self._at: int = addresses.ctypes.data

    def send(self, file: int, packets: Packets | PacketList) -> None:
        """At most as many as there are rows."""
        count = len(packets.lengths)
        if count <= FEW and isinstance(packets, Packets):
            packets = packets.listed()
        self._send(file, packets, 0, count, segments=True)

    def _send(
        self, file: int, packets: Packets | PacketList, first: int, end: int, *, segments: bool
    ) -> None:
        while first < end:
            joined = segments and self.segments
            starts: Indices | list[int]
            if isinstance(packets, PacketList):
                starts = self._prepare_few(packets, first, end, segments=joined)
            else:
                starts = self._prepare(packets, first, end, segments=joined)
            done, error = self._post(file, len(starts))
            if done == len(starts):
                return
            start = int(starts[done])
            after = int(starts[done + 1]) if done + 1 < len(starts) else end
            if error in FULL:
                self.unsent += end - start
                return
            first = self._resume(file, packets, start, after, error)

    def _prepare(self, packets: Packets, first: int, end: int, *, segments: bool) -> Indices:
        """Write the messages for packets `first` to `end`; returns the first packet of each."""
        lengths, owners = packets.lengths[first:end], packets.owners[first:end]
        vectors = self._memory.vectors[: end - first]
        vectors[:, 0] = packets.pointers[first:end]
        vectors[:, 1] = lengths
        starts = messages(owners, lengths) if segments else self._each[: end - first]
        count = len(starts)
        owner = owners[starts]
        self._name[:count] = owner * np.int64(ADDRESS) + self._at
        self._name_size[:count] = self._sizes[owner]
        self._vector[:count] = starts * 16 + self._memory.vectors_address
        if count < end - first:
            self._join(starts, lengths)
        else:
            self._vector_count[:count] = 1
            self._control_size[:count] = 0
        return starts + first

    def _join(self, starts: Indices, lengths: NDArray[np.int32]) -> None:
        count = len(starts)
        counts = self._vector_count[:count]
        np.subtract(starts[1:], starts[:-1], out=counts[:-1], casting="unsafe")
        counts[-1] = len(lengths) - starts[-1]
        np.multiply(counts > 1, CONTROL, out=self._control_size[:count], casting="unsafe")
        self._segment_size[:count] = lengths[starts]

    def _prepare_few(
        self, packets: PacketList, first: int, end: int, *, segments: bool
    ) -> list[int]:
        """The same, one packet after another."""
        words, vectors = self._flat
        lengths, owners = packets.lengths, packets.owners
        starts: list[int] = []
        owner, size, at, vector = -1, 0, -MESSAGE_WORDS, 0
        for i in range(first, end):
            length = lengths[i]
            vectors[vector], vectors[vector + 1] = packets.pointers[i], length
            vector += 2
            if (
                segments
                and owners[i] == owner
                and joins_last(size, words[at + VECTOR_COUNT], length)
            ):
                size = self._join_one(at, size, length)
                continue
            at += MESSAGE_WORDS
            starts.append(i)
            owner, size = owners[i], length
            words[at + NAME] = self._at + ADDRESS * owner
            words[at + NAME_SIZE] = self._sizes.item(owner)
            words[at + VECTOR] = self._memory.vectors_address + 8 * vector - 16
            words[at + VECTOR_COUNT] = 1
            words[at + CONTROL_SIZE] = 0
        return starts

    def _join_one(self, at: int, size: int, length: int) -> int:
        """One more to the message at this word; returns the size of another, 0 if none may come."""
        words, _ = self._flat
        words[at + VECTOR_COUNT] += 1
        if not words[at + CONTROL_SIZE]:
            words[at + CONTROL_SIZE] = CONTROL
            self._flat_control[at // MESSAGE_WORDS * 3 + 2] = size
        return size if length == size else 0

    def _post(self, file: int, count: int) -> tuple[int, int]:
        """How many messages left, and why the next one did not."""
        done = 0
        while done < count:
            sent = self._calls.send(file, self._memory.message(done), count - done)
            if sent <= 0:
                return done, -sent
            done += sent
        return done, 0

    def _resume(
        self, file: int, packets: Packets | PacketList, start: int, after: int, error: int
    ) -> int:
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
