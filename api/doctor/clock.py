"""Is the system's clock kept right? Tokens and passwords end by it."""

import ctypes
import sys
from collections.abc import Callable

from api.doctor.findings import Findings, good, note

ERROR = 5  # TIME_ERROR of adjtimex(2): the clock is not synchronised
TIMEX = 512  # bytes, more than struct timex has; all zero means "only tell"


def kernel_state() -> int | None:
    """What the kernel says of its clock; None where it cannot be asked."""
    if sys.platform != "linux":
        return None
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX))
    return None if state < 0 else state


def check_clock(state: Callable[[], int | None] = kernel_state) -> Findings:
    found = state()
    if found == ERROR:
        yield note(
            "nothing keeps this machine's clock right: start a time service such as chrony or "
            "systemd-timesyncd, since tokens and passwords end by the clock"
        )
    elif found is not None:
        yield good("the clock is kept right")
