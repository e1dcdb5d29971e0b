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
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from turn.addresses import AF_INET, Address
from turn.aio import passing
from turn.aio.desk import Desk
from turn.aio.mmsg import Calls, Unavailable
from turn.aio.passing import SLOTS
from turn.aio.probe import probe
from turn.compiling import Direct, is_compiling
from turn.lanes import Lanes
from turn.passing import DOOR, RELAY, SOCKET, STREAM, Ints
from turn.quota import Meters
from turn.relaying import Lesson

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
        self._desk = Desk(calls, segments=segments)
        self._epoll = select.epoll()
        self._at, self._numbers = self._desk.at, self._desk.numbers
        self._numbers[passing.EPOLL] = self._epoll.fileno()
        self._wake = Direct(passing.wake)
        self._pass_stream = Direct(passing.pass_stream)
        # Nothing is there yet; the loops are loaded, or made, before anybody waits.
        self._drain()
        self.pass_on(0, b"")
        self._loop.add_reader(self._epoll.fileno(), self._drain)

    @property
    def unsent(self) -> int:
        """Packets that the system did not take."""
        return self._desk.sender.unsent

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
        desk = self._desk
        if self._numbers[passing.UNSENT_N]:
            desk.send_again()
        return [data[begin + at : begin + at + size] for _, at, size in desk.left()]

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
            self._desk.send_again()
        if numbers[passing.WRITTEN_N]:
            self._write()
        # Last, since the core may close sockets and let others have their places.
        if numbers[passing.LEFT] or numbers[passing.FAULTS_N]:
            self._ask()

    def _write(self) -> None:
        numbers = self._sockets["number"]
        for place, data, messages in self._desk.written():
            self._host.write(int(numbers[place]), data, messages)

    def _ask(self) -> None:
        desk, numbers = self._desk, self._sockets["number"]
        left = defaultdict[int, list[tuple[bytes, Address]]](list)
        faulty = [int(numbers[place]) for place in desk.faults()]
        for slot, at, size in desk.left():
            data = desk.octets(at, size)
            left[int(numbers[desk.origin(slot)])].append((data, address_of(desk.name(slot))))
        if left:
            self._host.receive_left(left)
        for number in faulty:
            if number in self._places:
                self._host.look(number)

    def _point_anew(self) -> None:
        if self._growths != self.lanes.growths or self._meters.rows is not self._known_meters:
            self._point()

    def _point(self) -> None:
        """Tell the loops where the tables are that grow."""
        self._growths, self._known_meters = self.lanes.growths, self._meters.rows
        self._desk.point(
            {
                passing.ENTRIES: self.lanes.entries,
                passing.LANES: self.lanes.rows,
                passing.METERS: self._meters.rows,
                passing.SOCKETS: self._sockets,
                passing.FILES: self._files,
            },
            self.lanes.names,
        )


def address_of(name: bytes) -> Address:
    """Of a socket address as the kernel has it, in 28 bytes."""
    port = int.from_bytes(name[2:4], "big")
    if int.from_bytes(name[:2], sys.byteorder) == AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, name[8:24])
    scope = int.from_bytes(name[24:28], sys.byteorder)
    return (f"{host}%{scope}" if scope else host), port
