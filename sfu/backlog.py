"""Datagrams that are not media, waiting for their turn: STUN, DTLS, what strangers send.

A handshake's step takes up to a millisecond, a packet's forwarding some microseconds. When many
join at once, their handshakes are worked off in slices with media in between.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sfu.path import Path

MOST = 4096  # datagrams; beyond that new ones are lost, as in a full socket buffer


class Waiting(NamedTuple):
    data: bytes
    path: Path
    since: float


class Backlog:
    """`has_time`: whether this slice has room for one more."""

    def __init__(self, has_time: Callable[[], bool]) -> None:
        self._has_time = has_time
        self._waiting: deque[Waiting] = deque()

    def __bool__(self) -> bool:
        """Does anything wait?"""
        return bool(self._waiting)

    def add(self, data: bytes, path: Path, now: float) -> bool:
        """False: there is no room."""
        if len(self._waiting) >= MOST:
            return False
        self._waiting.append(Waiting(data, path, now))
        return True

    def take(self) -> Iterator[tuple[bytes, Path]]:
        """The oldest, as long as there is time."""
        while self._waiting and self._has_time():
            data, path, _ = self._waiting.popleft()
            yield data, path

    def forget(self, path: Path) -> None:
        """Nobody can be answered there any more."""
        self._waiting = deque(one for one in self._waiting if one.path != path)

    def next_timeout(self) -> float | None:
        """What waits is due at once."""
        return self._waiting[0].since if self._waiting else None
