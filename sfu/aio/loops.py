"""From the socket to the socket in one call: what a wake usually is.

Python is asked afterwards for what is not regular, and for what the system did not take.
"""

import numpy as np

from sfu.arena import COLUMNS, times_at
from sfu.loops import memory
from sfu.loops.forward import DONE, N_DUE, N_WRITTEN, SORT, Desk, Sheet, Tables, forward
from sfu.loops.seal import Sealing, Unsealing, finish, point
from sfu.loops.take import N_ALONE, N_GAPS, N_ODD, N_ROWS
from sfu.ring import END, NEXT
from sfu.tables import ADDRESS, Ints
from sfu.tally import WAITING
from turn.aio.loops import CONTROL, STAMPED, collect, prepare
from turn.aio.mmsg import DONT_WAIT, MESSAGE_WORDS, VECTOR_WORDS, WHOLE_LENGTH
from turn.compiling import call, compiled, i64
from turn.segments import Packets

# A constant is given as `i64` of it: numba would compile what is called for that value alone.

# Numbers at the beginning of what `turn` is given: to be set each time,
(
    OFFSET, CLOCK,
    # to be set once, or when they change,
    USUAL, SEND_FILE, FILE, MOST, RECEIVE, RECEIVE_MESSAGES, SEND, UNPROTECT, UNPROTECT_CONTROL,
    PROTECT, PROTECT_CONTROL, RING, ARENA, COLUMN_LENGTHS, JOINS, ADDRESSES_AT, SEND_MESSAGES,
    SEND_VECTORS, NAME_WORDS,
    # and what it tells: datagrams that came, how far they have come, rows that were sealed, ...
    CAME, STEP, SEALED, LEAVING, OTHERS, MESSAGES, SENT,
    NUMBERS,
) = range(29)  # fmt: skip

# What `turn` returns.
NOTHING_LEFT, SOME_LEFT, NOTHING_CAME, NO_ROOM = range(4)

# Behind them the arrays, in groups.
TABLES = NUMBERS
DRAINED = TABLES + memory.TABLES
DESK = DRAINED + memory.DRAINED
SHEET = DESK + memory.DESK
# contexts of receivers, of senders;
OTHER = SHEET + memory.SHEET
# headers, control data and addresses of what comes;
RECEIVING = OTHER + 4
# pointers, lengths and owners of what leaves; starts, headers, vectors, control data, addresses
SENDING = RECEIVING + 6
SIZE = SENDING + 16
COLUMN_SIZE = COLUMNS.itemsize


@compiled
def turn(at: Ints, now: float) -> int:
    """Python looks only at what is left. CAME: 0 or less when nothing is there or it failed.

    NO_ROOM: nothing was done, since what comes could not be kept.
    """
    at[CAME] = at[SEALED] = at[OTHERS] = at[MESSAGES] = at[SENT] = 0
    if not at[RECEIVE]:
        return NOTHING_CAME
    tables = memory.tables(at, TABLES)
    if tables.cursor[NEXT] + at[MOST] > tables.cursor[END]:
        return NO_ROOM
    if tables.tally[WAITING] + at[MOST] > len(tables.arrived):
        return NO_ROOM
    flags = DONT_WAIT | WHOLE_LENGTH
    came = call(at[RECEIVE], (at[FILE], at[RECEIVE_MESSAGES], at[MOST], flags, 0))
    at[CAME] = came
    if came <= 0:
        return NOTHING_CAME
    given = memory.drained(at, DRAINED)
    collect(
        memory.grid(at, RECEIVING, MESSAGE_WORDS, np.uint64),
        memory.grid(at, RECEIVING + 2, STAMPED // 8, np.int64),
        memory.grid(at, RECEIVING + 4, at[NAME_WORDS], np.uint32),
        i64(0), came, at[OFFSET], at[CLOCK], given.lengths, given.arrivals, given.names,
    )  # fmt: skip
    desk, sheet = memory.desk(at, DESK), memory.sheet(at, SHEET)
    at[STEP] = forward(
        i64(SORT), tables, given, came, desk,
        Unsealing(
            at[UNPROTECT], at[UNPROTECT_CONTROL], memory.column(at, OTHER, np.int64), at[RING]
        ),
        sheet, i64(0), times_at(now),
    )  # fmt: skip
    if desk.counts[N_WRITTEN]:
        leave(at, tables, desk, sheet)
    if at[STEP] != DONE or at[SENT] < at[MESSAGES] or at[OTHERS] or is_left(desk.counts):
        return SOME_LEFT
    return NOTHING_LEFT


@compiled
def is_left(counts: Ints) -> bool:
    """Is there something for `Regular.finish` in a batch that is done?"""
    if counts[N_ALONE] or counts[N_DUE] or counts[N_ODD] or counts[N_GAPS]:
        return True
    return bool(counts[N_WRITTEN] < counts[N_ROWS])


@compiled
def leave(at: Ints, tables: Tables, desk: Desk, sheet: Sheet) -> None:
    """Seal what was written and send it."""
    at[SEALED] = desk.counts[N_WRITTEN]
    packets = Packets(
        memory.column(at, SENDING, np.int64),
        memory.column(at, SENDING + 2, np.int32),
        memory.column(at, SENDING + 4, np.int64),
    )
    sealing = Sealing(at[PROTECT], at[PROTECT_CONTROL], memory.column(at, OTHER + 2, np.int64))
    finish(
        sealing, sheet.columns, at[SEALED], sheet.octets, at[ARENA], at[COLUMN_LENGTHS],
        i64(COLUMN_SIZE), tables.repeats, tables.tally,
    )  # fmt: skip
    at[LEAVING], at[OTHERS] = point(
        sheet.columns, at[SEALED], at[ARENA], tables.clients, at[USUAL], packets
    )
    if at[LEAVING]:
        at[MESSAGES] = prepare(
            packets, i64(0), at[LEAVING], at[JOINS] != 0,
            memory.grid(at, SENDING + 14, ADDRESS, np.uint8), at[ADDRESSES_AT],
            memory.column(at, SENDING + 6, np.int64),
            memory.grid(at, SENDING + 8, MESSAGE_WORDS, np.uint64),
            memory.grid(at, SENDING + 10, VECTOR_WORDS, np.uint64), at[SEND_VECTORS],
            memory.grid(at, SENDING + 12, CONTROL // 8, np.int64),
        )  # fmt: skip
        at[SENT] = call(at[SEND], (at[SEND_FILE], at[SEND_MESSAGES], at[MESSAGES], DONT_WAIT))
