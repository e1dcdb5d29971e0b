"""RTP headers of a batch, read as columns (RFC 3550, section 5.1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sfu.ring import BLOCK, SLOT, START, Ring

Ints = NDArray[np.int64]
Rows = NDArray[np.intp]

EXTENSION = 0x10  # bits of the first byte
PADDING = 0x20
SOURCES = 0x0F


@dataclass(slots=True)
class Headers:
    first: NDArray[np.uint8]  # its first byte
    sequence: Ints
    time: Ints
    ssrc: Ints
    extension: Ints  # profile and words of the extension, when there is one and no CSRC


class Slots:
    """The block that packets land in, as numbers of each width."""

    def __init__(self, ring: Ring) -> None:
        rows = ring.rows[:BLOCK]
        self.flat: NDArray[np.uint8] = rows.reshape(-1)
        self._first = rows[:, START]
        self._second = rows[:, START + 1]
        self._halves = rows.view(">u2")[:, START // 2 :]
        self._words = rows.view(">u4")[:, START // 4 :]
        self.bases: Ints = np.arange(BLOCK, dtype=np.int64) * SLOT + START  # in `flat`

    def split(self, count: int) -> tuple[Rows, Rows]:
        """The rows of the first `count` that hold RTP, and the others (RFC 7983, RFC 5761)."""
        first, second = self._first[:count], self._second[:count]
        is_media = (first >> 6 == 2) & ~((second >= 192) & (second <= 223))
        return np.flatnonzero(is_media), np.flatnonzero(~is_media)

    def read(self, rows: Rows) -> Headers:
        words = self._words[rows, :4].astype(np.int64)
        return Headers(
            self._first[rows],
            words[:, 0] & 0xFFFF,
            words[:, 1],
            words[:, 2],
            words[:, 3],
        )

    def payloads(self, rows: Rows, headers: Headers) -> Ints:
        """Where each payload begins, in `flat`."""
        has_extension = (headers.first & EXTENSION) > 0
        extension = np.where(has_extension, 4 + 4 * (headers.extension & 0xFFFF), 0)
        sources = 4 * (headers.first & SOURCES).astype(np.int64)
        begins: Ints = self.bases[rows] + 12 + sources + extension
        return begins
