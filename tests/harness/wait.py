"""Wait for something outside this process, with an end to the patience."""

import time
from collections.abc import Callable
from typing import TypeVar

PACE = 0.02  # seconds between two looks

T = TypeVar("T")


def until(look: Callable[[], T | None], what: str, timeout: float = 10.0) -> T:
    """Look again and again until there is something true to return.

    Raises `AssertionError` naming `what` after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {timeout:g} s"
        time.sleep(PACE)
