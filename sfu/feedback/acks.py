"""What clients say of the packets that they got: transport-wide feedback, for all of them at once.

A report is only taken apart when it comes; what its packets were is looked up in the send log
(`Clients.log`) for all reports of the last 10 ms. Each packet counts once, whatever reports say of
it: libwebrtc repeats numbers after one came late.
"""

import math
import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sfu.feedback import twcc
from sfu.feedback.twcc import LARGEST_COUNT, REFERENCE, TICK
from sfu.feedback.twcc_chunks import LARGE, LONGEST_RUN, LOST, SMALL, expand_chunks, scan_chunks
from sfu.runs import runs
from sfu.tables import LOG, LOST_BIT, Clients

WAIT = 0.010  # seconds that reports wait for others
MANY = 256  # reports that do not wait
FEW = 600  # packets below which plain Python is faster than numpy

SIZE = LOST_BIT - 1  # the bits of a log entry with the packet's bytes

HEAD = struct.Struct("!HHI")  # base number, count; reference time and number of the report
WITH_CHUNK = struct.Struct("!HHIH")

Ints = NDArray[np.int64]


class Acked(NamedTuple):
    """Packets that came, a column each; those of a report stand together, in order of sending."""

    clients: Ints  # row
    sent: Ints  # microseconds, our clock
    arrived: Ints  # microseconds, the client's clock; wraps after 12 days
    sizes: Ints  # bytes


NOTHING = Acked(*np.zeros((4, 0), np.int64))


