"""Which sockets to look into now: all of them in each round, and a like share in each tick."""

from collections import deque
from collections.abc import Sequence

from api.loadtest.inbox import Place
from api.loadtest.loops import SOCKETS

ROUND = 20  # ticks: the kernel notes when packets came, and has room for so long


class Rounds:
    def __init__(self) -> None:
        self._waiting: deque[Place] = deque()
        self._end = 0  # the tick in which the next round shall begin

    def take(self, tick: int, places: Sequence[Place]) -> list[list[Place]]:
        """Groups that fit the inbox. `places`: all that there are, for a round that begins."""
        if not self._waiting:
            if tick < self._end:
                return []
            self._waiting.extend(places)
            self._end = tick + ROUND
        groups = -(-len(self._waiting) // SOCKETS)
        share = -(-groups // max(1, self._end - tick))
        return [self._group() for _ in range(share)]

    def again(self, places: Sequence[Place]) -> None:
        """These had more than fits."""
        self._waiting.extend(places)

    def _group(self) -> list[Place]:
        count = min(SOCKETS, len(self._waiting))
        return [self._waiting.popleft() for _ in range(count)]
