"""Latencies in buckets of one per cent: any number of them in the same memory."""

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-6  # seconds; what is shorter counts as this
WIDTH = 0.01  # of a bucket, relative to its value
BUCKETS = 1700  # up to 22 s


class Histogram:
    def __init__(self) -> None:
        self._counts: NDArray[np.int64] = np.zeros(BUCKETS, np.int64)

    def add(self, seconds: NDArray[np.float64]) -> None:
        index = np.log(np.maximum(seconds, LEAST) / LEAST) / WIDTH
        buckets = np.minimum(index, BUCKETS - 1).astype(np.intp)
        self._counts += np.bincount(buckets, minlength=BUCKETS)

    @property
    def count(self) -> int:
        return int(self._counts.sum())

    def quantile(self, share: float) -> float | None:
        """Seconds that this share of all does not exceed; None without any."""
        if not self.count:
            return None
        bucket = int(np.searchsorted(np.cumsum(self._counts), share * self.count))
        return LEAST * float(np.exp((min(bucket, BUCKETS - 1) + 0.5) * WIDTH))

    def buckets(self) -> list[tuple[float, int]]:
        """(seconds, count) of each bucket with something in it, ascending."""
        used = np.flatnonzero(self._counts)
        middles = LEAST * np.exp((used + 0.5) * WIDTH)
        return list(zip(middles.tolist(), self._counts[used].tolist(), strict=True))
