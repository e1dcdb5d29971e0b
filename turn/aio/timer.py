"""A timer of the kernel that an event loop watches like a socket (timerfd_create(2)).

Event loops round their own timers to whole milliseconds; this one is good to some microseconds.
"""

import os

import numpy as np
from numpy.typing import NDArray

from turn.aio.mmsg import Calls, Unavailable


class Timer:
    """Readable once `arm`ed time has passed, until `clear` or the next `arm`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.file = calls.make_timer()
        if self.file < 0:
            raise Unavailable(-self.file, "a timer cannot be made")
        # Each says: again after, after; seconds and nanoseconds of both (struct itimerspec).
        self._armed: NDArray[np.int64] = np.zeros(4, np.int64)
        self._off: NDArray[np.int64] = np.zeros(4, np.int64)
        self._addresses: tuple[int, int] = self._armed.ctypes.data, self._off.ctypes.data
        self._seconds = 0.0

    def arm(self, seconds: float) -> None:
        """Once, so long from now."""
        if seconds != self._seconds:
            self._seconds = seconds
            self._armed[2:] = divmod(max(1, int(seconds * 1e9)), 1_000_000_000)
        self._calls.set_timer(self.file, self._addresses[0])

    def clear(self) -> None:
        """Stop, and be unreadable."""
        self._calls.set_timer(self.file, self._addresses[1])

    def close(self) -> None:
        os.close(self.file)
