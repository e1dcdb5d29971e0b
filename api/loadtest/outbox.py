"""Rows of an arena leave by the sockets of their links, equal ones as segments of one message."""

import errno
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.loadtest.memory import SLOT, Arena, Ints
from turn import segments
from turn.aio.mmsg import (
    CONTROL_SIZE,
    SEGMENT,
    VECTOR,
    VECTOR_COUNT,
    Calls,
    Memory,
)

SEGMENT_CONTROL = 24  # bytes: 16 bits with their header
LINK_BITS = 16  # room for so many links beside a tick


@dataclass(slots=True)
class Posts:
    """All that leaves in one tick: by column, the messages of one link each."""

    tick: int
    files: list[int]
    firsts: list[int]  # numbers of messages
    counts: list[int]


class Outbox:
    """`unsent` counts packets that the system did not take."""

    def __init__(self, arena: Arena, calls: Calls, links: int) -> None:
        self.unsent = 0
        self.files: Ints = np.full(links, -1, np.int64)  # descriptors of the sockets
        self._calls = calls
        rows = len(arena.start)
        self._memory = memory = Memory(rows, rows, 0, SEGMENT_CONTROL)
        self._addresses = arena.address + SLOT * np.arange(rows, dtype=np.int64)
        self._starts: segments.Indices = np.zeros(rows, np.int64)
        self._messages = [memory.message(row) for row in range(rows)]
        memory.control[:, 0] = 18
        memory.control[:, 1] = SEGMENT

    def plan(self, arena: Arena, ticks: Ints) -> list[Posts]:
        """Messages for all rows, which stand in the order of their ticks and links."""
        count = arena.count
        lengths = arena.length[:count]
        # Each link is another one in the next tick: messages do not reach over.
        owners = ticks << LINK_BITS | arena.link[:count]
        found = segments.messages(owners, lengths, 0, count, True, self._starts)
        starts = self._starts[:found]
        self._prepare(arena, starts, lengths, count)
        of_messages = owners[starts]
        firsts = np.flatnonzero(np.diff(of_messages, prepend=-1))
        counts = np.diff(firsts, append=len(starts))
        posted = of_messages[firsts]
        files = self.files[posted & (1 << LINK_BITS) - 1].tolist()
        whens = posted >> LINK_BITS
        begins = np.flatnonzero(np.diff(whens, prepend=-1)).tolist()
        first_list, count_list = firsts.tolist(), counts.tolist()
        ends = [*begins[1:], len(files)]
        return [
            Posts(tick, files[at:end], first_list[at:end], count_list[at:end])
            for tick, at, end in zip(whens[begins].tolist(), begins, ends, strict=True)
        ]

    def send(self, posts: Posts) -> None:
        addresses = map(self._messages.__getitem__, posts.firsts)
        sent = list(map(self._calls.send, posts.files, addresses, posts.counts))
        if sent != posts.counts:
            self._send_rest(posts, sent)

    def _send_rest(self, posts: Posts, results: list[int]) -> None:
        """What was not taken at once. Each is tried again after an error that was about another."""
        rows = zip(posts.files, posts.firsts, posts.counts, results, strict=True)
        for file, first, count, sent in rows:
            while sent > 0 or sent == -errno.ECONNREFUSED:  # of an earlier datagram
                first, count = first + max(sent, 0), count - max(sent, 0)
                if not count:
                    break
                sent = self._calls.send(file, self._messages[first], count)
            vectors = self._memory.messages[first : first + count, VECTOR_COUNT]
            self.unsent += int(vectors.sum())

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
