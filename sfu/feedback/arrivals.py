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
FEW = 300  # packets below which plain Python is faster than numpy
FIRST_DELTAS = REFERENCE // TICK  # of ticks: the reference time is a multiple of this

HEAD = struct.Struct("!HHIH")  # base number, count, reference time and report's number, a run
PADDING = bytes(3)

T = TypeVar("T", int, "NDArray[np.int64]")
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Chunk = tuple[Ints, Ints, Floats, Bools]  # of packets: row, number, seconds, marker
Body = tuple[int, bytes]  # row of the client, body for `rtcp.Twcc`


class Arrivals:
    """Tell it every packet that came with a number; ask `take` at `due` for reports.

    What a client's reports have covered, and when the last one left, stands in `tables.Clients`.
    """

    def __init__(self, table: Clients, few: int = FEW) -> None:
        self.due = math.inf  # seconds, when `take` has something to look at
        self._table = table
        self._few = few  # packets up to which reports are built one by one
        self._told = 0  # packets since the last look
        self._chunks: list[Chunk] = []
        self._clear()

    def _clear(self) -> None:
        """Single packets stand behind those in the chunks."""
        self._rows: list[int] = []
        self._numbers: list[int] = []
        self._times: list[float] = []
        self._markers: list[bool] = []

    def add(self, row: int, number: int, arrival: float, marker: bool) -> None:
        """A packet of a client with this 16-bit number. `marker`: it is the last of a frame."""
        self._rows.append(row)
        self._numbers.append(number)
        self._times.append(arrival)
        self._markers.append(marker)
        self._tell(1, arrival)

    def add_many(self, rows: Ints, numbers: Ints, arrivals: Floats, markers: Bools) -> None:
        """The same for many packets; the order of their numbers does not matter."""
        if len(rows):
            self._close_chunk()
            self._chunks.append((rows, numbers, arrivals, markers))
            self._tell(len(rows), float(arrivals[0]))

    def _tell(self, count: int, arrival: float) -> None:
        before = self._told
        self._told = before + count
        if not before:
            self.due = min(self.due, on_grid(arrival + AFTER_FRAME))
        if before <= MOST < self._told:  # a client may have that many
            self.due = min(self.due, on_grid(arrival + GRID))

    def forget(self, row: int) -> None:
        """The client is gone; its row may be another's soon."""
        self._close_chunk()
        self._chunks = [keep(chunk, chunk[0] != row) for chunk in self._chunks]

    def take(self, now: float) -> list[Body]:
        """The reports that are due, of each client those about late packets first."""
        self._told = 0
        if len(self._rows) + sum(len(chunk[0]) for chunk in self._chunks) <= self._few:
            return self._take_few(now)
        self._close_chunk()
        rows, numbers, times, markers = chunk = join(self._chunks)
        self._begin(rows, numbers, times)
        is_due = self._which(rows, markers, now)
        taken = is_due[rows]
        left = keep(chunk, ~taken)
        self._chunks = [left] if len(left[0]) else []
        bodies = self._build_all(rows[taken], numbers[taken], times[taken])
        reported = self._table.array("reported")
        reported[is_due] = now
        self.due = look_again(reported[left[0]], now)
        return bodies

    def _close_chunk(self) -> None:
        """Single packets become an array, so that what comes later stands behind them."""
        if self._rows:
            markers = np.array(self._markers)
            times = np.array(self._times)
            self._chunks.append((np.array(self._rows), np.array(self._numbers), times, markers))
            self._clear()

    def _begin(self, rows: Ints, numbers: Ints, times: Floats) -> None:
        """Clients without a report: their first packet is where the first one begins."""
        uncovered = self._table.array("uncovered")
        new = np.flatnonzero(uncovered[rows] == 0)
        if len(new):
            new = new[np.unique(rows[new], return_index=True)[1]]
            uncovered[rows[new]] = FIRST + numbers[new]
            self._table.array("reported")[rows[new]] = times[new]

    def _which(self, rows: Ints, markers: Bools, now: float) -> Bools:
        """By row of the client: is a report due?"""
        capacity = self._table.capacity
        waiting = np.bincount(rows, minlength=capacity)
        ended = np.zeros(capacity, bool)
        ended[rows[markers]] = True
        interval = np.where(ended & (waiting >= ENOUGH), AFTER_FRAME, INTERVAL)
        at = self._table.array("reported") + interval
        due: Bools = (waiting > 0) & ((waiting > MOST) | (at <= now + EARLY))
        return due

    # ---- few

    def _take_few(self, now: float) -> list[Body]:
        table = self._table
        found: dict[int, tuple[list[int], list[float], list[bool]]] = {}
        for row, number, time, marker in self._packets():
            if row not in found:
                found[row] = [], [], []
            numbers, times, markers = found[row]
            numbers.append(number)
            times.append(time)
            markers.append(marker)
        bodies, left = [], []
        for row, (numbers, times, markers) in found.items():
            if not table.uncovered[row]:
                table.uncovered[row] = FIRST + numbers[0]
                table.reported[row] = times[0]
            if self._is_due(row, markers, now):
                bodies += self._build(row, numbers, [int(time * 1e6) // TICK for time in times])
                table.reported[row] = now
            else:
                left.append(table.reported[row])
                self._rows += [row] * len(numbers)
                self._numbers += numbers
                self._times += times
                self._markers += markers
        self.due = look_again(np.array(left), now)
        return bodies

    def _packets(self) -> list[tuple[int, int, float, bool]]:
        """Take all that waits, in the order in which it was told."""
        packets: list[tuple[int, int, float, bool]] = []
        for chunk in self._chunks:
            packets += zip(*(part.tolist() for part in chunk), strict=True)
        packets += zip(self._rows, self._numbers, self._times, self._markers, strict=True)
        self._chunks = []
        self._clear()
        return packets

    def _is_due(self, row: int, markers: list[bool], now: float) -> bool:
        waiting = len(markers)
        hurries = waiting >= ENOUGH and any(markers)
        at = self._table.reported[row] + (AFTER_FRAME if hurries else INTERVAL)
        return waiting > MOST or at <= now + EARLY

    # ---- bodies

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


def look_again(reported: Floats, now: float) -> float:
    """When to look at clients whose last reports left then: a frame may end meanwhile."""
    if not len(reported):
        return math.inf
    soon = reported + AFTER_FRAME
    return on_grid(float(np.where(now + EARLY < soon, soon, reported + INTERVAL).min()))


def keep(chunk: Chunk, which: Bools) -> Chunk:
    rows, numbers, times, markers = chunk
    return rows[which], numbers[which], times[which], markers[which]


def join(chunks: list[Chunk]) -> Chunk:
    rows, numbers, times, markers = map(np.concatenate, zip(*chunks, strict=True))
    return rows, numbers, times, markers


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
