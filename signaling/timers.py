"""Deadlines of a core: what to do when, kept in one heap."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

Action = Callable[[float], None]  # called with the time


@dataclass(order=True, slots=True)
class Timer:
    when: float
    number: int
    action: Action | None = field(compare=False)

    def cancel(self) -> None:
        self.action = None


class Timers:
    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._numbers = count()

    def at(self, when: float, action: Action) -> Timer:
        timer = Timer(when, next(self._numbers), action)
        heapq.heappush(self._heap, timer)
        return timer

    def next_timeout(self) -> float | None:
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0].when if self._heap else None

    def handle_timeout(self, now: float) -> None:
        """Run what is due. An action that sets a deadline in the past runs the next time."""
        due: list[Timer] = []
        while self._heap and self._heap[0].when <= now:
            due.append(heapq.heappop(self._heap))
        for timer in due:
            action, timer.action = timer.action, None
            if action is not None:
                action(now)


def cancel(timer: Timer | None) -> None:
    """Also when there is none. Returns nothing, so that `self._timer = cancel(...)` clears it."""
    if timer is not None:
        timer.cancel()
