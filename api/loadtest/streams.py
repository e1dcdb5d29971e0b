"""The streams that the server has promised: one row for each, found by connection and SSRC."""

import numpy as np
from numpy.typing import NDArray

from api.loadtest.loops import UNKNOWN, Known
from api.loadtest.memory import Ints


class Streams:
    """`capacity` rows; `count` are in use. `known`: them as loops need them."""

    def __init__(self, capacity: int) -> None:
        self.count = 0
        self.link: Ints = np.zeros(capacity, np.int64)
        self.ssrc: Ints = np.zeros(capacity, np.int64)
        self.repairs: Ints = np.full(capacity, UNKNOWN)  # of an RTX stream: the one it repairs
        self.number_id: Ints = np.zeros(capacity, np.int64)  # the extension's of transport-cc
        self.is_video: NDArray[np.bool_] = np.zeros(capacity, np.bool_)
        nothing: Ints = np.zeros(0, np.int64)
        shape, offset = np.full(capacity, UNKNOWN), np.zeros(capacity, np.int64)
        self.known = Known(nothing, nothing, self.repairs, self.number_id, shape, offset)

    def add(self, link: int, ssrc: int, number_id: int, *, is_video: bool, repairs: int) -> int:
        """Expect a stream; returns its row."""
        row = self.count
        self.count += 1
        self.link[row], self.ssrc[row], self.repairs[row] = link, ssrc, repairs
        self.number_id[row], self.is_video[row] = number_id, is_video
        keys, rows = self.known.keys, self.known.rows
        key = link << 32 | ssrc
        at = int(np.searchsorted(keys, key))
        keys, rows = np.insert(keys, at, key), np.insert(rows, at, row)
        self.known = self.known._replace(keys=keys, rows=rows)
        return row
