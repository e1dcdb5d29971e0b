"""Latencies in buckets of one per cent: any number of them in the same memory."""

import math

import numpy as np
from numpy.typing import NDArray

from turn.compiling import compiled

LEAST = 1e-6  # seconds; what is shorter counts as this
WIDTH = 0.01  # of a bucket, relative to its value
BUCKETS = 1700  # up to 22 s


@compiled
def add(counts: NDArray[np.int64], seconds: float) -> None:
    bucket = int(math.log(max(seconds, LEAST) / LEAST) / WIDTH)
    counts[min(bucket, BUCKETS - 1)] += 1


class Histogram:
    """`counts`: for loops, to `add` to."""

    def __init__(self) -> None:
        self.counts: NDArray[np.int64] = np.zeros(BUCKETS, np.int64)

    @property
    def count(self) -> int:
        return int(self.counts.sum())

    def quantile(self, share: float) -> float | None:
        """Seconds that this share of all does not exceed; None without any."""
        if not self.count:
            return None
        bucket = int(np.searchsorted(np.cumsum(self.counts), share * self.count))
        return LEAST * float(np.exp((min(bucket, BUCKETS - 1) + 0.5) * WIDTH))

    def buckets(self) -> list[tuple[float, int]]:
        """(seconds, count) of each bucket with something in it, ascending."""
        used = np.flatnonzero(self.counts)
        middles = LEAST * np.exp((used + 0.5) * WIDTH)
        return list(zip(middles.tolist(), self.counts[used].tolist(), strict=True))
