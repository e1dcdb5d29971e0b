"""One connected UDP socket for each peer connection, and batches through them.

Nothing waits for these sockets: they are drained by the clock. The kernel says when each datagram
came, so that the latency that we measure does not depend on when we look.
"""

import errno
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sfu.arena import Arena
from sfu.ring import BLOCK, RECEIVE_MAX, SLOT, START, Batch, Ring
from turn import segments
from turn.aio.mmsg import (
    CONTROL_SIZE,
    LENGTH,
    NAME_SIZE,
    SEGMENT,
    SO_TIMESTAMPNS,
    STAMP,
    VECTOR,
    VECTOR_COUNT,
    Calls,
    Memory,
)

BUFFER = 4 << 20  # bytes; the system gives what net.core.rmem_max allows
DRAIN = 64  # datagrams of one socket at a time, so that a busy one does not starve the rest
ARRIVAL = 32  # bytes of control data: a timespec with its header
SEGMENT_CONTROL = 24  # bytes: 16 bits with their header
LINK_BITS = 16  # room for so many links beside a tick
SECOND = 1_000_000_000  # ns
DROPS = Path("/proc/net")


def connect(host: str, port: int) -> socket.socket:
    """A socket that hears this server only."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.connect((host, port))
    return sock


class Inbox:
    """A block of slots, filled from many sockets one after the other.

    `links` says whose each datagram is, `arrivals` when it came, in ns of the wall clock.
    """

    def __init__(self, ring: Ring, calls: Calls) -> None:
        self.batch = Batch()
        self.batch.first = 0
        self.links: NDArray[np.int64] = np.zeros(BLOCK, np.int64)
        self.arrivals: NDArray[np.int64] = np.zeros(BLOCK, np.int64)
        self._calls = calls
        self._memory = memory = Memory(BLOCK, BLOCK, 32, ARRIVAL)
        each = np.arange(BLOCK, dtype=np.uint64)
        memory.vectors[:, 0] = ring.address + START + SLOT * each
        memory.vectors[:, 1] = RECEIVE_MAX
        memory.messages[:, VECTOR] = memory.vectors_address + 16 * each
        memory.messages[:, VECTOR_COUNT] = 1
        memory.messages[:, NAME_SIZE] = 0
        memory.messages[:, CONTROL_SIZE] = ARRIVAL

    def fill(self, files: Iterable[tuple[int, int]]) -> bool:
        """Read from (link, file descriptor) until the block is full. False: not all was read.

        The iterator stands at the socket that has more.
        """
        receive, message = self._calls.receive, self._memory.message
        batch = self.batch
        count = batch.count
        for link, file in files:
            got = receive(file, message(count), min(DRAIN, BLOCK - count))
            if got > 0:
                self.links[count : count + got] = link
                count += got
                if count == BLOCK:
                    break
        batch.count = count
        self._read(count)
        return count < BLOCK

    def _read(self, count: int) -> None:
        memory = self._memory
        self.batch.lengths[:count] = memory.messages[:count, LENGTH]
        stamps = memory.control[:count]
        self.arrivals[:count] = stamps[:, 2] * SECOND + stamps[:, 3]
        memory.messages[:count, CONTROL_SIZE] = ARRIVAL

    def clear(self) -> None:
        self.batch.count = 0

    def has_stamps(self) -> bool:
        """The kernel stamps what it hands us (asked after the first datagram)."""
        return bool((self._memory.control[: self.batch.count, 1] == STAMP).all())


class Post(NamedTuple):
    """Messages of one link in one tick."""

    tick: int
    file: int
    first: int
    messages: int


class Outbox:
    """Rows of an arena leave by the sockets of their links; equal ones as segments."""

    def __init__(self, arena: Arena, calls: Calls) -> None:
        self.unsent = 0  # packets that the system did not take
        self.files: dict[int, int] = {}  # link -> file descriptor
        self._calls = calls
        rows = len(arena.start)
        self._memory = memory = Memory(rows, rows, 8, SEGMENT_CONTROL)
        self._addresses = arena.address + SLOT * np.arange(rows, dtype=np.int64)
        memory.messages[:, NAME_SIZE] = 0
        memory.control[:, 0] = 18
        memory.control[:, 1] = SEGMENT

    def plan(self, arena: Arena, ticks: NDArray[np.int64]) -> list[Post]:
        """Messages for all rows, in their order; those of one tick and link stand together."""
        count = arena.count
        lengths = arena.length[:count]
        # Each link is another one in the next tick: messages do not reach over.
        owners = (ticks << LINK_BITS | arena.client[:count]).astype(np.int32)
        starts = segments.messages(owners, lengths)
        self._prepare(arena, starts, lengths, count)
        first_owners = owners[starts]
        firsts = np.flatnonzero(np.diff(first_owners, prepend=-1))
        ends = np.append(firsts[1:], len(starts)).tolist()
        files, mask = self.files, (1 << LINK_BITS) - 1
        rows = zip(first_owners[firsts].tolist(), firsts.tolist(), ends, strict=True)
        return [
            Post(owner >> LINK_BITS, files[owner & mask], first, end - first)
            for owner, first, end in rows
        ]

    def send(self, post: Post) -> None:
        _, file, first, count = post
        while count > 0:
            sent = self._calls.send(file, self._memory.message(first), count)
            if sent <= 0:
                if sent == -errno.ECONNREFUSED:  # of an earlier datagram: the server is gone
                    continue
                packets = self._memory.messages[first : first + count, VECTOR_COUNT]
                self.unsent += int(packets.sum())
                return
            first += sent
            count -= sent

    def _prepare(
        self, arena: Arena, starts: segments.Indices, lengths: NDArray[np.int32], count: int
    ) -> None:
        memory = self._memory
        memory.vectors[:count, 0] = self._addresses[:count] + arena.start[:count]
        memory.vectors[:count, 1] = lengths
        messages = memory.messages[: len(starts)]
        runs = np.diff(starts, append=count)
        messages[:, VECTOR] = memory.vectors_address + 16 * starts
        messages[:, VECTOR_COUNT] = runs
        messages[:, CONTROL_SIZE] = (runs > 1) * SEGMENT_CONTROL
        memory.control[: len(starts), 2] = lengths[starts]


def dropped(ports: Iterable[int], folder: Path = DROPS) -> int:
    """Datagrams that our sockets had no room for, since they were made (/proc/net/udp)."""
    wanted = set(ports)
    lines = [
        line.split()
        for name in ("udp", "udp6")
        if (folder / name).exists()
        for line in (folder / name).read_text().splitlines()[1:]
    ]
    return sum(int(line[-1]) for line in lines if int(line[1].rpartition(":")[2], 16) in wanted)
