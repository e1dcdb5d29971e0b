"""The slots that datagrams land in."""

import numpy as np
from numpy.typing import NDArray

from api.loadtest.memory import SLOT, START, Ints, room

Rows = NDArray[np.intp]


class Slots:
    def __init__(self, count: int) -> None:
        self.count = count
        self.flat: NDArray[np.uint8] = room(count).reshape(-1)
        self.address: int = self.flat.ctypes.data
        self.bases: Ints = np.arange(count, dtype=np.int64) * SLOT + START  # in `flat`

    def put(self, slot: int, data: bytes) -> None:
        base = int(self.bases[slot])
        self.flat[base : base + len(data)] = np.frombuffer(data, np.uint8)

    def content(self, slot: int, length: int) -> bytes:
        base = int(self.bases[slot])
        return self.flat[base : base + length].tobytes()
