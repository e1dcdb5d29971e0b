"""RTP headers of a batch, read as columns (RFC 3550, section 5.1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.loadtest.memory import SLOT, START, Ints, room

Rows = NDArray[np.intp]

EXTENSION = 0x10  # bits of the first byte
PADDING = 0x20
SOURCES = 0x0F


@dataclass(slots=True)
class Headers:
    """The fields of one row each."""

    first: NDArray[np.uint8]  # its first byte
    sequence: Ints
    time: Ints
    ssrc: Ints
    extension: Ints  # profile and words of the extension, when there is one and no CSRC

    def chosen(self, which: Rows | NDArray[np.bool_]) -> "Headers":
        return Headers(
            self.first[which],
            self.sequence[which],
            self.time[which],
            self.ssrc[which],
            self.extension[which],
        )


class Slots:
    """The slots that datagrams land in, as numbers of each width."""

    def __init__(self, count: int) -> None:
        rows = room(count)
        self.count = count
        self.flat: NDArray[np.uint8] = rows.reshape(-1)
        self.address: int = self.flat.ctypes.data
        self.bases: Ints = np.arange(count, dtype=np.int64) * SLOT + START  # in `flat`
        self._first = rows[:, START]
        self._second = rows[:, START + 1]
        self._words = rows.view(">u4")[:, START // 4 : START // 4 + 4]

    def put(self, slot: int, data: bytes) -> None:
        base = int(self.bases[slot])
        self.flat[base : base + len(data)] = np.frombuffer(data, np.uint8)

    def content(self, slot: int, length: int) -> bytes:
        base = int(self.bases[slot])
        return self.flat[base : base + length].tobytes()

    def is_media(self, rows: Rows) -> NDArray[np.bool_]:
        """RTP, told from RTCP and from everything else (RFC 7983, RFC 5761)."""
        second = self._second[rows]
        is_media: NDArray[np.bool_] = self._first[rows] >> 6 == 2
        return is_media & ~((second >= 192) & (second <= 223))

    def read(self, rows: Rows) -> Headers:
        words = self._words[rows].astype(np.int64)
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
