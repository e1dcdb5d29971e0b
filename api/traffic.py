"""How many bytes go through the media processes, for a limit beyond which nobody comes in."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from api.metrics.exposition import Node, ask

EVERY = 2.0  # seconds between two looks (LiveKit)
OVER = 10.0  # seconds over which the rate is taken (LiveKit)
UNREACHED = 1e9  # bytes a second that no server of ours has: LiveKit's default


class Rate:
    """Of counters that only grow, one for each media process, which may come and go."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Mapping[str, int]]] = deque()

    def note(self, totals: Mapping[str, int], now: float) -> float:
        """What is counted by now; the growth of all together per second."""
        seen = self._seen
        while len(seen) > 1 and seen[1][0] <= now - OVER:
            seen.popleft()
        seen.append((now, totals))
        then, before = seen[0]
        grown = sum(total - before.get(name, total) for name, total in totals.items())
        return grown / (now - then) if now > then else 0.0


class Traffic:
    """`watch` until it is cancelled; `tell` gets bytes a second, in and out together.

    To ask a busy process for its figures delays its media by milliseconds, so nobody is asked for a
    limit that cannot be reached.
    """

    def __init__(
        self, limit: float, nodes: Callable[[], Sequence[Node]], tell: Callable[[float], None]
    ) -> None:
        self._limit = limit
        self._nodes = nodes
        self._tell = tell
        self._rate = Rate()

    async def watch(self) -> None:
        while 0 < self._limit < UNREACHED:
            await self.look(time.monotonic())
            await asyncio.sleep(EVERY)

    async def look(self, now: float) -> None:
        found = await asyncio.gather(*map(ask, self._nodes()))
        totals = {one.node: one.bytes_in + one.bytes_out for one in found if one is not None}
        self._tell(self._rate.note(totals, now))
