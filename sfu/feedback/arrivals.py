"""When packets with transport-wide numbers came, and the feedback about them for all clients.

Most packets come in order and without gaps: their reports differ only in numbers, so those of all
clients that are due are computed together. The other ones are built one by one (`twcc.build`).
"""

import math
import struct
from operator import sub
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sfu.feedback import twcc
from sfu.feedback.twcc import AFTER_FRAME, ENOUGH, INTERVAL, MOST, REFERENCE, TICK
from sfu.feedback.twcc_chunks import LONGEST_RUN, SMALL
from sfu.runs import runs
from sfu.tables import Clients

FIRST = 0x10000  # the cycle of a client's first number, so that an earlier one stays positive
GRID = 0.010  # seconds: all clients are looked at together, at multiples of this
EARLY = GRID / 2  # seconds: so much before its time a report may leave
FEW = 200  # packets below which plain Python is faster than numpy
FIRST_DELTAS = REFERENCE // TICK  # of ticks: the reference time is a multiple of this

HEAD = struct.Struct("!HHIH")  # base number, count, reference time and report's number, a run
PADDING = bytes(3)

T = TypeVar("T", int, "NDArray[np.int64]")
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Body = tuple[int, bytes]  # row of the client, body for `rtcp.Twcc`


class Arrivals:
    """Tell it every packet that came with a number; ask `take` at `due` for reports.

    What a client's reports have covered, and when the last one left, stands in `tables.Clients`.
    """

    def __init__(self, table: Clients, few: int = FEW) -> None:
        self.due = math.inf  # seconds, when `take` has something to look at
        self._table = table
        self._few = few  # packets up to which reports are built one by one
        self._rows: list[int] = []  # single packets, behind what is in the chunks
        self._numbers: list[int] = []
        self._times: list[float] = []
        self._chunks: list[tuple[Ints, Ints, Floats]] = []

    def add(self, row: int, number: int, arrival: float, marker: bool) -> None:
        """A packet of a client with this 16-bit number. `marker`: it is the last of a frame."""
        table = self._table
        waiting = table.waiting[row]
        table.waiting[row] = waiting + 1
        if marker:
            table.ended[row] = 1
        if not waiting:
            if not table.uncovered[row]:
                table.uncovered[row] = FIRST + number
                table.reported[row] = arrival
            self.due = min(self.due, on_grid(arrival + AFTER_FRAME))
        elif waiting >= MOST:
            self.due = -math.inf
        self._rows.append(row)
        self._numbers.append(number)
        self._times.append(arrival)

    def add_many(self, rows: Ints, numbers: Ints, arrivals: Floats, markers: Bools) -> None:
        """The same for many packets; the order of their numbers does not matter."""
        if not len(rows):
            return
        self._close_chunk()
        self._chunks.append((rows, numbers, arrivals))
        table = self._table
        waiting = table.array("waiting")
        counts = np.bincount(rows, minlength=table.capacity)
        table.array("ended")[rows[markers]] = 1
        if (fresh := (counts > 0) & (waiting == 0)).any():
            self._begin(np.flatnonzero(fresh), rows, numbers, arrivals)
        waiting += counts
        if waiting.max() > MOST:
            self.due = -math.inf

    def _begin(self, fresh: Ints, rows: Ints, numbers: Ints, arrivals: Floats) -> None:
        """The first of some packets of each of these clients is the first that waits."""
        table = self._table
        place = np.zeros(table.capacity, np.int64)
        place[rows[::-1]] = np.arange(len(rows))[::-1]  # the last one written is the first packet
        first = place[fresh]
        self.due = min(self.due, on_grid(float(arrivals[first].min()) + AFTER_FRAME))
        uncovered = table.array("uncovered")
        is_new = uncovered[fresh] == 0
        new = fresh[is_new]
        uncovered[new] = FIRST + numbers[first[is_new]]
        table.array("reported")[new] = arrivals[first[is_new]]

    def forget(self, row: int) -> None:
        """The client is gone; its row may be another's soon."""
        self._table.waiting[row] = 0
        self._close_chunk()
        self._chunks = [
            (rows[rows != row], numbers[rows != row], times[rows != row])
            for rows, numbers, times in self._chunks
        ]

    def take(self, now: float) -> list[Body]:
        """The reports that are due, of each client those about late packets first."""
        if len(self._rows) + sum(len(rows) for rows, _, _ in self._chunks) <= self._few:
            return self._take_few(now)
        self._close_chunk()
        rows, numbers, times = map(np.concatenate, zip(*self._chunks, strict=True))
        table = self._table
        is_due = self._which(now)
        taken = is_due[rows]
        left = ~taken
        self._chunks = [(rows[left], numbers[left], times[left])] if left.any() else []
        bodies = self._build_all(rows[taken], numbers[taken], times[taken])
        table.array("waiting")[is_due] = 0
        table.array("ended")[is_due] = 0
        table.array("reported")[is_due] = now
        self.due = self._next(now)
        return bodies

    def _close_chunk(self) -> None:
        """Single packets become an array, so that what comes later stands behind them."""
        if self._rows:
            self._chunks.append(
                (np.array(self._rows), np.array(self._numbers), np.array(self._times))
            )
            self._rows, self._numbers, self._times = [], [], []

    # ---- when

    def _which(self, now: float) -> Bools:
        """By row of the client: is a report due?"""
        table = self._table
        waiting, reported = table.array("waiting"), table.array("reported")
        hurries = (table.array("ended") != 0) & (waiting >= ENOUGH)
        interval = np.where(hurries, AFTER_FRAME, INTERVAL)
        due: Bools = (waiting > 0) & ((waiting > MOST) | (reported + interval <= now + EARLY))
        return due

    def _next(self, now: float) -> float:
        """When to look again at those for whom something waits: a frame may end meanwhile."""
        table = self._table
        reported = table.array("reported")[table.array("waiting") > 0]
        if not len(reported):
            return math.inf
        soon = reported + AFTER_FRAME
        return on_grid(float(np.where(now + EARLY < soon, soon, reported + INTERVAL).min()))

    # ---- what

    def _take_few(self, now: float) -> list[Body]:
        table, packets = self._table, self._packets()
        due = {row: self._is_due(row, now) for row, _, _ in packets}
        found: dict[int, tuple[list[int], list[int]]] = {r: ([], []) for r in due if due[r]}
        for row, number, time in packets:
            if due[row]:
                numbers, ticks = found[row]
                numbers.append(number)
                ticks.append(int(time * 1e6) // TICK)
            else:
                self._rows.append(row)
                self._numbers.append(number)
                self._times.append(time)
        bodies = []
        for row, (numbers, ticks) in found.items():
            bodies += self._build(row, numbers, ticks)
            table.waiting[row] = table.ended[row] = 0
            table.reported[row] = now
        self.due = self._next(now) if self._rows else math.inf
        return bodies

    def _packets(self) -> list[tuple[int, int, float]]:
        """Take all that waits, in the order in which it was told."""
        packets: list[tuple[int, int, float]] = []
        for chunk in self._chunks:
            packets += zip(*(part.tolist() for part in chunk), strict=True)
        packets += zip(self._rows, self._numbers, self._times, strict=True)
        self._chunks, self._rows, self._numbers, self._times = [], [], [], []
        return packets

    def _is_due(self, row: int, now: float) -> bool:
        table = self._table
        waiting = table.waiting[row]
        hurries = table.ended[row] and waiting >= ENOUGH
        at = table.reported[row] + (AFTER_FRAME if hurries else INTERVAL)
        return waiting > MOST or at <= now + EARLY

    def _build(self, row: int, numbers: list[int], ticks: list[int]) -> list[Body]:
        """Of one client, whatever the order of its packets."""
        table = self._table
        base, report = table.uncovered[row], table.report_number[row]
        count, first = len(numbers), base & 0xFFFF
        deltas = [ticks[0] % FIRST_DELTAS, *map(sub, ticks[1:], ticks)]
        is_run = numbers == list(range(first, first + count)) and count <= LONGEST_RUN
        if is_run and min(deltas) >= 0 and max(deltas) <= 0xFF:
            table.uncovered[row] = base + count
            table.report_number[row] = report + 1 & 0xFF
            head = reference(ticks[0]) | report
            return [(row, write(first, count, head, bytes(deltas)))]
        bodies, table.uncovered[row], table.report_number[row] = twcc.build(
            zip(numbers, ticks, strict=True), base, report
        )
        return [(row, body) for body in bodies]

    def _build_all(self, rows: Ints, numbers: Ints, times: Floats) -> list[Body]:
        if not len(rows):
            return []
        # How far each number is behind what the reports have covered; -32768 to 32767.
        uncovered = self._table.array("uncovered")
        ahead = (numbers - uncovered[rows] + 0x8000 & 0xFFFF) - 0x8000
        order = np.argsort(rows << 16 | ahead + 0x8000, kind="stable")
        rows, numbers, ahead = rows[order], numbers[order], ahead[order]
        ticks = (times[order] * 1e6).astype(np.int64) // TICK
        starts, counts = runs(rows)
        deltas = np.empty_like(ticks)
        deltas[1:] = ticks[1:] - ticks[:-1]
        deltas[starts] = ticks[starts] % FIRST_DELTAS
        is_odd = (deltas < 0) | (deltas > 0xFF)
        is_odd |= ahead != np.arange(len(rows)) - np.repeat(starts, counts)
        odd = np.logical_or.reduceat(is_odd, starts) | (counts > LONGEST_RUN)
        data = deltas.astype(np.uint8).tobytes()
        owners, regular = rows[starts], ~odd
        report = self._table.array("report_number")
        heads = reference(ticks[starts]) | report[owners]
        bodies: list[Body] = []
        for row, base, start, count, head, one_by_one in zip(
            owners.tolist(), (uncovered[owners] & 0xFFFF).tolist(), starts.tolist(),
            counts.tolist(), heads.tolist(), odd.tolist(), strict=True,
        ):  # fmt: skip
            end = start + count
            if one_by_one:
                bodies += self._build(row, numbers[start:end].tolist(), ticks[start:end].tolist())
            else:
                bodies.append((row, write(base, count, head, data[start:end])))
        uncovered[owners[regular]] += counts[regular]
        report[owners[regular]] += 1
        return bodies


def on_grid(at: float) -> float:
    """The nearest multiple of GRID."""
    return round(at / GRID) * GRID


def reference(ticks: T) -> T:
    """The 24 bits of the reference time, above the octet of the report's number."""
    return (ticks // FIRST_DELTAS & 0xFFFFFF) << 8


def write(base: int, count: int, head: int, deltas: bytes) -> bytes:
    """The body about packets without a gap, whose deltas are octets."""
    body = HEAD.pack(base, count, head, SMALL << 13 | count) + deltas
    return body + PADDING[: -len(body) % 4]
