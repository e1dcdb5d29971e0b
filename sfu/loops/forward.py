"""A batch from the ring to the arena: all that needs no decision, in one call.

A call of a compiled function costs as much as some packets, and a process that wakes up for a few
packets pays it each time with cold caches. So the loops call each other, and come back only when
there is something that they leave to Python. Then they are called again, from that point on.
"""

from typing import NamedTuple

import numpy as np

from sfu.arena import ROWS, SLICE, Times
from sfu.loops import control, take
from sfu.loops.locate import locate
from sfu.loops.odd import find_odd
from sfu.loops.reports import tell
from sfu.loops.seal import Unsealing, unseal
from sfu.loops.sort import SORTED, sort
from sfu.loops.spread import ROW, spread
from sfu.loops.take import (
    COUNTS,
    GAP,
    N_ARRIVED,
    N_ROWS,
    N_STREAMS,
    N_UNSERVED,
    TAKEN,
)
from sfu.loops.write import write
from sfu.ring import BLOCK
from sfu.tables import Floats, Ints, Longs, Numbers, Octets, Rows, Shorts, Words
from sfu.tally import (
    BYTES_IN,
    CONTROL_IN,
    MALFORMED,
    PACKETS_IN,
    TURN,
    UNAUTHENTIC,
    UNSERVED,
    WAITING,
    note_batch,
)
from turn.compiling import compiled

SMALLEST = 1 << 12  # rows for which there is room from the start

# Where a call begins, and what is to be done before the next one can begin there.
SORT = 0
UNSEAL = 1  # after those that are not media of known streams
LOOK = 2  # after the packets were unsealed
TAKE = 3  # after streams were settled: those in `streams`
SPREAD = 4  # after room was made for N_ROWS
DONE = 5

# Counted beside what `take` counts.
N_FOUND, N_PACKETS, N_OCTETS, N_REFUSED, N_UNSURE, N_WRITTEN, N_DUE = range(COUNTS, COUNTS + 7)
CONTROLS = COUNTS + 7  # and behind them, what `control.receive` counts


class Tables(NamedTuple):
    """What is known; good until one of them grows."""

    octets: Octets  # the ring's memory, in three ways
    words: Words
    longs: Longs
    cursor: Ints
    generations: Ints
    clients: Rows
    streams: Rows
    seen: Numbers
    packets: Rows
    sources: Rows
    subscriptions: Rows
    listed: Rows
    log: Ints
    history: Rows
    repeats: Rows
    acked: Rows
    voices: Rows
    arrived: Rows  # arrivals, of which the first so many wait
    tally: Ints
    controls: Rows  # SSRCs of RTCP
    targets: Rows  # subscriptions by SSRC


class Drained(NamedTuple):
    """What a drain has brought: the columns of a `ring.Batch`, and whose an address is."""

    routes: Rows
    names: Words
    lengths: Shorts
    arrivals: Floats
    lengths_address: int


class Desk(NamedTuple):
    """What is written while a batch is worked on."""

    senders: Ints  # by position: its client
    kinds: Octets  # by position
    media: Rows  # unsealed packets of known streams
    taken: Rows
    gaps: Rows
    alone: Ints
    streams: Ints
    rows: Rows
    order: Ints
    counts: Ints

    @classmethod
    def room(cls) -> "Desk":
        """For all that can land at once."""
        return cls(
            np.zeros(BLOCK, np.int64),
            np.zeros(BLOCK, np.uint8),
            np.zeros(BLOCK, SORTED),
            np.zeros(BLOCK, TAKEN),
            np.zeros(BLOCK, GAP),
            np.zeros(BLOCK, np.int64),
            np.zeros(BLOCK, np.int64),
            np.zeros(SMALLEST, ROW),
            np.zeros(SMALLEST, np.int64),
            np.zeros(CONTROLS + control.COUNTS, np.int64),
        )

    def with_room(self, rows: int) -> "Desk":
        """The same, for so many rows."""
        return self._replace(rows=np.zeros(rows, ROW), order=np.zeros(rows, np.int64))


class Sheet(NamedTuple):
    """The arena's memory, in three ways, and its columns."""

    longs: Longs
    words: Words
    octets: Octets
    columns: Rows


