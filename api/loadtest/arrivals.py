"""When packets arrived, and the feedback about it for many connections at once.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. Arrivals stand in one table; a
report of a connection that lost nothing is one run and a row of small numbers.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from sfu.feedback.twcc_chunks import LARGE, LOST, SMALL, pack_chunks

TICK = 250_000  # ns
REFERENCE = 256  # ticks: 64 ms
DEPTH = 4096  # numbers between two reports
HEAD = struct.Struct("!HH3sB")
RUN = struct.Struct("!H")

Ints = NDArray[np.int64]


class Arrivals:
    """Rows are connections."""

    def __init__(self, links: int) -> None:
        self._ticks: Ints = np.full((links, DEPTH), -1, np.int64)
        self._highest: Ints = np.full(links, -1, np.int64)
        self._next: Ints = np.full(links, -1, np.int64)  # the first that no report has covered
        self._reports: Ints = np.zeros(links, np.int64)

    def receive(self, links: Ints, numbers: Ints, times: Ints) -> None:
        """Packets with these 16-bit numbers came at these times, in ns."""
        highest = self._highest[links]
        if (highest < 0).any():
            self._begin(links, numbers)
            highest = self._highest[links]
        extended = highest + ((numbers - highest + 0x8000) & 0xFFFF) - 0x8000
        self._ticks[links, extended & DEPTH - 1] = times // TICK
        np.maximum.at(self._highest, links, extended)

    def _begin(self, links: Ints, numbers: Ints) -> None:
        fresh, first = np.unique(links, return_index=True)
        is_new = self._highest[fresh] < 0
        start = numbers[first[is_new]] + 0x10000
        self._highest[fresh[is_new]] = start - 1
        self._next[fresh[is_new]] = start

    def take_body(self, link: int) -> bytes | None:
        """What came since the last report; None when nothing did."""
        first, end = int(self._next[link]), int(self._highest[link]) + 1
        if end <= first or first < 0:
            return None
        first = max(first, end - DEPTH)
        places = np.arange(first, end) & DEPTH - 1
        ticks = self._ticks[link, places]
        self._ticks[link, places] = -1
        self._next[link] = end
        number = int(self._reports[link]) & 0xFF
        self._reports[link] += 1
        return write_body(first & 0xFFFF, ticks, number)


def write_body(base: int, ticks: Ints, number: int) -> bytes:
    """Arrival ticks of consecutive packets, -1 for lost ones; the last one is there."""
    came = ticks[ticks >= 0]
    reference = int(came[0]) // REFERENCE
    deltas = np.diff(came, prepend=reference * REFERENCE)
    head = HEAD.pack(base, len(ticks), (reference & 0xFFFFFF).to_bytes(3, "big"), number)
    is_small = (deltas >= 0) & (deltas <= 255)
    if len(came) == len(ticks) <= 0x1FFF and is_small.all():
        body = head + RUN.pack(SMALL << 13 | len(ticks)) + deltas.astype(np.uint8).tobytes()
    else:
        symbols = np.full(len(ticks), LOST)
        symbols[ticks >= 0] = np.where(is_small, SMALL, LARGE)
        body = head + pack_chunks(symbols.tolist()) + write_deltas(deltas.tolist())
    return body + bytes(-len(body) % 4)


def write_deltas(deltas: list[int]) -> bytes:
    """One byte, or two with a sign; what does not fit is the most that does."""
    return b"".join(
        bytes([delta])
        if 0 <= delta <= 255
        else max(-0x8000, min(delta, 0x7FFF)).to_bytes(2, "big", signed=True)
        for delta in deltas
    )