class Acks:
    """`receive` reports, `process` them at `due`: counts stand in `tables.Clients` then.

    `on_acked` is the seam for an estimate of bandwidth.
    """

    def __init__(
        self,
        table: Clients,
        on_acked: Callable[[Acked], None] | None = None,
        few: int = FEW,
    ) -> None:
        self.due = math.inf  # seconds
        self._table = table
        self._on_acked = on_acked
        self._few = few  # packets up to which reports are counted one by one
        self._clear()

    def _clear(self) -> None:
        self._rows: list[int] = []  # one of each report
        self._bodies: list[bytes] = []
        self._bases: list[int] = []
        self._counts: list[int] = []
        self._references: list[int] = []
        self._deltas: list[bytes] = []
        self._chunks: list[int] = []  # of all reports
        self._sizes: list[int] = []  # symbols in each chunk
        self.due = math.inf

    def receive(self, row: int, body: bytes, now: float) -> bool:
        """A report of a client, `rtcp.Twcc.body`. False: it is not one. Never raises."""
        if len(body) < HEAD.size:
            return False
        base, count, head = HEAD.unpack_from(body)
        if not 0 < count <= LARGEST_COUNT:
            return False
        chunks, sizes, at, octets = scan_chunks(body, HEAD.size, count)
        if sum(sizes) < count or at + octets > len(body):
            return False
        self._rows.append(row)
        self._bodies.append(body)
        self._bases.append(base)
        self._counts.append(count)
        self._references.append(head >> 8)
        self._deltas.append(body[at : at + octets])
        self._chunks += chunks
        self._sizes += sizes
        self.due = min(self.due, now + WAIT) if len(self._rows) < MANY else -math.inf
        return True

    def process(self) -> None:
        """Count what the reports say, and forget them."""
        if not self._rows:
            return
        if sum(self._counts) <= self._few:
            found = [self._count_one(index) for index in range(len(self._rows))]
        else:
            found = [self._count_many()]
        self._clear()
        if self._on_acked is not None:
            self._on_acked(Acked(*map(np.concatenate, zip(*found, strict=True))))

    # ---- few

    def _count_one(self, index: int) -> Acked:
        row, body = self._rows[index], self._bodies[index]
        base, count, head, chunk = WITH_CHUNK.unpack_from(body)
        age = self._table.twcc[row] - 1 - base & 0xFFFF  # how many were sent after the first
        first = base & LOG - 1
        is_run = chunk >> 13 == SMALL and chunk & LONGEST_RUN >= count
        if is_run and count - 1 <= age < LOG and first + count <= LOG:
            return self._count_run(row, first, self._deltas[index], head >> 8)
        report = twcc.parse(body)
        assert report is not None
        return self._count_each(row, report.arrivals)

    def _count_run(self, row: int, first: int, deltas: bytes, reference: int) -> Acked:
        """All came, as nearly always."""
        table = self._table
        log = table.array("log")[row, first : first + len(deltas)]
        entries = log.copy()
        log[:] = 0
        sizes = entries & SIZE
        table.acked[row] += int(sizes.sum())
        table.confirmed[row] += int(np.count_nonzero(entries))
        table.lost[row] -= int(np.count_nonzero(entries & LOST_BIT))
        if self._on_acked is None:
            return NOTHING
        ticks = np.cumsum(np.frombuffer(deltas, np.uint8), dtype=np.int64)
        arrived = ticks * TICK + reference * REFERENCE
        new = np.flatnonzero(entries)
        return Acked(np.full(len(new), row), entries[new] >> 16, arrived[new], sizes[new])

    def _count_each(self, row: int, arrivals: list[tuple[int, int | None]]) -> Acked:
        table, log = self._table, self._table.log
        first, newest = row * LOG, table.twcc[row] - 1
        acked: list[tuple[int, int, int, int]] = []
        octets = lost = 0
        for number, arrival in arrivals:
            at = first + (number & LOG - 1)
            entry = log[at]
            if not entry or newest - number & 0xFFFF >= LOG:
                continue
            if arrival is not None:
                octets += entry & SIZE
                lost -= entry & LOST_BIT != 0
                log[at] = 0
                acked.append((row, entry >> 16, arrival, entry & SIZE))
            elif not entry & LOST_BIT:
                lost += 1
                log[at] = entry | LOST_BIT
        table.acked[row] += octets
        table.confirmed[row] += len(acked)
        table.lost[row] += lost
        return Acked(*np.array(acked, np.int64).reshape(-1, 4).T)

    # ---- many

    def _count_many(self) -> Acked:
        """First what is lost, then what came: of a packet that is both, the second is true."""
        symbols = expand_chunks(np.array(self._chunks), np.array(self._sizes))
        counts = np.array(self._counts)
        report = np.repeat(np.arange(len(counts)), counts)
        rows = np.array(self._rows)[report]
        starts = np.cumsum(counts) - counts
        numbers = np.arange(len(report)) + (np.array(self._bases) - starts)[report]
        newest = self._table.array("twcc")[rows] - 1
        is_known = newest - numbers & 0xFFFF < LOG
        place = rows * LOG + (numbers & LOG - 1)
        self._count_lost(place[(symbols == LOST) & is_known])
        came = np.flatnonzero(symbols)
        arrived = self._arrivals(symbols[came], report[came])
        came, arrived = came[is_known[came]], arrived[is_known[came]]
        return self._count_acked(place[came], arrived)

    def _count_lost(self, place: Ints) -> None:
        log = self._table.array("log").reshape(-1)
        place = self._distinct(place)[0]
        entries = log[place]
        place = place[(entries != 0) & (entries & LOST_BIT == 0)]
        log[place] |= LOST_BIT
        np.add.at(self._table.array("lost"), place // LOG, 1)

    def _count_acked(self, place: Ints, arrived: Ints) -> Acked:
        log = self._table.array("log").reshape(-1)
        place, index = self._distinct(place)
        entries = log[place]
        is_new = entries != 0
        place, entries, arrived = place[is_new], entries[is_new], arrived[index][is_new]
        log[place] = 0
        rows, sizes = place // LOG, entries & SIZE
        capacity, table = self._table.capacity, self._table
        was_lost = rows[entries & LOST_BIT != 0]
        table.array("confirmed")[:] += np.bincount(rows, minlength=capacity)
        table.array("acked")[:] += np.bincount(rows, sizes, capacity).astype(np.int64)
        table.array("lost")[:] -= np.bincount(was_lost, minlength=capacity)
        return Acked(rows, entries >> 16, arrived, sizes)

    def _distinct(self, place: Ints) -> tuple[Ints, Ints | slice]:
        """Without those that two reports of one client speak of; and which are left."""
        if len(set(self._rows)) == len(self._rows):
            return place, slice(None)
        index = np.unique(place, return_index=True)[1]
        index.sort()
        return place[index], index

    def _arrivals(self, symbols: Ints, report: Ints) -> Ints:
        """Microseconds of each packet that came: sums of its report's deltas."""
        data = np.frombuffer(b"".join(self._deltas) + b"\0", np.uint8)
        ends = np.cumsum(symbols)
        deltas = data[ends - symbols].astype(np.int64)
        large = np.flatnonzero(symbols == LARGE)
        deltas[large] = data[ends[large] - 1] | (deltas[large] ^ 0x80) - 0x80 << 8
        ticks = np.cumsum(deltas)
        first, _ = runs(report)
        before = np.zeros(len(self._rows), np.int64)
        before[report[first]] = ticks[first] - deltas[first]
        start = np.array(self._references) * (REFERENCE // TICK) - before
        arrived: Ints = (ticks + start[report]) * TICK
        return arrived
