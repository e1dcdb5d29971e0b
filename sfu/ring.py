"""The place where packets land, and the one where they stay for retransmission.

Datagrams land in rows, each long enough for any. Payloads that go on are kept behind them, one
after the other: most are much shorter than a row, and a second of them is most of our memory. One
range of addresses is reserved at the start, for the most that can come within the depth; memory is
used only where packets are. Blocks of slots are filled in turn. A block is filled again once
everything in it is older than the depth; when no block is, another one is added, and a block that
is not needed is given back to the system. So the ring holds about one second at the current rate
and is small when nothing comes, and a pointer to a payload is good for ever.
"""

import heapq
import mmap
from collections import deque

import numpy as np
from numpy.typing import NDArray

from sfu.path import NAME_SIZE, Key, Path, key, key_in, name_of, path_of

SLOT = 1536  # bytes of a row: an Ethernet packet and some room, a multiple of the cache line
BLOCK = 256  # rows; the most that one system call brings
START = 36  # where a datagram begins in its row: there is room for a longer header before it
RECEIVE_MAX = 1500  # a longer datagram cannot be media (the paths we serve have an MTU of 1500)
KEPT = 1024  # slots of a block, which is as long as if all of its packets were longest
SHIFT = 10  # slot >> SHIFT is the block
BLOCKS = 192  # 196,608 slots, 300 MB of addresses: a second of what one core can receive
SPARE = 1  # blocks that are kept though nothing comes
LANDING = BLOCK * SLOT  # bytes before the first block
# The next slot, where in the memory its payload goes (a multiple of eight), the last slot's next.
NEXT, AT, END = 0, 1, 2
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)


class Batch:
    """What one drain of one socket has brought: packets in the first rows."""

    __slots__ = (
        "_path", "arrivals", "count", "lengths", "lengths_address", "names", "socket", "step",
    )  # fmt: skip

    def __init__(self, socket: int = 0, path: Path | None = None) -> None:
        self._path = path  # of all of them, when they did not come by a socket of ours
        self.socket = socket  # number of ours, or `path.TCP`
        self.count = 0
        self.step = 0  # how far the loops have come with it: `loops/forward.py`
        self.lengths: NDArray[np.int32] = np.zeros(BLOCK, np.int32)  # bytes of the datagram
        self.lengths_address: int = self.lengths.ctypes.data
        self.arrivals: NDArray[np.float64] = np.zeros(BLOCK)  # seconds, the clock of `now`
        # Where each came from: its key with zeros behind it.
        self.names: NDArray[np.uint32] = np.zeros((BLOCK, NAME_SIZE // 4), np.uint32)

    def start(self, count: int = 0) -> None:
        """Another one, of so many datagrams."""
        self.count = count
        self.step = 0

    def add(self, length: int, remote: Key, arrival: float) -> None:
        """The next row holds a datagram."""
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
    """`row` says where a datagram lands; it is there until the next one does.

    `keep` copies a payload to a slot, and so do loops, by `cursor`. `reference` names what a slot
    holds for later; a slot may be filled again after `depth` seconds, and `holds` says whether a
    reference is still good. `tick` sets the time: once per drain is enough.
    """

    def __init__(self, depth: float = 1.0, blocks: int = BLOCKS) -> None:
        self.depth = depth  # seconds
        self.slots = blocks * KEPT
        self.now = 0.0
        self._memory = mmap.mmap(-1, LANDING + blocks * KEPT * SLOT, flags=PRIVATE)
        self.data = memoryview(self._memory)
        self.octets: NDArray[np.uint8] = np.frombuffer(self._memory, np.uint8)
        self.address: int = self.octets.ctypes.data  # of row 0
        # By block: how often it was opened.
        self.generations: NDArray[np.int64] = np.zeros(blocks, np.int64)
        self._generations = self.generations.data
        self.cursor: NDArray[np.int64] = np.zeros(3, np.int64)  # see NEXT
        self._cursor = self.cursor.data
        self._filled: deque[tuple[int, float]] = deque()  # block, when it was full; oldest first
        self._free: list[int] = []  # blocks that were given back
        self._used = 0  # blocks from here on were never opened
        self._longest = [0] * blocks  # by block: bytes in use
        self._current = -1

    def tick(self, now: float) -> None:
        self.now = now

    def row(self, number: int) -> memoryview:
        """Where a datagram lands: 1500 bytes, writable."""
        return self.data[number * SLOT + START : number * SLOT + SLOT]

    def datagram(self, batch: Batch, position: int) -> bytes:
        """One of a batch."""
        at = position * SLOT + START
        return bytes(self.data[at : at + int(batch.lengths[position])])

    def put(self, data: bytes, path: Path) -> Batch:
        """A batch of one datagram that came from elsewhere than a socket of ours."""
        batch = Batch(path[0], path)
        self.row(0)[: len(data)] = data[:RECEIVE_MAX]
        batch.add(len(data), key(path), self.now)
        return batch

    def room(self, count: int) -> None:
        """So many payloads, at most as many as a block has slots, can be kept by the cursor."""
        if self._cursor[NEXT] + count > self._cursor[END]:
            self._open()

    def keep(self, payload: bytes | memoryview) -> tuple[int, int]:
        """Returns its slot, and where it stands in `data`."""
        self.room(1)
        slot, at = self._cursor[NEXT], self._cursor[AT]
        end = at + len(payload)
        self.data[at:end] = payload
        self._cursor[NEXT], self._cursor[AT] = slot + 1, end + 7 & -8
        return slot, at

    def reference(self, slot: int) -> int:
        """A name for what the slot holds now: the slot in the low 24 bits, below its generation."""
        return self._generations[slot >> SHIFT] << 24 | slot

    def holds(self, reference: int) -> bool:
        """Is the packet of this reference still in its slot?"""
        return self._generations[(reference & 0xFFFFFF) >> SHIFT] == reference >> 24

    @property
    def size(self) -> int:
        """Bytes that are in use, but for the rows."""
        self._measure()
        return sum(self._longest)

    def _open(self) -> None:
        if self._current >= 0:
            self._measure()
            self._filled.append((self._current, self.now))
        while len(self._filled) > SPARE and self._is_old(self._filled[1]):
            self._give_back(self._filled.popleft()[0])
        self._current = self._pick()
        self._generations[self._current] += 1
        self._cursor[NEXT] = self._current * KEPT
        self._cursor[AT] = self._begin(self._current)
        self._cursor[END] = self._cursor[NEXT] + KEPT

    def _begin(self, block: int) -> int:
        return LANDING + block * KEPT * SLOT

    def _measure(self) -> None:
        """Pages of the current block that were ever written stay in use."""
        if self._current >= 0:
            used = self._cursor[AT] - self._begin(self._current)
            self._longest[self._current] = max(self._longest[self._current], used)

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
        self._memory.madvise(mmap.MADV_DONTNEED, self._begin(number), KEPT * SLOT)
        self._longest[number] = 0
        heapq.heappush(self._free, number)
