"""The core at work: after each turn send what it says, teach what may be taught, arm one timer."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

from turn.addresses import Address
from turn.aio.icmp import Report
from turn.aio.ways import Ways
from turn.notes import Note
from turn.relaying import Forget, Lesson
from turn.server import Server

CLOCK = 60.0  # seconds between two looks at the wall clock

Datagrams = Iterable[tuple[bytes, Address]]


class Turns:
    """`far`: what clients are told of addresses of ours, by the local address.

    Whoever `take`s ends the turn by `flush`; all others do it themselves. `teach` and `on_notes`
    are set by whom it concerns.
    """

    def __init__(self, server: Server, ways: Ways, far: Mapping[str, str]) -> None:
        self.teach: Callable[[Iterable[Lesson | Forget], float], None] | None = None
        self.on_notes: Callable[[list[Note]], None] | None = None
        self._server = server
        self._ways = ways
        self._far = far
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None  # when the timer rings
        self._is_closed = False
        self._set_clock()

    def receive(self, number: int, client: Address, messages: Iterable[bytes]) -> None:
        now = self._loop.time()
        for message in messages:
            self._server.receive(number, client, message, now)
        self.flush()

    def receive_icmp(self, number: int, reports: Iterable[Report]) -> None:
        now = self._loop.time()
        for (host, port), kind, code, info in reports:
            peer = self._far.get(host, host), port
            self._server.receive_icmp(number, peer, kind, code, info, now)
        self.flush()

    def close_door(self, number: int) -> None:
        self._server.close_door(number, self._loop.time())
        self.flush()

    def take(self, number: int, datagrams: Datagrams) -> None:
        """What clients have sent."""
        now, receive = self._loop.time(), self._server.receive
        for data, client in datagrams:
            receive(number, client, data, now)

    def take_from_peers(self, number: int, datagrams: Datagrams) -> None:
        now, receive, far = self._loop.time(), self._server.receive_from_peer, self._far
        for data, peer in datagrams:
            if far:
                peer = far.get(peer[0], peer[0]), peer[1]
            receive(number, peer, data, now)

    def flush(self) -> None:
        self._ways.send(self._server.take_transmits())
        if self.teach is not None:
            self.teach(self._server.take_lessons(), self._loop.time())
        if self.on_notes is not None and (notes := self._server.notes.take()):
            self.on_notes(notes)
        due = self._server.next_timeout()
        if due is not None and (self._due is None or due < self._due):
            self._arm(due)

    def close(self) -> None:
        self._is_closed = True
        self._clock.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self, due: float) -> None:
        """To wake too early once does no harm: an end that has moved is looked at again."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._is_closed:
            self._due, self._timer = due, self._loop.call_at(due, self._expire)

    def _expire(self) -> None:
        self._due = self._timer = None
        self._server.handle_timeout(self._loop.time())
        self.flush()

    def _set_clock(self) -> None:
        """Passwords end by the wall clock, which people and servers put right."""
        self._server.wall = time.time() - self._loop.time()
        self._clock = self._loop.call_later(CLOCK, self._set_clock)
