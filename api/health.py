"""Whether this node can take calls: it has started, is not ending, and its loop turns."""

import asyncio
import time
from enum import StrEnum

INTERVAL = 1.0  # seconds between two beats
STALE = 4.0  # seconds without one, as in LiveKit


class Phase(StrEnum):
    STARTING = "starting"
    SERVING = "serving"
    ENDING = "ending"


class Health:
    def __init__(self) -> None:
        self.phase = Phase.STARTING
        self._beat = time.monotonic()

    def problem(self) -> str | None:
        """Why not, for the body of a 406; None when all is well."""
        age = time.monotonic() - self._beat
        if self.phase is not Phase.SERVING:
            return f"Not Ready\nNode is {self.phase}"
        if age > STALE:
            return f"Not Ready\nNode last seen {age:.1f} s ago"
        return None

    async def beat(self) -> None:
        """Until cancelled."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(INTERVAL)
