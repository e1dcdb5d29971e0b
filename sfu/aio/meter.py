"""What the media costs its process: time at work, pauses of the garbage collector, memory."""

import gc
import os
import resource
import socket
import struct
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ParamSpec, TypeVar

from sfu.stats import PAUSES, NodeStats

SO_MEMINFO = 55  # linux/socket.h; the module `socket` has no name for it
MEMINFO = struct.Struct("=9I")  # linux/sock_diag.h, SK_MEMINFO_*: the last one counts drops
STATM = Path("/proc/self/statm")

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Meter:
    """One for each engine. From `start` to `close` the garbage collector reports to it."""

    def __init__(self) -> None:
        self.busy = 0.0  # seconds
        self.pauses = [0] * (len(PAUSES) + 1)
        self.paused = 0.0  # seconds
        self.slow = [0] * (len(PAUSES) + 1)
        self.slow_seconds = 0.0
        self._is_busy = False
        self._collecting = 0.0

    def start(self) -> None:
        gc.callbacks.append(self._collected)

    def close(self) -> None:
        gc.callbacks.remove(self._collected)

    def timed(self, work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """The same, its time counted; what is called from within counts once."""

        def timed(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            if self._is_busy:
                return work(*args, **kwargs)
            self._is_busy = True
            started = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                self.busy += time.perf_counter() - started
                self._is_busy = False

        return timed

    def note_slow(self, seconds: float) -> None:
        """Of processor time, that work other than media took between two drains."""
        self.slow[bisect_left(PAUSES, seconds)] += 1
        self.slow_seconds += seconds

    def fill(self, stats: NodeStats, sockets: Iterable[socket.socket]) -> None:
        """Add what is known outside the core."""
        stats.memory = resident()
        stats.cpu_seconds = time.process_time()
        stats.busy_seconds = self.busy
        stats.gc_pauses = list(self.pauses)
        stats.gc_seconds = self.paused
        stats.slow = list(self.slow)
        stats.slow_seconds = self.slow_seconds
        stats.socket_drops = sum(map(drops, sockets))

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.thread_time()
            return
        # Not wall time: that other programs had the processor meanwhile is no fault of ours.
        pause = time.thread_time() - self._collecting
        self.pauses[bisect_left(PAUSES, pause)] += 1
        self.paused += pause


def resident() -> int:
    """Bytes of memory that the process has now; where /proc is missing, the most it ever had."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def drops(sock: socket.socket) -> int:
    """Datagrams that the system threw away for want of room; 0 where it does not tell."""
    try:
        values = MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))
    except (OSError, struct.error):
        return 0
    return int(values[-1])
