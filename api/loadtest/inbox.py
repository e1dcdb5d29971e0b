"""What has come to many sockets, taken by one system call for each of them into one block.

Nothing waits for these sockets: they are read by the clock. The kernel says when each datagram
came, so that the latency that we measure does not depend on when we look.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from api.loadtest.loops import ARRIVAL, EACH, SOCKETS, Taken, ask, collect, split
from api.loadtest.memory import ROOM, Ints
from api.loadtest.slots import Rows, Slots
from turn.aio.mmsg import CONTROL_SIZE, STAMP, VECTOR, VECTOR_COUNT, Calls, Memory
from turn.compiling import is_compiling

Place = tuple[int, int]  # a link and its file descriptor


@dataclass(slots=True)
class Received:
    """Datagrams in slots; they stay until the next reading."""

    rows: Rows
    links: Ints
    arrivals: Ints  # ns of the wall clock
    more: list[Place] = field(default_factory=list)  # sockets that may have more

    def chosen(self, which: NDArray[np.bool_] | Rows) -> "Received":
        return Received(self.rows[which], self.links[which], self.arrivals[which], self.more)

    def first(self, count: int) -> "Received":
        return Received(self.rows[:count], self.links[:count], self.arrivals[:count], self.more)

    def taken(self) -> Taken:
        return Taken(self.rows, self.links, self.arrivals)


class Inbox:
    """`lengths` has the bytes of the datagram in each slot."""

    def __init__(self, calls: Calls) -> None:
        count = SOCKETS * EACH
        self.slots = Slots(count)
        self.lengths: NDArray[np.int32] = np.zeros(count, np.int32)
        self._calls = calls
        self._receive_at = calls.receive_at if is_compiling() else 0
        self._memory = memory = Memory(count, count, 0, ARRIVAL)
        each = np.arange(count, dtype=np.uint64)
        memory.vectors[:, 0] = self.slots.address + self.slots.bases
        memory.vectors[:, 1] = ROOM
        memory.messages[:, VECTOR] = memory.vectors_address + 16 * each
        memory.messages[:, VECTOR_COUNT] = 1
        memory.messages[:, CONTROL_SIZE] = ARRIVAL
        self._taken, self._others = _room(count), _room(count)

    def read(self, places: Sequence[Place]) -> Received:
        """What these sockets have, `SOCKETS` of them at most."""
        links = np.array([link for link, _ in places], np.int64)
        results = self._ask([file for _, file in places])
        memory = self._memory
        total = collect(
            results, links, memory.messages, memory.control, self.lengths, self._taken.taken()
        )
        received = self._taken.first(total)
        full = np.flatnonzero(results == EACH).tolist()
        received.more = [places[turn] for turn in full]
        return received

    def split(self, received: Received) -> tuple[Received, Received]:
        """RTP of what has just been read, and everything else."""
        total, others = len(received.rows), self._others
        media = split(self.slots.flat, received.taken(), total, others.taken())
        return received.first(media), others.first(total - media)

    def _ask(self, files: list[int]) -> Ints:
        """How much each of these has; less than nothing for an error."""
        first, results = self._memory.message(0), np.zeros(len(files), np.int64)
        if self._receive_at:
            ask(self._receive_at, np.array(files, np.int64), first, results)
        else:
            for turn, file in enumerate(files):
                messages = self._memory.message(EACH * turn)
                results[turn] = self._calls.receive(file, messages, EACH)
        return results

    def has_stamps(self, received: Received) -> bool:
        """Did the kernel say when these came?"""
        return bool((self._memory.control[received.rows, 1] == STAMP).all())


def _room(rows: int) -> Received:
    rows_of, links, arrivals = (np.zeros(rows, np.int64) for _ in range(3))
    return Received(rows_of, links, arrivals)
