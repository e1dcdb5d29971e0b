"""All UDP sockets of the relay, drained together by compiled loops.

The event loop watches one epoll for all of them. Each wake is one call (`passing.py`); what it
leaves is given to the host, and so to the core.
"""

import asyncio
import select
import socket
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from turn.addresses import AF_INET, Address
from turn.aio import passing
from turn.aio.mmsg import Calls, Memory, Unavailable
from turn.aio.passing import SLOT, SLOTS
from turn.aio.probe import probe
from turn.aio.sender import Sender
from turn.compiling import Direct, is_compiling
from turn.lanes import KEY, NAME, Lanes
from turn.passing import DOOR, RELAY, SOCKET, STREAM, Ints
from turn.quota import Meters
from turn.relaying import Lesson
from turn.segments import Packets

PLACES = 64  # sockets and connections, at first


class Host(Protocol):
    """Where what has no lane leads to."""

    def receive_left(self, left: Mapping[int, list[tuple[bytes, Address]]]) -> None:
        """By the number of the socket that it came by."""

    def look(self, number: int) -> None:
        """There is an error at this socket."""

    def write(self, number: int, data: bytes, count: int) -> None:
        """Messages for the connection of this number."""


@cache
def available() -> tuple[Calls, bool] | None:
    """The system's calls, and whether messages may have segments. None: not here."""
    if not is_compiling():
        return None
    try:
        return probe()
    except Unavailable:
        return None


