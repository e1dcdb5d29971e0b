"""When a sender of reliable data has to wait for those whom it sends to.

It goes as fast as the fastest of its receivers that reads at all, so that a file to one person
arrives whole however slow that person's network is, and nobody waits for the slowest of many:
whoever falls behind by more than a channel holds loses messages. A receiver that has stopped
reading is not waited for.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sfu.deadlines import Deadlines

HIGH = 1 << 20  # bytes that the fastest receiver's channel has to send: the sender waits
LOW = HIGH // 2  # bytes at which it goes on
LOOK = 0.25  # seconds after which it is looked at in any case
STALL = 2.0  # seconds without an acknowledgement: it does not read


class Reader(NamedTuple):
    name: str  # of the connection
    queued: int  # bytes
    is_reading: bool


def must_wait(readers: Iterable[Reader], limit: int = HIGH) -> bool:
    queued = [reader.queued for reader in readers if reader.is_reading]
    return bool(queued) and min(queued) >= limit


class Backpressure:
    """Which senders wait, and for whom. By the names of connections."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[str]] = {}  # sender -> receivers
        self._awaited: dict[str, set[str]] = {}  # receiver -> senders
        self._looks = Deadlines[str]()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def waits(self, sender: str) -> bool:
        return sender in self._waiting

    def next_timeout(self) -> float | None:
        return self._looks.next()

    def hold(self, sender: str, receivers: list[str], now: float) -> None:
        self.forget(sender)
        self._waiting[sender] = receivers
        for receiver in receivers:
            self._awaited.setdefault(receiver, set()).add(sender)
        self._looks.set(sender, now + LOOK)

    def drained(self, receiver: str, now: float) -> None:
        """Its channel has become emptier than LOW: its senders are due."""
        for sender in self._awaited.get(receiver, ()):
            self._looks.set(sender, now)

    def due(self, now: float) -> list[tuple[str, list[str]]]:
        """Senders to be looked at, with their receivers. Hold each again, or forget it."""
        return [(sender, self._waiting[sender]) for sender in self._looks.due(now)]

    def forget(self, sender: str) -> None:
        """It waits no more, or has gone."""
        self._looks.set(sender, None)
        for receiver in self._waiting.pop(sender, ()):
            senders = self._awaited[receiver]
            senders.discard(sender)
            if not senders:
                del self._awaited[receiver]
