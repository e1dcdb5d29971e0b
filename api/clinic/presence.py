"""Who is in a call now, or was lately: by the media server's own events."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

REMEMBERED = 10_000  # people whose last call is known


def identity_of(kind: str, id: object) -> str:
    """How somebody of a clinic is called in a room."""
    return f"{kind}-{id}"


class Presence:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._calls: Counter[str] = Counter()
        self._left: dict[str, datetime] = {}

    def join(self, identity: str) -> None:
        self._calls[identity] += 1

    def leave(self, identity: str) -> None:
        self._calls[identity] -= 1
        if self._calls[identity] <= 0:
            del self._calls[identity]
        self._left.pop(identity, None)
        self._left[identity] = self._clock()
        if len(self._left) > REMEMBERED:
            del self._left[next(iter(self._left))]

    def last(self, identity: str) -> datetime | None:
        """When somebody was last in a call: now, while it goes on."""
        return self._clock() if identity in self._calls else self._left.get(identity)

    def is_there(self, identity: str) -> bool:
        return identity in self._calls
