"""The next deadline of many objects, each of which moves its own often."""

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """A heap with lazy removal: moving a deadline later costs nothing until the old one is due."""

    def __init__(self) -> None:
        self._at: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = 0  # breaks ties, so that keys are never compared
        self._next: float | None = None  # good unless it was moved
        self._is_moved = False

    def set(self, key: K, at: float | None) -> None:
        """Come back for `key` at `at` instead of whatever was set before; None: not at all."""
        if at is None:
            self._is_moved |= self._at.pop(key, None) == self._next
            return
        known = self._at.get(key)
        self._at[key] = at
        if known is None or at < known:
            self._push(key, at)
            self._is_moved = True
        elif known == self._next:
            self._is_moved = True

    def next(self) -> float | None:
        """When `due` has something, seconds; None: never."""
        if self._is_moved:
            self._is_moved = False
            self._next = self._look()
        return self._next

    def due(self, now: float) -> list[K]:
        """The keys whose deadline has come, earliest first. Each must be `set` again."""
        keys = []
        while (key := self.take(now)) is not None:
            keys.append(key)
        return keys

    def take(self, now: float) -> K | None:
        """The first of them; None: there is none."""
        at = self.next()
        if at is None or at > now:
            return None
        _, _, key = heapq.heappop(self._heap)
        del self._at[key]
        self._is_moved = True
        return key

    def _look(self) -> float | None:
        while self._heap:
            at, _, key = self._heap[0]
            wanted = self._at.get(key)
            if wanted == at:
                return at
            heapq.heappop(self._heap)
            if wanted is not None and wanted > at:
                self._push(key, wanted)
        return None

    def _push(self, key: K, at: float) -> None:
        self._order += 1
        heapq.heappush(self._heap, (at, self._order, key))
