"""Packets that servers ask for again, a few at a time.

A server that has lost much asks for all of it, many times. Who answered at once would send nothing
else meanwhile, not even the proofs that it is still there, and lose the rest.
"""

from collections import deque
from collections.abc import Iterable
from typing import Protocol

from api.loadtest.control import Wanted

AT_ONCE = 16  # in one tick
MOST = 512  # that wait; of more, the oldest would come too late anyway


class Sender(Protocol):
    def repeat(self, wanted: Wanted, now: float) -> None:
        """Send it again, if it is still there."""


class Repeats:
    def __init__(self) -> None:
        self._waiting: deque[tuple[Sender, Wanted]] = deque(maxlen=MOST)

    def add(self, sender: Sender, wanted: Iterable[Wanted]) -> None:
        self._waiting.extend((sender, each) for each in wanted)

    def send(self, now: float) -> None:
        """In the order in which they were asked for; to be called in each tick."""
        for _ in range(min(AT_ONCE, len(self._waiting))):
            sender, wanted = self._waiting.popleft()
            sender.repeat(wanted, now)
