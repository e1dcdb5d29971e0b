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
        self._value: NDArray[np.int64] = np.zeros(4, np.int64)  # again after, after: s and ns each
        self._address: int = self._value.ctypes.data

    def arm(self, seconds: float) -> None:
        """Once, so long from now."""
        whole = int(seconds)
        self._value[2] = whole
        self._value[3] = max(1, int((seconds - whole) * 1e9))
        self._calls.set_timer(self.file, self._address)

    def clear(self) -> None:
        """Stop, and be unreadable."""
        self._value[2:] = 0
        self._calls.set_timer(self.file, self._address)

    def close(self) -> None:
        os.close(self.file)
