"""Simulated time and a lossy line between clients and a server. Nothing here waits."""

import heapq
from collections.abc import Callable, Sequence
from typing import Protocol

from sfu.path import Path, Transmit

Loss = Callable[[int, bytes], bool]  # (number of the datagram in its direction, bytes) -> lost?


class Server(Protocol):
    def receive_datagram(self, data: bytes, path: Path, now: float) -> None: ...
    def take_transmits(self) -> Sequence[Transmit]: ...
    def next_timeout(self) -> float | None: ...
    def handle_timeout(self, now: float) -> None: ...


class Station(Protocol):
    """A client: what it sends carries the path that the server sees it come from."""

    path: Path

    def receive_datagram(self, data: bytes, now: float) -> None: ...
    def take_transmits(self) -> Sequence[bytes]: ...
    def next_timeout(self) -> float | None: ...
    def handle_timeout(self, now: float) -> None: ...


def nothing(_: int, __: bytes) -> bool:
    return False


def numbers(*lost: int) -> Loss:
    """Loses the datagrams with these numbers."""
    return lambda number, _: number in lost


class Wire:
    """Carries datagrams with a delay; loses what `up` (to the server) and `down` say."""

    def __init__(
        self,
        server: Server,
        *stations: Station,
        delay: float = 0.01,
        up: Loss = nothing,
        down: Loss = nothing,
    ) -> None:
        self.now = 0.0
        self.delay = delay
        self.up = up
        self.down = down
        self.sent: list[Transmit] = []  # by the server, lost or not
        self._server = server
        self._stations = list(stations)
        self._counts = [0, 0]
        self._order = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        self.run_until(lambda: False, seconds)
        self.now = end

    def run_until(self, is_done: Callable[[], bool], seconds: float = 10.0) -> bool:
        """True as soon as it is done; False when the time was not enough."""
        end = self.now + seconds
        self._collect()
        while not is_done():
            at = self._next()
            if at is None or at > end:
                return False
            self.now = max(self.now, at)
            self._step()
        return True

    def _next(self) -> float | None:
        parts = [self._server.next_timeout(), *(s.next_timeout() for s in self._stations)]
        if self._events:
            parts.append(self._events[0][0])
        return min((at for at in parts if at is not None), default=None)

    def _step(self) -> None:
        if self._events and self._events[0][0] <= self.now:
            heapq.heappop(self._events)[2]()
        else:
            parts: list[Server | Station] = [self._server, *self._stations]
            for part in parts:
                at = part.next_timeout()
                if at is not None and at <= self.now:
                    part.handle_timeout(self.now)
        self._collect()

    def _collect(self) -> None:
        for station in self._stations:
            for data in station.take_transmits():
                self._carry_up(data, station.path)
        for transmit in self._server.take_transmits():
            self.sent.append(transmit)
            self._carry_down(transmit)

    def _carry_up(self, data: bytes, path: Path) -> None:
        number, self._counts[0] = self._counts[0], self._counts[0] + 1
        if not self.up(number, data):
            self._later(lambda: self._server.receive_datagram(data, path, self.now))

    def _carry_down(self, transmit: Transmit) -> None:
        number, self._counts[1] = self._counts[1], self._counts[1] + 1
        if self.down(number, transmit.data):
            return
        for station in self._stations:
            if station.path == transmit.to:
                self._deliver_down(station, transmit.data)

    def _deliver_down(self, station: Station, data: bytes) -> None:
        self._later(lambda: station.receive_datagram(data, self.now))

    def _later(self, deliver: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (self.now + self.delay, self._order, deliver))
