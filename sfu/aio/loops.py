"""From the socket to the socket in one call: what a wake usually is.

Python is asked afterwards for what is not regular, and for what the system did not take.
"""

import numpy as np

from sfu.arena import COLUMNS, times_at
from sfu.loops import memory
from sfu.loops.forward import DONE, N_WRITTEN, SORT, Desk, Sheet, Tables, forward
from sfu.loops.reports import ARRIVED
from sfu.loops.seal import Sealing, Unsealing, finish, point
from sfu.loops.take import N_ALONE
from sfu.tables import ADDRESS, Ints
from turn.aio.loops import CONTROL, STAMPED, collect, prepare
from turn.aio.mmsg import DONT_WAIT, MESSAGE_WORDS, VECTOR_WORDS, WHOLE_LENGTH
from turn.compiling import call, compiled, i64
from turn.segments import Packets

# A constant is given as `i64` of it: numba would compile what is called for that value alone.

# Numbers at the beginning of what `turn` is given: to be set each time,
(
    OFFSET, CLOCK, TURN, WAITING, USUAL, SEND_FILE,
    # to be set once, or when they change,
    FILE, MOST, RECEIVE, RECEIVE_MESSAGES, SEND, UNPROTECT, UNPROTECT_CONTROL, PROTECT,
    PROTECT_CONTROL, RING, ARENA, COLUMN_LENGTHS, JOINS, ADDRESSES_AT, SEND_MESSAGES, SEND_VECTORS,
    NAME_WORDS,
    # and what it tells: datagrams that came, those that go one by one, rows that were sealed, ...
    CAME, ALONE, SEALED, FAILED, PACKETS_OUT, OCTETS_OUT, MISSING, LEAVING, OTHERS, MESSAGES, SENT,
    NUMBERS,
) = range(35)  # fmt: skip

# Behind them the arrays, in groups.
TABLES = NUMBERS
DRAINED = TABLES + memory.TABLES
DESK = DRAINED + memory.DRAINED
SHEET = DESK + memory.DESK
# waiting arrivals; contexts of receivers, of senders;
OTHER = SHEET + memory.SHEET
# headers, control data and addresses of what comes;
RECEIVING = OTHER + 6
# pointers, lengths and owners of what leaves; starts, headers, vectors, control data, addresses
SENDING = RECEIVING + 6
SIZE = SENDING + 16
COLUMN_SIZE = COLUMNS.itemsize


@compiled
def turn(at: Ints, now: float) -> int:
    """Returns where `forward` has to go on. CAME: 0 or less when nothing is there or it failed."""
    came = 0
    if at[RECEIVE]:
        flags = DONT_WAIT | WHOLE_LENGTH
        came = call(at[RECEIVE], (at[FILE], at[RECEIVE_MESSAGES], at[MOST], flags, 0))
    at[CAME] = came
    at[SEALED] = 0
    if came <= 0:
        return DONE
    given = memory.drained(at, DRAINED)
    collect(
        memory.grid(at, RECEIVING, MESSAGE_WORDS, np.uint64),
        memory.grid(at, RECEIVING + 2, STAMPED // 8, np.int64),
        memory.grid(at, RECEIVING + 4, at[NAME_WORDS], np.uint32),
        i64(0), came, at[OFFSET], at[CLOCK], given.lengths, given.arrivals, given.names,
    )  # fmt: skip
    tables, desk = memory.tables(at, TABLES), memory.desk(at, DESK)
    sheet = memory.sheet(at, SHEET)
    step = forward(
        i64(SORT), tables, given, came, at[TURN], desk,
        Unsealing(
            at[UNPROTECT], at[UNPROTECT_CONTROL], memory.column(at, OTHER + 2, np.int64), at[RING]
        ),
        memory.column(at, OTHER, ARRIVED), at[WAITING], sheet, i64(0),
        times_at(now),
    )  # fmt: skip
    at[ALONE] = desk.counts[N_ALONE]
    if desk.counts[N_WRITTEN]:
        leave(at, tables, desk, sheet)
    return step


@compiled
def leave(at: Ints, tables: Tables, desk: Desk, sheet: Sheet) -> None:
    """Seal what was written and send it."""
    at[SEALED] = desk.counts[N_WRITTEN]
    packets = Packets(
        memory.column(at, SENDING, np.int64),
        memory.column(at, SENDING + 2, np.int32),
        memory.column(at, SENDING + 4, np.int64),
    )
    sealing = Sealing(at[PROTECT], at[PROTECT_CONTROL], memory.column(at, OTHER + 4, np.int64))
    at[FAILED], at[PACKETS_OUT], at[OCTETS_OUT], at[MISSING] = finish(
        sealing, sheet.columns, at[SEALED], sheet.octets, at[ARENA], at[COLUMN_LENGTHS],
        i64(COLUMN_SIZE), tables.repeats,
    )  # fmt: skip
    at[LEAVING], at[OTHERS] = point(
        sheet.columns, at[SEALED], at[ARENA], tables.clients, at[USUAL], packets
    )
    at[MESSAGES] = at[SENT] = 0
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
