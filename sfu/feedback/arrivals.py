"""When packets with transport-wide numbers came, and the feedback about them for all clients.

What is to be reported waits in one list. `loops/reports.py` finds out whose report is due and makes
the usual ones; the other ones are built one by one (`twcc.build`).
"""

import math
from collections.abc import Callable

import numpy as np

from sfu.feedback import twcc
from sfu.feedback.twcc import AFTER_FRAME, TICK
from sfu.loops.reports import (
    ARRIVED,
    BEGINS,
    BODY,
    COUNTS,
    GRID,
    MANY,
    N_BODIES,
    SPARE,
    build_due,
    hang,
    keep_left,
    tell,
)
from sfu.tables import NEVER, Clients, Ints, Octets, Rows
from sfu.tally import TOLD, WAITING, make_tally

SMALLEST = 1 << 12  # packets for which there is room from the start

Body = tuple[int, bytes]  # row of the client, body for `rtcp.Twcc`


class Arrivals:
    """Tell it every packet that came with a number; ask `take` at `due` for reports.

    What a client's reports have covered, and when the last one left, stands in `tables.Clients`.
    """

    def __init__(
        self, table: Clients, tally: Ints | None = None, grown: Callable[[], None] = lambda: None
    ) -> None:
        """`grown` is called when `waiting` is another array than before."""
        self.due = math.inf  # seconds, when `take` has something to look at
        self.waiting: Rows = np.zeros(0, ARRIVED)
        self._table = table
        self._tally = make_tally() if tally is None else tally
        self._grown = grown
        self._turn = 0
        self._counts: Ints = np.zeros(COUNTS, np.int64)
        self._grow(SMALLEST)

    @property
    def count(self) -> int:
        """How many wait."""
        return int(self._tally[WAITING])

    def add(self, row: int, number: int, arrival: float, marker: bool) -> None:
        """A packet of a client with this 16-bit number. `marker`: it is the last of a frame."""
        self.room(1)
        self.waiting[self.count] = row, number, arrival, marker, NEVER
        self.told(1, arrival)

    def room(self, packets: int) -> None:
        """So many can be written behind those that wait; `told` is to be called then."""
        if self.count + packets > len(self.waiting):
            self._grow(2 * (self.count + packets))

    def told(self, packets: int, arrival: float) -> None:
        """So many were written, the first of which came then."""
        self.note_due(tell(self._tally, packets), arrival)

    def note_due(self, change: int, arrival: float) -> None:
        """Likewise, by a loop that has called `tell` itself and got this answer."""
        if change & BEGINS:
            self.due = min(self.due, on_grid(arrival + AFTER_FRAME))
        if change & MANY:  # a client may have as many as one report holds
            self.due = min(self.due, on_grid(arrival + GRID))

    def forget(self, row: int) -> None:
        """The client is gone; its row may be another's soon."""
        waiting = self.waiting[: self.count]
        kept = waiting[waiting["client"] != row]
        self._tally[WAITING] = len(kept)
        self.waiting[: len(kept)] = kept

    def take(self, now: float) -> list[Body]:
        """The reports that are due, of each client those about late packets first."""
        table, counts, bodies = self._table, self._counts, self._bodies
        self._tally[TOLD] = 0
        self._turn += 1
        found = hang(self.waiting, self.count, table.rows, self._turn, self._clients)
        again = build_due(
            self.waiting, table.rows, self._clients, found, now, bodies, self._octets, counts
        )
        self.due = math.inf if again == math.inf else on_grid(again)
        reports: list[Body] = []
        for row, start, length in bodies[: counts[N_BODIES]].tolist():
            if length:
                reports.append((row, self._octets[start : start + length].tobytes()))
            else:
                reports += self._build(row)
        self._tally[WAITING] = keep_left(self.waiting, self.count, table.rows)
        return reports

    def _build(self, row: int) -> list[Body]:
        """Of one client, whatever its packets."""
        table, entries = self._table, []
        at = table.told_first[row]
        while at != NEVER:
            entry = self.waiting[at]
            entries.append((int(entry["number"]), int(entry["time"] * 1e6) // TICK))
            at = int(entry["next"])
        base, report = table.uncovered[row], table.report_number[row]
        bodies, table.uncovered[row], table.report_number[row] = twcc.build(entries, base, report)
        return [(row, body) for body in bodies]

    def _grow(self, packets: int) -> None:
        waiting: Rows = np.zeros(packets, ARRIVED)
        waiting[: self.count] = self.waiting[: self.count]
        self.waiting = waiting
        self._grown()
        self._clients: Ints = np.zeros(packets, np.int64)
        self._bodies: Rows = np.zeros(packets, BODY)
        self._octets: Octets = np.zeros(packets * (1 + SPARE), np.uint8)


def on_grid(at: float) -> float:
    """The nearest multiple of GRID."""
    return round(at / GRID) * GRID
