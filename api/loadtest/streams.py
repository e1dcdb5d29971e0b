"""The streams that the server has promised: one row for each, found by connection and SSRC."""

import numpy as np
from numpy.typing import NDArray

from api.loadtest.memory import Ints

UNKNOWN = -1


class Streams:
    """`capacity` rows; `count` are in use."""

    def __init__(self, capacity: int) -> None:
        self.count = 0
        self.link: Ints = np.zeros(capacity, np.int64)
        self.ssrc: Ints = np.zeros(capacity, np.int64)
        self.repairs: Ints = np.full(capacity, UNKNOWN)  # of an RTX stream: the one it repairs
        self.number_id: Ints = np.zeros(capacity, np.int64)  # the extension's of transport-cc
        self.is_video: NDArray[np.bool_] = np.zeros(capacity, np.bool_)
        self._keys: Ints = np.zeros(0, np.int64)  # link and SSRC, ascending
        self._rows: Ints = np.zeros(0, np.int64)

    def add(self, link: int, ssrc: int, number_id: int, *, is_video: bool, repairs: int) -> int:
        """Expect a stream; returns its row."""
        row = self.count
        self.count += 1
        self.link[row], self.ssrc[row], self.repairs[row] = link, ssrc, repairs
        self.number_id[row], self.is_video[row] = number_id, is_video
        key = link << 32 | ssrc
        at = int(np.searchsorted(self._keys, key))
        self._keys = np.insert(self._keys, at, key)
        self._rows = np.insert(self._rows, at, row)
        return row

    def find(self, links: Ints, ssrc: Ints) -> Ints:
        """The row of each, or UNKNOWN."""
        keys = links << 32 | ssrc
        if not len(self._keys):
            return np.full(len(keys), UNKNOWN)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found: Ints = np.where(self._keys[at] == keys, self._rows[at], UNKNOWN)
        return found
