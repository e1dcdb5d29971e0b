"""How long work that can wait may keep the loop from its sockets."""

import time
from collections.abc import Callable

SLOW = 0.001  # seconds; one step of a handshake more may end it later


class Slice:
    """Begins with the first question in a turn of the loop; `end` it with the turn."""

    def __init__(
        self, seconds: float = SLOW, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end: float | None = None

    def has_time(self) -> bool:
        now = self._clock()
        if self._end is None:
            self._end = now + self._seconds
        return now < self._end

    def end(self) -> None:
        self._end = None
