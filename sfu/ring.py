"""The place where packets land and stay: receive buffer and retransmission store in one.

Blocks of slots are used in turn. A block is written again once everything in it is older than the
depth; when no block is, another one is added, and a block that is not needed is given back. So the
ring holds about one second at the current rate and is small when nothing comes. Blocks never move:
pointers into them stay good for as long as they are in use.
"""

import heapq
from collections import deque

import numpy as np

from sfu.path import Path

SLOT = 1536  # bytes: an Ethernet packet and some room, a multiple of the cache line
BLOCK = 128  # slots; 192 KiB, a whole number of pages
SHIFT = 7  # slot >> SHIFT is the block
SPARE = 2  # blocks that are kept though nothing comes
RECEIVE_MAX = 1500  # a longer datagram cannot be media (the paths we serve have an MTU of 1500)


class Batch:
    """What one drain of the sockets has brought: parallel lists, in the order of arrival."""

    __slots__ = ("lengths", "paths", "slots")

    def __init__(self) -> None:
        self.slots: list[int] = []
        self.lengths: list[int] = []  # bytes
        self.paths: list[Path] = []

    def add(self, slot: int, length: int, path: Path) -> None:
        self.slots.append(slot)
        self.lengths.append(length)
        self.paths.append(path)

    def clear(self) -> None:
        self.slots.clear()
        self.lengths.clear()
        self.paths.clear()

    def __len__(self) -> int:
        return len(self.slots)


class Ring:
    """`reserve` a slot, receive into its `view`; `reference` names the packet for later.

    A slot may be written again after `depth` seconds; `holds` says whether a reference is still
    good. `tick` sets the time: once per drain is enough.
    """

    def __init__(self, depth: float = 1.0) -> None:
        self.depth = depth  # seconds
        self.now = 0.0
        self._views: list[memoryview | None] = []  # by block
        self._generations: list[int] = []  # by block: how often it was opened
        self._filled: deque[tuple[int, float]] = deque()  # block, when it was full; oldest first
        self._free: list[int] = []  # numbers of blocks that were given back
        self._current = -1
        self._next = 0
        self._end = 0

    def tick(self, now: float) -> None:
        self.now = now

    def reserve(self) -> int:
        """The number of a slot that may be written."""
        if self._next == self._end:
            self._open()
        slot = self._next
        self._next = slot + 1
        return slot

    def view(self, slot: int) -> memoryview:
        """The bytes of a slot, all 1536 of them, writable."""
        block = self._views[slot >> SHIFT]
        if block is None:
            raise IndexError(f"slot {slot} was given back")
        at = (slot & BLOCK - 1) * SLOT
        return block[at : at + SLOT]

    def reference(self, slot: int) -> int:
        """A name for what the slot holds now: the slot in the low 24 bits, below its generation."""
        return self._generations[slot >> SHIFT] << 24 | slot

    def holds(self, reference: int) -> bool:
        """Is the packet of this reference still in its slot?"""
        block = (reference & 0xFFFFFF) >> SHIFT
        return (
            block < len(self._generations)
            and self._views[block] is not None
            and self._generations[block] == reference >> 24
        )

    @property
    def capacity(self) -> int:
        """All slot numbers are below this."""
        return len(self._views) * BLOCK

    @property
    def size(self) -> int:
        """Bytes of all blocks."""
        return sum(view is not None for view in self._views) * BLOCK * SLOT

    def _open(self) -> None:
        if self._current >= 0:
            self._filled.append((self._current, self.now))
        while len(self._filled) > SPARE and self._is_old(self._filled[1]):
            self._give_back(self._filled.popleft()[0])
        if self._filled and self._is_old(self._filled[0]):
            self._current = self._filled.popleft()[0]
        else:
            self._current = self._add()
        self._generations[self._current] += 1
        self._next = self._current * BLOCK
        self._end = self._next + BLOCK

    def _is_old(self, filled: tuple[int, float]) -> bool:
        return self.now - filled[1] >= self.depth

    def _add(self) -> int:
        # numpy leaves fresh pages untouched, so that only slots in use cost memory.
        block = np.zeros(BLOCK * SLOT, np.uint8).data
        if self._free:
            number = heapq.heappop(self._free)
            self._views[number] = block
            return number
        self._views.append(block)
        self._generations.append(0)
        return len(self._views) - 1

    def _give_back(self, number: int) -> None:
        self._views[number] = None
        heapq.heappush(self._free, number)
