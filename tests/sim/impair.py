"""A bad network as a sans-IO object: what goes in comes out later, out of turn, or never.

Seeded, so that a run can be repeated; `tests/harness/tunnel.py` puts one into each direction of a
real wire.
"""

import heapq
from dataclasses import dataclass
from itertools import count
from random import Random


@dataclass(frozen=True)
class Conditions:
    """Of one direction."""

    loss: float = 0.0  # share of the packets that never arrive
    delay: float = 0.0  # seconds for every packet
    jitter: float = 0.0  # seconds: up to so much more, in order
    swapped: float = 0.0  # share of the packets that all the jitter delays, out of order
    rate: float = float("inf")  # bytes per second
    queue: float = 0.2  # seconds of waiting, at that rate, beyond which packets are dropped


class Link:
    def __init__(self, conditions: Conditions, chance: Random) -> None:
        self.conditions = conditions
        self.lost = 0
        self._chance = chance
        self._free_at = 0.0  # when the bottleneck has sent all that waits before it
        self._last = 0.0  # when the last packet in order arrives
        self._numbers = count()
        self._under_way: list[tuple[float, int, bytes]] = []

    def send(self, packet: bytes, now: float) -> None:
        conditions = self.conditions
        sent = max(now, self._free_at) + len(packet) / conditions.rate
        if sent - now > conditions.queue or self._chance.random() < conditions.loss:
            self.lost += 1
            return
        self._free_at = sent
        arrival = sent + conditions.delay
        if self._chance.random() < conditions.swapped:
            arrival += conditions.jitter
        else:
            arrival = max(self._last, arrival + self._chance.random() * conditions.jitter)
            self._last = arrival
        heapq.heappush(self._under_way, (arrival, next(self._numbers), packet))

    def take(self, now: float) -> list[bytes]:
        """The packets that have arrived."""
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(heapq.heappop(self._under_way)[2])
        return arrived

    def next_timeout(self) -> float | None:
        """When the next packet arrives."""
        return self._under_way[0][0] if self._under_way else None