@compiled
def forward(
    begin: int, tables: Tables, drained: Drained, count: int, desk: Desk, unsealing: Unsealing,
    sheet: Sheet, place: int, times: Times,
) -> int:  # fmt: skip
    """Packets of the first rows of the ring become rows of the arena from `place` on.

    The ring has room for so many, and so has the list of arrivals. Returns where to go on.
    """
    counts, tally = desk.counts, tables.tally
    if begin in (SORT, TAKE):
        tally[TURN] += 1
    turn = tally[TURN]
    if begin == SORT:
        counts[:] = 0
        note_batch(tally, count)
        locate(drained.routes, drained.names, count, desk.senders)
        counts[N_FOUND], counts[N_PACKETS], counts[N_OCTETS] = sort(
            tables.words, drained.lengths, count, desk.senders, tables.clients, tables.sources,
            turn, desk.kinds, desk.media,
        )  # fmt: skip
        if counts[N_FOUND] < count and has_others(
            tables, drained, count, desk, unsealing, times.now
        ):  # fmt: skip
            return UNSEAL
    if begin <= UNSEAL:
        if not unsealing.unprotect:
            return LOOK
        counts[N_REFUSED] = unseal(
            unsealing.unprotect, unsealing.contexts, desk.media, counts[N_FOUND],
            unsealing.memory, drained.lengths_address,
        )  # fmt: skip
    if begin <= TAKE:
        counts[N_UNSURE] = find_odd(
            tables.words, tables.octets, drained.lengths, desk.media, counts[N_FOUND],
            tables.streams, turn, desk.streams,
        )  # fmt: skip
        if counts[N_UNSURE] and begin < TAKE:
            return TAKE
        take.take(
            tables.octets, tables.longs, tables.cursor, tables.generations, drained.lengths,
            drained.arrivals, desk.media, counts[N_FOUND], tables.streams, tables.seen,
            tables.packets, turn, desk.taken, desk.alone, tables.arrived, tally[WAITING],
            tables.voices, desk.gaps, desk.streams, counts,
        )  # fmt: skip
        if counts[N_ROWS] > len(desk.order):
            return SPREAD
    spread_and_write(tables, turn, desk, sheet, place, times)
    settle(counts, tally)
    return DONE


@compiled
def settle(counts: Ints, tally: Ints) -> None:
    """Of a batch that is done."""
    tally[PACKETS_IN] += counts[N_PACKETS]
    tally[BYTES_IN] += counts[N_OCTETS]
    tally[UNSERVED] += counts[N_UNSERVED]
    tally[UNAUTHENTIC] += counts[N_REFUSED] + counts[CONTROLS + control.N_FORGED]
    tally[MALFORMED] += counts[CONTROLS + control.N_BROKEN]
    tally[CONTROL_IN] += counts[CONTROLS + control.N_CONTROL]
    counts[N_DUE] = tell(tally, counts[N_ARRIVED])


@compiled
def has_others(
    tables: Tables, drained: Drained, count: int, desk: Desk, unsealing: Unsealing, now: float
) -> bool:  # fmt: skip
    """What is neither media nor feedback nor a usual report is left to Python."""
    counts = desk.counts[CONTROLS:]
    if unsealing.unprotect_control:
        control.receive(
            unsealing.unprotect_control, unsealing.contexts, unsealing.memory,
            drained.lengths_address, count, drained.lengths, drained.arrivals, desk.kinds,
            desk.senders, known(tables), now, counts,
        )  # fmt: skip
    settled: int = counts[control.N_SETTLED] + desk.counts[N_FOUND]
    return settled < count


@compiled
def known(tables: Tables) -> control.Known:
    return control.Known(
        tables.octets, tables.words, tables.clients, tables.log, tables.acked, tables.controls,
        tables.sources, tables.targets, tables.subscriptions, tables.streams,
    )  # fmt: skip


@compiled
def spread_and_write(
    tables: Tables, turn: int, desk: Desk, sheet: Sheet, place: int, times: Times
) -> None:
    """The rows, if all of them fit into the arena and are one slice."""
    rows = desk.counts[N_ROWS]
    if not rows:
        return
    spread(
        tables.streams, tables.clients, tables.subscriptions, tables.listed, desk.streams,
        desk.counts[N_STREAMS], desk.taken, turn, desk.rows, desk.order,
    )  # fmt: skip
    if rows <= SLICE and place + rows <= ROWS:
        write_rows(tables, desk, 0, rows, sheet, place, times)
        desk.counts[N_WRITTEN] = rows


@compiled
def write_rows(
    tables: Tables, desk: Desk, begin: int, end: int, sheet: Sheet, place: int, times: Times
) -> None:
    """Some of the rows that were spread."""
    write(
        tables.longs, sheet.longs, sheet.words, sheet.octets, desk.rows, desk.order, begin, end,
        place, desk.taken, tables.streams, tables.subscriptions, tables.clients, tables.log,
        tables.history, tables.repeats, sheet.columns, times.now, times.send_time,
        times.log_time,
    )  # fmt: skip
