"""All peer connections with their sockets: who joins, who has media, and whose timers are due."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from socket import socket

import numpy as np
from numpy.typing import NDArray

from api.loadtest.control import Control, Wanted
from api.loadtest.inbox import Place
from api.loadtest.link import Link


@dataclass(slots=True)
class End:
    """One connection with its socket."""

    link: Link
    socket: socket
    control: Control
    on_ready: Callable[[], None]
    is_ready: bool = False

    def send(self, data: bytes) -> None:
        with suppress(OSError):  # full, or the server is gone: lost, as on a wire
            self.socket.send(data)

    def send_control(self, packet: bytes) -> None:
        assert self.link.protection is not None
        sealed = self.link.protection.protect_rtcp(packet)
        if sealed is not None:
            self.send(sealed)

    def repeat(self, wanted: Wanted, now: float) -> None:
        packet = self.control.repeat(wanted, now)
        if packet is not None and self.link.protection is not None:
            sealed = self.link.protection.protect(packet)
            if sealed is not None:
                self.send(sealed)

    def flush(self) -> None:
        for data in self.link.take_datagrams():
            self.send(data)


class Ends:
    """Numbered as they come; `on_keys` is called with each that has got keys."""

    def __init__(self, capacity: int, on_keys: Callable[[int, End], None]) -> None:
        self.all: list[End] = []
        self.joining: list[Place] = []
        self.ready: list[Place] = []
        self.has_keys: NDArray[np.bool_] = np.zeros(capacity, np.bool_)  # by number
        self._on_keys = on_keys
        self._deadlines: NDArray[np.float64] = np.full(capacity, inf)

    def __len__(self) -> int:
        return len(self.all)

    def add(self, end: End) -> None:
        number = len(self.all)
        self.all.append(end)
        self.joining.append((number, end.socket.fileno()))
        self._follow(number, end)

    def receive(self, number: int, data: bytes, now: float) -> None:
        """Anything but RTP and RTCP."""
        end = self.all[number]
        end.link.receive(data, end.socket.getsockname()[:2], now)
        self._follow(number, end)

    def handle_timers(self, now: float) -> None:
        for number in np.flatnonzero(self._deadlines[: len(self.all)] <= now).tolist():
            end = self.all[number]
            end.link.handle_timeout(now)
            self._follow(number, end)

    def of(self, numbers: Iterable[int]) -> Iterator[End]:
        """Those of them that are ready."""
        return (self.all[number] for number in numbers if self.all[number].is_ready)

    def close(self) -> None:
        for end in self.all:
            end.link.close()
            end.flush()
            end.socket.close()

    def _follow(self, number: int, end: End) -> None:
        end.flush()
        self._deadlines[number] = end.link.next_timeout()
        if end.is_ready or end.link.protection is None:
            return
        end.is_ready = self.has_keys[number] = True
        place = (number, end.socket.fileno())
        self.joining.remove(place)
        self.ready.append(place)
        self._on_keys(number, end)
        end.on_ready()
