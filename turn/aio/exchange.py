"""All sockets of the relay, and plain connections, drained together by compiled loops.

The event loop watches one epoll for all of them. Each wake is one call (`passing.py`); what it
leaves is given to the host, and so to the core.
"""

import asyncio
import select
import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from turn.addresses import Address, socket_name
from turn.aio import handing, numbers, passing, streams
from turn.aio.beside import Media
from turn.aio.desk import Desk
from turn.aio.lines import Lines
from turn.aio.mmsg import Calls, Unavailable
from turn.aio.numbers import SLOTS
from turn.aio.places import Places
from turn.aio.probe import probe
from turn.aio.udp import address_of
from turn.beside import ORDER, rows_of
from turn.compiling import Direct, Taker, entry, is_compiling
from turn.lanes import NAME, Lanes, Rows
from turn.passing import DOOR, RELAY, STREAM
from turn.quota import Meters
from turn.relaying import Forget, Lesson
from turn.segments import Packets

# What the two desks count their turns from: one must not take the other's notes for its own.
TURNS = 0, 1 << 62
Left = dict[int, list[tuple[bytes, Address]]]  # by the number of the socket that it came by


class Host(Protocol):
    """Where what has no lane leads to."""

    def receive_left(self, left: Mapping[int, list[tuple[bytes, Address]]]) -> None:
        """By the number of the socket or connection that it came by, whose address is no matter."""

    def look(self, number: int) -> None:
        """There is an error at this socket, or something else that the loops leave."""

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
        self._places = Places()
        self._media: Media | None = None
        self.lanes = Lanes(self._places.of, near)
        self._growths = -1
        # Another for the way back from media in our process: it comes while we give it something.
        self._desk, self._back = (
            Desk(calls, self._rate, segments=segments, turn=turn) for turn in TURNS
        )
        self._epoll = select.epoll()
        self.lines = Lines(self._epoll, self._places)
        self._at, self._numbers = self._desk.at, self._desk.numbers
        self._numbers[numbers.EPOLL] = self._epoll.fileno()
        self._wake = Direct(passing.wake)
        self._pass_stream = Direct(streams.pass_stream)
        self._give = Direct(handing.give)
        self._take = Direct(handing.take)
        self._order = np.zeros(1, ORDER)
        # Nothing is there yet; the loops are loaded, or made, before anybody waits.
        self._drain()
        self.pass_on(0, b"")
        self._loop.add_reader(self._epoll.fileno(), self._drain)

    @property
    def unsent(self) -> int:
        """Packets that the system did not take."""
        return self._desk.sender.unsent + self._back.sender.unsent

    def join(self, media: Media) -> None:
        """What is for it goes there by memory, before anything is taught."""
        self._media = media
        names = [socket_name((host.partition("%")[0], port)) for host, port in media.addresses]
        self.lanes.beside = {name: number + 1 for number, name in enumerate(names)}
        for desk in self._desk, self._back:
            desk.join(rows_of(list(media.landings)), np.frombuffer(b"".join(names), np.uint32))
        # As with the others: the loops are there before anybody waits.
        self._numbers[numbers.CAME] = 0
        self._give_beside(self._numbers[numbers.OCTETS], numbers.SLOTS * numbers.SLOT)
        nobody = np.zeros((1, 4 * NAME), np.uint8)
        self.send_beside(0, Packets.room(1), 0, nobody.ctypes.data, 1)

    @property
    def taker(self) -> Taker:
        """What takes an ORDER of media's loops. If it leaves something, `go_on` with that order."""
        return Taker(entry(handing.take_entry), self._back.at.ctypes.data)

    def send_beside(
        self, number: int, packets: Packets, count: int, addresses: int, rows: int
    ) -> None:
        """So many packets of media's socket for relayed addresses: those of their owners, of which
        there are so many rows at that place.
        """
        if self._media is None or number >= len(self._media.addresses):
            return
        pointers, lengths, owners = (column.ctypes.data for column in packets)
        order = self._order
        order[0] = number, count, pointers, lengths, owners, addresses, rows, 0
        self._carry_out(order)

    def go_on(self, order: Rows) -> None:
        """What was taken of it has left something for us; the rest is to be taken."""
        self._tell(self._back)
        self._carry_out(order)

    def _carry_out(self, order: Rows) -> None:
        desk, count, reached = self._back, int(order["count"][0]), int(order["reached"][0])
        while True:
            self._point_anew()
            reached = self._take.call(desk.at, order, reached)
            if desk.numbers[numbers.TOLD]:
                self._tell(desk)
            if reached >= count:
                return

    def add_door(self, number: int, sock: socket.socket) -> None:
        """`number` as the core knows it."""
        file = sock.fileno()
        self._places.add(number, DOOR, file)
        self._epoll.register(file, select.EPOLLIN)

    def add_relay(self, number: int, sock: socket.socket) -> None:
        file = sock.fileno()
        self._places.add(number, RELAY, file, sock.getsockname()[:2])
        self._epoll.register(file, select.EPOLLIN)

    def add_stream(self, number: int) -> None:
        """A connection that Python reads and writes; for others there are `lines`."""
        self._places.add(number, STREAM)

    def remove(self, number: int) -> None:
        """Before its socket is closed."""
        self.lines.close(number)
        self._desk.forget_usual()
        kind, file = self._places.remove(number)
        if kind != STREAM:
            self._epoll.unregister(file)
        if kind == RELAY:
            self.lanes.forget(number)
        self._point_anew()

    def teach(self, lessons: Iterable[Lesson | Forget], now: float) -> None:
        for lesson in lessons:
            if isinstance(lesson, Forget):
                self.lanes.forget(lesson.relay)
            elif lesson.door in self._places.of and lesson.relay in self._places.of:
                self.lanes.teach(lesson, now)
        self._point_anew()  # media's loops may come next

    def pass_on(self, number: int, data: bytes) -> tuple[list[bytes], int]:
        """ChannelData that a client has sent by its connection: the bytes that it takes, and what
        of it the core has to be asked for.
        """
        told, octets, end = self._numbers, np.frombuffer(data, np.uint8), 0
        left: list[bytes] = []
        self._point_anew()
        now = self._loop.time()
        while True:
            begin = end
            end = self._pass_stream.call(self._at, octets, begin, number, now, self._rate)
            if told[numbers.TOLD]:
                left += self._left_of(octets, data, begin)
            if told[numbers.CAME] < SLOTS:
                return left, end

    def _left_of(self, octets: NDArray[np.uint8], data: bytes, begin: int) -> list[bytes]:
        desk, told = self._desk, self._numbers
        if told[numbers.UNSENT_N]:
            desk.send_again()
        left = [data[begin + at : begin + at + size] for _, at, size in desk.left()]
        if told[numbers.BESIDE_N]:
            self._give_beside(octets.ctypes.data + begin, len(data) - begin)
        return left

    def _give_beside(self, octets: int, size: int) -> None:
        """To media what is for it, of what has come there."""
        if self._media is None:
            return
        for number in range(len(self._media.landings)):
            count = self._give.call(self._at, number, octets, size)
            if count:
                self._media.take(number, count)

    def close(self) -> None:
        """Media's loops may still know `taker`: from now on nobody is there for them."""
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
        self._places.relays.fill(0)

    def _drain(self) -> None:
        self._point_anew()
        if self._wake.call(self._at):
            self._tell(self._desk)

    def _tell(self, desk: Desk) -> None:
        """What the loops have not done."""
        told = desk.numbers
        if told[numbers.UNSENT_N]:
            desk.send_again()
        if told[numbers.WRITTEN_N]:
            self._write(desk)
        left = self._left(desk) if told[numbers.LEFT] else {}
        faulty: list[int] = []
        if told[numbers.FAULTS_N]:
            faulty = [self._places.number(place) for place in desk.faults()]
        if told[numbers.GIVEN] and self._media is not None:
            self._media.go_on(told[numbers.GIVEN] - 1, told[numbers.GIVEN_N])
        if told[numbers.BESIDE_N]:
            self._give_beside(told[numbers.OCTETS], numbers.SLOTS * numbers.SLOT)
        # Last, since the core may close sockets and let others have their places.
        if left:
            self._host.receive_left(left)
        for number in faulty:
            if number in self._places.of:
                self._host.look(number)

    def _write(self, desk: Desk) -> None:
        for place, data, messages in desk.written():
            self._host.write(self._places.number(place), data, messages)

    def _left(self, desk: Desk) -> Left:
        left = defaultdict[int, list[tuple[bytes, Address]]](list)
        for slot, at, size in desk.left():
            number = self._places.number(desk.origin(slot))
            left[number].append((desk.octets(at, size), address_of(desk.name(slot))))
        return left

    def _point_anew(self) -> None:
        growths = self.lanes.growths + self._places.growths
        if self._growths != growths or self._meters.rows is not self._known_meters:
            self._growths = growths
            self._point()

    def _point(self) -> None:
        """Tell the loops where the tables are that grow."""
        self._known_meters, places = self._meters.rows, self._places
        for desk in self._desk, self._back:
            desk.point(
                {
                    numbers.ENTRIES: self.lanes.entries,
                    numbers.LANES: self.lanes.rows,
                    numbers.METERS: self._meters.rows,
                    numbers.SOCKETS: places.rows,
                    numbers.FILES: places.files,
                    numbers.SOURCES: places.sources,
                },
                self.lanes.names,
            )
            desk.numbers[numbers.RELAYS] = places.relays.ctypes.data
