"""What has come to many sockets, taken by one system call for each of them into one block.

Nothing waits for these sockets: they are read by the clock. The kernel says when each datagram
came, so that the latency that we measure does not depend on when we look.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from api.loadtest.columns import Rows, Slots
from api.loadtest.memory import ROOM, Ints
from turn.aio.mmsg import (
    CONTROL_SIZE,
    LENGTH,
    STAMP,
    VECTOR,
    VECTOR_COUNT,
    Calls,
    Memory,
)

SOCKETS = 32  # that are read together
EACH = 32  # datagrams of one, so that a busy one does not starve the rest
ARRIVAL = 32  # bytes of control data: a timespec with its header
SECOND = 1_000_000_000  # ns

Place = tuple[int, int]  # a link and its file descriptor


@dataclass(slots=True)
class Received:
    """Datagrams in slots; they stay until the next reading."""

    rows: Rows
    links: Ints
    arrivals: Ints  # ns of the wall clock
    more: list[Place] = field(default_factory=list)  # sockets that may have more

    def chosen(self, which: NDArray[np.bool_]) -> "Received":
        return Received(self.rows[which], self.links[which], self.arrivals[which], self.more)


class Inbox:
    """`lengths` has the bytes of the datagram in each slot."""

    def __init__(self, calls: Calls) -> None:
        count = SOCKETS * EACH
        self.slots = Slots(count)
        self.lengths: NDArray[np.int32] = np.zeros(count, np.int32)
        self._calls = calls
        self._memory = memory = Memory(count, count, 0, ARRIVAL)
        each = np.arange(count, dtype=np.uint64)
        memory.vectors[:, 0] = self.slots.address + self.slots.bases
        memory.vectors[:, 1] = ROOM
        memory.messages[:, VECTOR] = memory.vectors_address + 16 * each
        memory.messages[:, VECTOR_COUNT] = 1
        memory.messages[:, CONTROL_SIZE] = ARRIVAL
        self._firsts = [memory.message(EACH * turn) for turn in range(SOCKETS)]
        self._most = [EACH] * SOCKETS
        self._bases = EACH * np.arange(SOCKETS)

    def read(self, places: Sequence[Place]) -> Received:
        """What these sockets have, `SOCKETS` of them at most."""
        files = [file for _, file in places]
        results = list(map(self._calls.receive, files, self._firsts, self._most))
        counts = np.maximum(np.array(results, np.intp), 0)
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        turns = np.repeat(np.arange(len(places)), counts)
        rows = np.arange(total) + (self._bases[: len(places)] - ends + counts)[turns]
        links = np.array([link for link, _ in places], np.int64)[turns]
        more = [place for place, got in zip(places, results, strict=True) if got == EACH]
        return Received(rows, links, self._collect(rows), more)

    def _collect(self, rows: Rows) -> Ints:
        memory = self._memory
        self.lengths[rows] = np.minimum(memory.messages[rows, LENGTH], ROOM)
        memory.messages[rows, CONTROL_SIZE] = ARRIVAL
        stamps = memory.control[rows]
        arrivals: Ints = stamps[:, 2] * SECOND + stamps[:, 3]
        return arrivals

    def has_stamps(self, received: Received) -> bool:
        """Did the kernel say when these came?"""
        return bool((self._memory.control[received.rows, 1] == STAMP).all())
