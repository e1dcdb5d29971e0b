"""Which stream the packets of an SSRC belong to, by client.

A table with open addressing, so that compiled loops can look into it; it is at most half full.
"""

import sys
from collections.abc import Callable

import numpy as np

from sfu.loops.sort import FREE, place_of
from sfu.tables import INT, NEVER, Rows, row_of

SMALLEST = 1 << 10
LEFT = -2  # instead of a code: there was one, so look on behind it
ENTRY = row_of(code=INT, stream=INT)


class Sources:
    """By `code`: a stream's row, or `tables.REPEATED`."""

    def __init__(self, grown: Callable[[], None] = lambda: None) -> None:
        """`grown` is called when `entries` are others than before."""
        self._grown = grown
        self.entries = made(SMALLEST)
        self._used = 0  # entries that are not FREE

    def set(self, code: int, stream: int) -> None:
        at = place_of(self.entries, code)
        self._used += self.entries["code"][at] == FREE
        self.entries[at] = code, stream
        if 2 * self._used > len(self.entries):
            self._make_anew()

    def remove(self, code: int) -> None:
        at = place_of(self.entries, code)
        if self.entries["code"][at] == code:
            self.entries[at] = LEFT, NEVER

    def _make_anew(self) -> None:
        """Without what was left, and larger when it must be."""
        kept = self.entries[self.entries["code"] >= 0]
        self._used, size = len(kept), SMALLEST
        while size < 4 * len(kept):
            size *= 2
        self.entries = made(size)
        self._grown()
        for code, stream in kept.tolist():
            self.entries[place_of(self.entries, code)] = code, stream


def made(size: int) -> Rows:
    entries: Rows = np.zeros(size, ENTRY)
    entries["code"] = FREE
    return entries


def code(client: int, ssrc: int) -> int:
    """Of a client by its row. The SSRC is as this machine reads it from a packet."""
    return client << 32 | int.from_bytes(ssrc.to_bytes(4, "big"), sys.byteorder)