class Exchange:
    """`rate`: bytes per second that a user may relay."""

    def __init__(
        self,
        host: Host,
        calls: Calls,
        meters: Meters,
        rate: float,
        near: Mapping[str, str],
        *,
        segments: bool,
    ) -> None:
        self._host = host
        self._meters = meters
        self._rate = float(rate)
        self._loop = asyncio.get_running_loop()
        self._places: dict[int, int] = {}
        self._free = list(range(PLACES))
        self._sockets: NDArray[np.void] = np.zeros(PLACES, SOCKET)
        self._files: Ints = np.zeros(PLACES, np.int64)  # place of the socket of each file
        self.lanes = Lanes(self._places, near)
        self._growths = -1
        self._memory = Memory(SLOTS, SLOTS, 4 * NAME, 0)
        self._sender = Sender(SLOTS, calls, segments=segments)
        self._octets: NDArray[np.uint8] = np.empty(SLOTS * SLOT, np.uint8)
        self._bytes = self._octets.data
        self._stream_octets: NDArray[np.uint8] = np.empty(SLOTS * SLOT, np.uint8)
        self._stream_bytes = self._stream_octets.data
        self._packets = Packets.room(SLOTS)
        self._columns: dict[int, Ints] = {
            number: np.zeros(SLOTS, np.int64)
            for number in (
                passing.ORIGINS, passing.AT, passing.SIZES, passing.OWNERS, passing.CHAIN,
                passing.TARGETS, passing.FAULTS,
            )
        }  # fmt: skip
        self._unsent: Ints = np.zeros((SLOTS, passing.UNSENT_FIELDS), np.int64)
        self._written: Ints = np.zeros((SLOTS, passing.WRITTEN_FIELDS), np.int64)
        self._key: NDArray[np.uint32] = np.zeros(KEY, np.uint32)
        self._events: NDArray[np.uint32] = np.zeros((passing.READY, passing.EVENT_WORDS), np.uint32)
        self._epoll = select.epoll()
        self._at: Ints = np.zeros(passing.NUMBERS, np.int64)
        self._numbers: memoryview[int] = self._at.data
        self._wake = Direct(passing.wake)
        self._pass_stream = Direct(passing.pass_stream)
        self._set_once(calls)
        self._point()
        # Nothing is there yet; the loops are loaded, or made, before anybody waits.
        self._drain()
        self.pass_on(0, b"")
        self._loop.add_reader(self._epoll.fileno(), self._drain)

    @property
    def unsent(self) -> int:
        """Packets that the system did not take."""
        return self._sender.unsent

    def add_door(self, number: int, sock: socket.socket) -> None:
        """`number` as the core knows it."""
        self._add(number, DOOR, sock)

    def add_relay(self, number: int, sock: socket.socket) -> None:
        self._add(number, RELAY, sock)

    def _add(self, number: int, kind: int, sock: socket.socket) -> None:
        file = sock.fileno()
        place = self._place(number, kind, file)
        if file >= len(self._files):
            more = np.zeros(max(file + 1, 2 * len(self._files)) - len(self._files), np.int64)
            self._files = np.concatenate([self._files, more])
            self._growths = -1
        self._files[file] = place
        self._epoll.register(file, select.EPOLLIN)

    def add_stream(self, number: int) -> None:
        self._place(number, STREAM, -1)

    def remove(self, number: int) -> None:
        """Before its socket is closed."""
        place = self._places.pop(number)
        kind, file = self._sockets[place]["kind"], int(self._sockets[place]["file"])
        self._sockets[place] = 0
        self._free.append(place)
        if kind != STREAM:
            self._epoll.unregister(file)
        if kind == RELAY:
            self.lanes.forget(number)

    def teach(self, lessons: Iterable[Lesson], now: float) -> None:
        for lesson in lessons:
            if lesson.door in self._places and lesson.relay in self._places:
                self.lanes.teach(lesson, now)

    def pass_on(self, number: int, data: bytes) -> tuple[list[bytes], int]:
        """ChannelData that a client has sent by its connection: the bytes that it takes, and what
        of it the core has to be asked for.
        """
        numbers, octets, end = self._numbers, np.frombuffer(data, np.uint8), 0
        left: list[bytes] = []
        self._point_anew()
        now = self._loop.time()
        while True:
            begin = end
            end = self._pass_stream.call(self._at, octets, begin, number, now, self._rate)
            if numbers[passing.TOLD]:
                left += self._left_of(data, begin)
            if numbers[passing.CAME] < SLOTS:
                return left, end

    def _left_of(self, data: bytes, begin: int) -> list[bytes]:
        numbers = self._numbers
        if numbers[passing.UNSENT_N]:
            self._send_again(numbers[passing.UNSENT_N])
        return [
            data[begin + at : begin + at + size]
            for _, at, size in self._left(numbers[passing.CAME])
        ]

    def close(self) -> None:
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def _place(self, number: int, kind: int, file: int) -> int:
        if not self._free:
            size = len(self._sockets)
            self._sockets = np.concatenate([self._sockets, np.zeros_like(self._sockets)])
            self._free = list(range(size, 2 * size))
            self._growths = -1
        place = self._places[number] = self._free.pop()
        self._sockets[place] = kind, file, number, 0, 0, 0
        return place

    def _drain(self) -> None:
        numbers = self._numbers
        self._point_anew()
        self._wake.call(self._at, self._loop.time(), self._rate)
        if not numbers[passing.TOLD]:
            return
        if numbers[passing.UNSENT_N]:
            self._send_again(numbers[passing.UNSENT_N])
        if numbers[passing.WRITTEN_N]:
            self._write(numbers[passing.WRITTEN_N])
        # Last, since the core may close sockets and let others have their places.
        if numbers[passing.LEFT] or numbers[passing.FAULTS_N]:
            self._ask(numbers[passing.CAME], numbers[passing.FAULTS_N])

    def _left(self, came: int) -> list[tuple[int, int, int]]:
        """Of what the core has to be asked for: its place, where it begins, its bytes."""
        at, sizes = self._columns[passing.AT], self._columns[passing.SIZES]
        places = np.flatnonzero(self._columns[passing.OWNERS][:came] < 0)
        return [*zip(places.tolist(), at[places].tolist(), sizes[places].tolist(), strict=True)]

    def _send_again(self, count: int) -> None:
        sender = self._sender
        for file, begin, end in self._unsent[:count].tolist():
            sender.send_some(file, self._packets, begin, end)
        if sender.segments != bool(self._numbers[passing.JOINS]):
            self._numbers[passing.JOINS] = sender.segments

    def _write(self, count: int) -> None:
        for place, begin, end, packets in self._written[:count].tolist():
            number = int(self._sockets[place]["number"])
            self._host.write(number, bytes(self._stream_bytes[begin:end]), packets)

    def _ask(self, came: int, faults: int) -> None:
        sockets, left = self._sockets["number"], defaultdict[int, list[tuple[bytes, Address]]](list)
        columns = self._columns
        faulty = [int(sockets[place]) for place in columns[passing.FAULTS][:faults].tolist()]
        for place, at, size in self._left(came):
            number = int(sockets[columns[passing.ORIGINS][place]])
            name = self._memory.names[place].tobytes()
            left[number].append((bytes(self._bytes[at : at + size]), address_of(name)))
        if left:
            self._host.receive_left(left)
        for number in faulty:
            if number in self._places:
                self._host.look(number)

    def _set_once(self, calls: Calls) -> None:
        numbers, sent = self._numbers, self._sender.memory
        self._memory.messages[:, 2] = self._memory.vectors_address + 16 * np.arange(
            SLOTS, dtype=np.uint64
        )
        self._memory.messages[:, 3] = 1
        self._memory.messages[:, 1] = 4 * NAME
        where = self._octets.ctypes.data + passing.HEAD
        self._memory.vectors[:, 0] = where + SLOT * np.arange(SLOTS, dtype=np.uint64)
        self._memory.vectors[:, 1] = passing.LARGEST
        numbers[passing.EPOLL] = self._epoll.fileno()
        numbers[passing.WAIT], numbers[passing.RECEIVE] = calls.wait_at, calls.receive_at
        numbers[passing.SEND], numbers[passing.JOINS] = calls.send_at, self._sender.segments
        fixed: dict[int, NDArray[Any]] = {
            **self._columns,
            passing.EVENTS: self._events,
            passing.RECEIVE_MESSAGES: self._memory.messages,
            passing.RECEIVE_NAMES: self._memory.names,
            passing.OCTETS: self._octets,
            passing.SEND_VECTORS: sent.vectors,
            passing.SEND_MESSAGES: sent.messages,
            passing.SEND_CONTROL: sent.control,
            passing.STARTS: self._sender.starts,
            passing.KEYS: self._key,
            passing.POINTERS: self._packets.pointers,
            passing.LENGTHS: self._packets.lengths,
            passing.PACKET_OWNERS: self._packets.owners,
            passing.UNSENT: self._unsent,
            passing.WRITTEN: self._written,
            passing.STREAM_OCTETS: self._stream_octets,
        }
        for number, array in fixed.items():
            assert array.flags.c_contiguous
            numbers[number] = array.ctypes.data

    def _point_anew(self) -> None:
        if self._growths != self.lanes.growths or self._meters.rows is not self._known_meters:
            self._point()

    def _point(self) -> None:
        """Tell the loops where the tables are that grow."""
        self._growths, self._known_meters = self.lanes.growths, self._meters.rows
        grown: dict[int, NDArray[Any]] = {
            passing.ENTRIES: self.lanes.entries,
            passing.LANES: self.lanes.rows,
            passing.METERS: self._meters.rows,
            passing.SOCKETS: self._sockets,
            passing.FILES: self._files,
        }
        for number, array in grown.items():
            assert array.flags.c_contiguous
            self._numbers[number], self._numbers[number + 1] = array.ctypes.data, len(array)
        names = self.lanes.names
        self._sender.set_destinations(names)
        self._numbers[passing.ADDRESSES], self._numbers[passing.NAMES_N] = (
            names.ctypes.data,
            len(names),
        )


def address_of(name: bytes) -> Address:
    """Of a socket address as the kernel has it, in 28 bytes."""
    port = int.from_bytes(name[2:4], "big")
    if int.from_bytes(name[:2], sys.byteorder) == AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, name[8:24])
    scope = int.from_bytes(name[24:28], sys.byteorder)
    return (f"{host}%{scope}" if scope else host), port
