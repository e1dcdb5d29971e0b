"""The memory that the relay's loops work in, and the numbers by which they find it."""

import mmap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from turn.aio import passing
from turn.aio.mmsg import NAME_SIZE, VECTOR, VECTOR_COUNT, Calls, Memory
from turn.aio.passing import SLOT, SLOTS
from turn.aio.sender import Sender
from turn.lanes import KEY, NAME
from turn.passing import NONE, Ints
from turn.segments import Packets

PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
COLUMNS = (
    passing.ORIGINS, passing.AT, passing.SIZES, passing.OWNERS, passing.CHAIN, passing.TARGETS,
    passing.FAULTS,
)  # fmt: skip


class Desk:
    """`at` is what the loops are given; `numbers` are the same for Python."""

    def __init__(self, calls: Calls, *, segments: bool) -> None:
        self.at: Ints = np.zeros(passing.NUMBERS, np.int64)
        self.numbers: memoryview[int] = self.at.data
        self.sender = Sender(SLOTS, calls, segments=segments)
        self._packets = Packets.room(SLOTS)
        # Only what is written to takes memory.
        self._came = mmap.mmap(-1, SLOTS * SLOT, flags=PRIVATE)
        self._leaving = mmap.mmap(-1, SLOTS * SLOT, flags=PRIVATE)
        self._columns: dict[int, Ints] = {n: np.zeros(SLOTS, np.int64) for n in COLUMNS}
        self._unsent: Ints = np.zeros((SLOTS, passing.UNSENT_FIELDS), np.int64)
        self._written: Ints = np.zeros((SLOTS, passing.WRITTEN_FIELDS), np.int64)
        self._key: NDArray[np.uint32] = np.zeros(KEY, np.uint32)
        self._events: NDArray[np.uint32] = np.zeros((passing.READY, passing.EVENT_WORDS), np.uint32)
        octets = np.frombuffer(self._came, np.uint8)
        self._received = received(octets.ctypes.data + passing.HEAD)
        sent = self.sender.memory
        self._set(
            {
                **self._columns,
                passing.EVENTS: self._events,
                passing.RECEIVE_MESSAGES: self._received.messages,
                passing.RECEIVE_NAMES: self._received.names,
                passing.OCTETS: octets,
                passing.STREAM_OCTETS: np.frombuffer(self._leaving, np.uint8),
                passing.SEND_MESSAGES: sent.messages,
                passing.SEND_VECTORS: sent.vectors,
                passing.SEND_CONTROL: sent.control,
                passing.STARTS: self.sender.starts,
                passing.KEYS: self._key,
                passing.POINTERS: self._packets.pointers,
                passing.LENGTHS: self._packets.lengths,
                passing.PACKET_OWNERS: self._packets.owners,
                passing.UNSENT: self._unsent,
                passing.WRITTEN: self._written,
            }
        )
        self.numbers[passing.WAIT], self.numbers[passing.RECEIVE] = calls.wait_at, calls.receive_at
        self.numbers[passing.SEND], self.numbers[passing.JOINS] = calls.send_at, segments

    def point(self, tables: Mapping[int, NDArray[Any]], names: NDArray[np.uint8]) -> None:
        """Where the tables are that grow; behind the number of each is that of its length."""
        self._set(tables)
        for number, table in tables.items():
            self.numbers[number + 1] = len(table)
        self.sender.set_destinations(names)
        self.numbers[passing.ADDRESSES], self.numbers[passing.NAMES_N] = self.sender.at, len(names)

    def send_again(self) -> None:
        """What the system did not take."""
        sender = self.sender
        for file, begin, end in self._unsent[: self.numbers[passing.UNSENT_N]].tolist():
            sender.send_some(file, self._packets, begin, end)
        self.numbers[passing.JOINS] = sender.segments

    def written(self) -> Iterator[tuple[int, bytes, int]]:
        """For connections: the place of each, the bytes, how many messages these are."""
        for place, begin, end, count in self._written[: self.numbers[passing.WRITTEN_N]].tolist():
            yield place, self._leaving[begin:end], count

    def faults(self) -> list[int]:
        """Places of sockets with errors."""
        found: list[int] = self._columns[passing.FAULTS][: self.numbers[passing.FAULTS_N]].tolist()
        return found

    def left(self) -> list[tuple[int, int, int]]:
        """Of what the core has to be asked for: its slot, where it begins, its bytes."""
        at, sizes, owners = (
            self._columns[number] for number in (passing.AT, passing.SIZES, passing.OWNERS)
        )
        slots = np.flatnonzero(owners[: self.numbers[passing.CAME]] == NONE)
        return [*zip(slots.tolist(), at[slots].tolist(), sizes[slots].tolist(), strict=True)]

    def octets(self, at: int, size: int) -> bytes:
        """Of what has come."""
        return self._came[at : at + size]

    def origin(self, slot: int) -> int:
        """The place of the socket that it came by."""
        return int(self._columns[passing.ORIGINS][slot])

    def name(self, slot: int) -> bytes:
        """Whom it came from, as the system has addresses."""
        found: bytes = self._received.names[slot].tobytes()
        return found

    def _set(self, arrays: Mapping[int, NDArray[Any]]) -> None:
        for number, array in arrays.items():
            assert array.flags.c_contiguous
            self.numbers[number] = array.ctypes.data


def received(first: int) -> Memory:
    """Messages for datagrams into slots, of which the first begins there."""
    memory = Memory(SLOTS, SLOTS, 4 * NAME, 0)
    each = np.arange(SLOTS, dtype=np.uint64)
    memory.messages[:, NAME_SIZE] = 4 * NAME
    memory.messages[:, VECTOR] = memory.vectors_address + 16 * each
    memory.messages[:, VECTOR_COUNT] = 1
    memory.vectors[:, 0] = first + SLOT * each
    memory.vectors[:, 1] = passing.LARGEST
    return memory
