"""The place where packets land and stay: receive buffer and retransmission store in one.

One range of addresses is reserved at the start, for the most that can come within the depth; memory
is used only where packets are. Blocks of slots are written in turn. A block is written again once
everything in it is older than the depth; when no block is, another one is added, and a block that
is not needed is given back to the system. So the ring holds about one second at the current rate
and is small when nothing comes, and a pointer to a slot is good for ever.
"""

import heapq
import mmap
from collections import deque

import numpy as np
from numpy.typing import NDArray

from sfu.path import NAME_SIZE, Key, Path, key, key_in, name_of, path_of

SLOT = 1536  # bytes: an Ethernet packet and some room, a multiple of the cache line
BLOCK = 256  # slots; 384 KiB, a whole number of pages, and the most that one system call brings
SHIFT = 8  # slot >> SHIFT is the block
BLOCKS = 768  # 196,608 slots, 300 MB of addresses: a second of what one core can receive
SPARE = 1  # blocks that are kept though nothing comes
START = 36  # where a datagram begins in its slot: there is room for a longer header before it
RECEIVE_MAX = 1500  # a longer datagram cannot be media (the paths we serve have an MTU of 1500)
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)


class Batch:
    """What one drain of one socket has brought: packets in consecutive slots."""

    __slots__ = (
        "_path", "arrivals", "count", "first", "lengths", "lengths_address", "names", "socket",
        "step",
    )  # fmt: skip

    def __init__(self, socket: int = 0, path: Path | None = None) -> None:
        self._path = path  # of all of them, when they did not come by a socket of ours
        self.socket = socket  # number of ours, or `path.TCP`
        self.first = 0  # slot of the first
        self.count = 0
        self.step = 0  # how far the loops have come with it: `loops/forward.py`
        self.lengths: NDArray[np.int32] = np.zeros(BLOCK, np.int32)  # bytes of the datagram
        self.lengths_address: int = self.lengths.ctypes.data
        self.arrivals: NDArray[np.float64] = np.zeros(BLOCK)  # seconds, the clock of `now`
        # Where each came from: its key with zeros behind it.
        self.names: NDArray[np.uint32] = np.zeros((BLOCK, NAME_SIZE // 4), np.uint32)

    def start(self, socket: int, first: int) -> None:
        """Another one, at this slot."""
        self.socket = socket
        self.first = first
        self.count = self.step = 0

    def add(self, length: int, remote: Key, arrival: float) -> None:
        """The next slot holds a datagram."""
        self.lengths[self.count] = length
        self.arrivals[self.count] = arrival
        self.names[self.count] = name_of(remote)[0]
        self.count += 1

    def key(self, position: int) -> Key:
        """Where one came from."""
        return key_in(self.names[position].tobytes(), self.socket)

    def path(self, position: int) -> Path:
        """Where one came from, in the words of the slow path."""
        return self._path or path_of(self.socket, self.key(position))


class Ring:
    """Slots are taken in order: `run` says which may be written, `take` that they were.

    `reference` names what a slot holds for later; a slot may be written again after `depth`
    seconds, and `holds` says whether a reference is still good. `tick` sets the time: once per
    drain is enough.
    """

    def __init__(self, depth: float = 1.0, blocks: int = BLOCKS) -> None:
        self.depth = depth  # seconds
        self.now = 0.0
        self._memory = mmap.mmap(-1, blocks * BLOCK * SLOT, flags=PRIVATE)
        self.data = memoryview(self._memory)
        flat = np.frombuffer(self._memory, np.uint8)
        self.rows: NDArray[np.uint8] = flat.reshape(-1, SLOT)
        self.address: int = flat.ctypes.data  # of slot 0
        # By block: how often it was opened.
        self.generations: NDArray[np.int64] = np.zeros(blocks, np.int64)
        self._generations = self.generations.data
        self._filled: deque[tuple[int, float]] = deque()  # block, when it was full; oldest first
        self._free: list[int] = []  # blocks that were given back
        self._used = 0  # blocks from here on were never opened
        self._current = -1
        self._next = 0
        self._end = 0

    def tick(self, now: float) -> None:
        self.now = now

    def run(self) -> tuple[int, int]:
        """The first slot that may be written, and how many in a row: at least one."""
        if self._next == self._end:
            self._open()
        return self._next, self._end - self._next

    def take(self, count: int) -> None:
        """The first `count` slots of the run are written."""
        self._next += count

    def reserve(self) -> int:
        """The number of one slot, which is taken."""
        slot, _ = self.run()
        self._next = slot + 1
        return slot

    def view(self, slot: int) -> memoryview:
        """Where a datagram goes: 1500 bytes of the slot, writable."""
        return self.data[slot * SLOT + START : slot * SLOT + SLOT]

    def put(self, data: bytes, path: Path) -> Batch:
        """A batch of one datagram that came from elsewhere than a socket of ours."""
        batch = Batch(path[0], path)
        batch.first = slot = self.reserve()
        self.view(slot)[: len(data)] = data[:RECEIVE_MAX]
        batch.add(len(data), key(path), self.now)
        return batch

    def reference(self, slot: int) -> int:
        """A name for what the slot holds now: the slot in the low 24 bits, below its generation."""
        return self._generations[slot >> SHIFT] << 24 | slot

    def references(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """The names of many."""
        names: NDArray[np.int64] = self.generations[slots >> SHIFT] << 24 | slots
        return names

    def holds(self, reference: int) -> bool:
        """Is the packet of this reference still in its slot?"""
        return self._generations[(reference & 0xFFFFFF) >> SHIFT] == reference >> 24

    @property
    def size(self) -> int:
        """Bytes of all blocks in use."""
        return (self._used - len(self._free)) * BLOCK * SLOT

    def _open(self) -> None:
        if self._current >= 0:
            self._filled.append((self._current, self.now))
        while len(self._filled) > SPARE and self._is_old(self._filled[1]):
            self._give_back(self._filled.popleft()[0])
        self._current = self._pick()
        self._generations[self._current] += 1
        self._next = self._current * BLOCK
        self._end = self._next + BLOCK

    def _pick(self) -> int:
        """The oldest block if it is old enough, else another; when there is none, the oldest."""
        if self._filled and self._is_old(self._filled[0]):
            return self._filled.popleft()[0]
        if self._free:
            return heapq.heappop(self._free)
        if self._used < len(self.generations):
            self._used += 1
            return self._used - 1
        return self._filled.popleft()[0]

    def _is_old(self, filled: tuple[int, float]) -> bool:
        return self.now - filled[1] >= self.depth

    def _give_back(self, number: int) -> None:
        self._generations[number] += 1  # nothing that it held is there any more
        self._memory.madvise(mmap.MADV_DONTNEED, number * BLOCK * SLOT, BLOCK * SLOT)
        heapq.heappush(self._free, number)
