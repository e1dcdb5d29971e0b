"""The relay's sockets and connections, by the numbers that its core knows."""

from collections.abc import Iterable
from itertools import count

from turn.aio.tcp import Way
from turn.relaying import Transmit


class Ways:
    def __init__(self) -> None:
        self._numbers = count(1)
        self._ways: dict[int, Way] = {}
        self._unsent = 0  # of those that are closed

    @property
    def unsent(self) -> int:
        """Packets that the system or a slow connection did not take."""
        return self._unsent + sum(way.unsent for way in self._ways.values())

    def number(self) -> int:
        """For the next one."""
        return next(self._numbers)

    def add(self, number: int, way: Way) -> None:
        self._ways[number] = way

    def get(self, number: int) -> Way | None:
        return self._ways.get(number)

    def remove(self, number: int) -> Way | None:
        """Before it is closed."""
        way = self._ways.pop(number, None)
        if way is not None:
            self._unsent += way.unsent
        return way

    def send(self, transmits: Iterable[Transmit]) -> None:
        """What is for one that has gone is lost."""
        ways = self._ways
        for via, to, data, is_whole in transmits:
            way = ways.get(via)
            if way is not None:
                way.send(to, data, is_whole)

    def close(self) -> None:
        ways, self._ways = self._ways, {}
        for way in ways.values():
            way.close()
