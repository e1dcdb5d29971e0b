"""When packets arrived, and the feedback about it for many connections at once.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. Arrivals stand in one table. A
connection that lost nothing is reported as one run and a row of small numbers, which are computed
for all connections together; the others are written one by one.
"""

import struct

import numpy as np

from api.loadtest.loops import DEPTH, Noted
from api.loadtest.memory import Ints
from sfu.feedback.twcc_chunks import LARGE, LOST, SMALL, pack_chunks

REFERENCE = 256  # ticks: 64 ms
RUN_MOST = 0x1FFF  # numbers in one run
HEAD = struct.Struct("!HH3sB")
RUN = struct.Struct("!H")


class Arrivals:
    """Rows are connections. `noted`: for loops, to note in."""

    def __init__(self, links: int) -> None:
        self._ticks: Ints = np.full(links * DEPTH, -1, np.int64)
        self._highest: Ints = np.full(links, -1, np.int64)
        self._next: Ints = np.full(links, -1, np.int64)  # the first that no report has covered
        self._reports: Ints = np.zeros(links, np.int64)
        self.noted = Noted(self._ticks, self._highest, self._next)

    def take_bodies(self, links: Ints) -> list[tuple[int, bytes]]:
        """(link, report) of what came on these links since their last reports, where it did."""
        links = links[(self._highest[links] >= self._next[links]) & (self._next[links] >= 0)]
        if not len(links):
            return []
        ends = self._highest[links] + 1
        firsts = np.maximum(self._next[links], ends - DEPTH)
        counts = ends - firsts
        begins = np.cumsum(counts) - counts
        which = np.repeat(np.arange(len(links)), counts)
        numbers = np.arange(len(which)) - (begins - firsts)[which]
        places = links[which] * DEPTH + (numbers & DEPTH - 1)
        ticks = self._ticks[places]
        self._ticks[places] = -1
        self._next[links] = ends
        reports = self._reports[links]
        self._reports[links] = reports + 1
        bases, numbers_of = (firsts & 0xFFFF).tolist(), (reports & 0xFF).tolist()
        found = write_bodies(bases, numbers_of, ticks, begins, counts)
        return list(zip(links.tolist(), found, strict=True))


def write_bodies(
    bases: list[int], numbers: list[int], ticks: Ints, begins: Ints, counts: Ints
) -> list[bytes]:
    """One report for each part of `ticks`; the last tick of a part is there."""
    is_there = ticks >= 0
    references = ticks[begins] // REFERENCE
    deltas = np.diff(ticks, prepend=0)
    deltas[begins] = ticks[begins] - references * REFERENCE
    is_plain = np.logical_and.reduceat(is_there & (deltas >= 0) & (deltas <= 255), begins)
    is_plain &= counts <= RUN_MOST
    small = deltas.astype(np.uint8).tobytes()
    parts = zip(
        bases, numbers, references.tolist(), begins.tolist(), counts.tolist(), is_plain.tolist(),
        strict=True,
    )  # fmt: skip
    return [
        write_run(base, number, reference, small[at : at + count])
        if plain
        else write_body(base, ticks[at : at + count], number)
        for base, number, reference, at, count, plain in parts
    ]


def write_run(base: int, number: int, reference: int, deltas: bytes) -> bytes:
    """Everything came, in order, and soon one after the other."""
    count = len(deltas)
    head = HEAD.pack(base, count, (reference & 0xFFFFFF).to_bytes(3, "big"), number)
    return head + RUN.pack(SMALL << 13 | count) + deltas + bytes(-(count + RUN.size) % 4)


def write_body(base: int, ticks: Ints, number: int) -> bytes:
    """Arrival ticks of consecutive packets, -1 for lost ones; the last one is there."""
    came = ticks[ticks >= 0]
    reference = int(came[0]) // REFERENCE
    deltas = np.diff(came, prepend=reference * REFERENCE)
    head = HEAD.pack(base, len(ticks), (reference & 0xFFFFFF).to_bytes(3, "big"), number)
    is_small = (deltas >= 0) & (deltas <= 255)
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
