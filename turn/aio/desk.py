"""The memory that the relay's loops work in, and the numbers by which they find it."""

import mmap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from turn.aio import numbers
from turn.aio.mmsg import NAME_SIZE, VECTOR, VECTOR_COUNT, Calls, Memory
from turn.aio.numbers import PRIVATE, SLOT, SLOTS
from turn.aio.sender import Sender
from turn.lanes import KEY, NAME, Rows
from turn.passing import NONE, Ints
from turn.segments import Packets

COLUMNS = (
    numbers.ORIGINS, numbers.AT, numbers.SIZES, numbers.OWNERS, numbers.CHAIN, numbers.TARGETS,
    numbers.FAULTS,
)  # fmt: skip


class Desk:
    """`at` is what the loops are given; `numbers` are the same for Python.

    `rate`: bytes per second that a user may relay. `turn`: its turns are counted from there.
    """

    def __init__(self, calls: Calls, rate: float, *, segments: bool, turn: int) -> None:
        self.at: Ints = np.zeros(numbers.NUMBERS, np.int64)
        self.numbers: memoryview[int] = self.at.data
        self.sender = Sender(SLOTS, calls, segments=segments)
        self._packets = Packets.room(SLOTS)
        # Only what is written to takes memory.
        self._came = mmap.mmap(-1, SLOTS * SLOT, flags=PRIVATE)
        self._leaving = mmap.mmap(-1, SLOTS * SLOT, flags=PRIVATE)
        self._columns: dict[int, Ints] = {n: np.zeros(SLOTS, np.int64) for n in COLUMNS}
        self._unsent: Ints = np.zeros((SLOTS, numbers.UNSENT_FIELDS), np.int64)
        self._written: Ints = np.zeros((SLOTS, numbers.WRITTEN_FIELDS), np.int64)
        self._key: NDArray[np.uint32] = np.zeros(KEY, np.uint32)
        self._events: NDArray[np.uint32] = np.zeros((numbers.READY, numbers.EVENT_WORDS), np.uint32)
        octets = np.frombuffer(self._came, np.uint8)
        self._received = received(octets.ctypes.data + numbers.HEAD)
        sent = self.sender.memory
        self._set(
            {
                **self._columns,
                numbers.EVENTS: self._events,
                numbers.RECEIVE_MESSAGES: self._received.messages,
                numbers.RECEIVE_NAMES: self._received.names,
                numbers.OCTETS: octets,
                numbers.STREAM_OCTETS: np.frombuffer(self._leaving, np.uint8),
                numbers.SEND_MESSAGES: sent.messages,
                numbers.SEND_VECTORS: sent.vectors,
                numbers.SEND_CONTROL: sent.control,
                numbers.STARTS: self.sender.starts,
                numbers.KEYS: self._key,
                numbers.POINTERS: self._packets.pointers,
                numbers.LENGTHS: self._packets.lengths,
                numbers.PACKET_OWNERS: self._packets.owners,
                numbers.UNSENT: self._unsent,
                numbers.WRITTEN: self._written,
            }
        )
        self.numbers[numbers.WAIT], self.numbers[numbers.RECEIVE] = calls.wait_at, calls.receive_at
        self.numbers[numbers.READ], self.numbers[numbers.CLOCK] = calls.read_at, calls.clock_at
        self.at.view(np.float64)[numbers.RATE] = rate
        self.numbers[numbers.TURN] = turn
        self.forget_usual()
        self.numbers[numbers.SEND], self.numbers[numbers.JOINS] = calls.send_at, segments

    def join(self, landings: Rows, names: NDArray[np.uint32]) -> None:
        """Media in our process: where its sockets take what is for them, and their names."""
        self._media = landings, names  # to be kept
        self._set({numbers.LANDINGS: landings, numbers.MEDIA_NAMES: names})
        self.numbers[numbers.LANDINGS_N] = len(landings)

    def point(self, tables: Mapping[int, NDArray[Any]], names: NDArray[np.uint8]) -> None:
        """Where the tables are that grow; behind the number of each is that of its length."""
        self._set(tables)
        for number, table in tables.items():
            self.numbers[number + 1] = len(table)
        self.sender.set_destinations(names)
        self.numbers[numbers.ADDRESSES], self.numbers[numbers.NAMES_N] = self.sender.at, len(names)

    def forget_usual(self) -> None:
        """The next wake looks at all sockets: their places are about to change."""
        self.numbers[numbers.USUAL] = self.numbers[numbers.LAST_ALONE] = numbers.NOWHERE

    def send_again(self) -> None:
        """What the system did not take."""
        sender = self.sender
        for file, begin, end in self._unsent[: self.numbers[numbers.UNSENT_N]].tolist():
            sender.send_some(file, self._packets, begin, end)
        self.numbers[numbers.JOINS] = sender.segments

    def written(self) -> Iterator[tuple[int, bytes, int]]:
        """For connections: the place of each, the bytes, how many messages these are."""
        for place, begin, end, count in self._written[: self.numbers[numbers.WRITTEN_N]].tolist():
            yield place, self._leaving[begin:end], count

    def faults(self) -> list[int]:
        """Places of sockets to look at."""
        found: list[int] = self._columns[numbers.FAULTS][: self.numbers[numbers.FAULTS_N]].tolist()
        return found

    def left(self) -> list[tuple[int, int, int]]:
        """Of what the core has to be asked for: its slot, where it begins, its bytes."""
        at, sizes, owners = (
            self._columns[number] for number in (numbers.AT, numbers.SIZES, numbers.OWNERS)
        )
        slots = np.flatnonzero(owners[: self.numbers[numbers.CAME]] == NONE)
        return [*zip(slots.tolist(), at[slots].tolist(), sizes[slots].tolist(), strict=True)]

    def octets(self, at: int, size: int) -> bytes:
        """Of what has come."""
        return self._came[at : at + size]

    def origin(self, slot: int) -> int:
        """The place of the socket that it came by."""
        return int(self._columns[numbers.ORIGINS][slot])

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
    memory.vectors[:, 1] = numbers.LARGEST
    return memory
