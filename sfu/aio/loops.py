"""From the socket to the socket in one call: what a wake usually is.

What comes by the relay, or leaves by it, is part of that. Python is asked afterwards for what is
not regular, and for what the system or the relay did not take.
"""

import numpy as np

from sfu.arena import COLUMNS, times_at
from sfu.loops import memory
from sfu.loops.forward import (
    DONE,
    N_DUE,
    N_WRITTEN,
    SORT,
    Desk,
    Drained,
    Sheet,
    Tables,
    forward,
)
from sfu.loops.seal import Sealing, Unsealing, finish, point
from sfu.loops.take import N_ALONE, N_GAPS, N_ODD, N_ROWS
from sfu.ring import END, NEXT
from sfu.tables import ADDRESS, Ints
from sfu.tally import GROWTHS, WAITING
from turn.aio.loops import CONTROL, SECOND, STAMPED, collect, monotonic, prepare
from turn.aio.mmsg import DONT_WAIT, MESSAGE_WORDS, VECTOR_WORDS, WHOLE_LENGTH
from turn.beside import ORDER
from turn.compiling import call, compiled, i64, view
from turn.segments import Packets

# A constant is given as `i64` of it: numba would compile what is called for that value alone.

# Numbers at the beginning of what `turn` is given: to be set each time,
(
    OFFSET, CLOCK,
    # to be set once, or when they change,
    USUAL, FILE, MOST, RECEIVE, RECEIVE_MESSAGES, SEND, UNPROTECT, UNPROTECT_CONTROL,
    PROTECT, PROTECT_CONTROL, RING, ARENA, COLUMN_LENGTHS, JOINS, ADDRESSES_AT, SEND_MESSAGES,
    SEND_VECTORS, NAME_WORDS,
    # what stands here for is good as long as the tally has this number of growths,
    KNOWN,
    # by the relay: the number of the first of its ways and how many there are, what takes an ORDER
    # (`turn/compiling.py`: Taker), and where that is; clock_gettime and room for what it tells,
    WAY, WAYS, WAY_FUNCTION, WAY_WORD, WAY_ORDER, CLOCK_AT, CLOCK_SECONDS, CLOCK_NANOSECONDS,
    # and what it tells: datagrams that came, how far they have come, rows that were sealed, ...
    CAME, STEP, SEALED, LEAVING, OTHERS, MESSAGES, SENT,
    # the way by which something has left that the relay has to be asked for; of `given` alone what
    # it returned, and its nanoseconds in all;
    WAY_LEFT, RESULT, SPENT,
    # the number of the socket by which LEAVING, MESSAGES and SENT are; and where the files of all
    # sockets stand, how many there are.
    SOCKET, FILES, SOCKETS,
    NUMBERS,
) = range(43)  # fmt: skip

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
# pointers, lengths and owners of what leaves by the relay
WAY_SENDING = SENDING + 16
SIZE = WAY_SENDING + 6
COLUMN_SIZE = COLUMNS.itemsize
TALLY = Tables._fields.index("tally")
WORD = 8  # bytes


@compiled
def turn(at: Ints, now: float) -> int:
    """Python looks only at what is left. CAME: 0 or less when nothing is there or it failed.

    NO_ROOM: nothing was done, since what comes could not be kept.
    """
    at[CAME] = 0
    if not at[RECEIVE]:
        return NOTHING_CAME
    tables = memory.tables(at, TABLES)
    if not has_room(at, tables):
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
    return carry(at, tables, given, came, now)


@compiled
def given(at: Ints, came: int) -> int:
    """So many datagrams are in the first rows already: the relay has put them there.

    NO_ROOM: nothing was done, since what comes could not be kept, or since something has moved.
    """
    at[CAME], at[RESULT] = came, NO_ROOM
    if not at[CLOCK_AT] or at[KNOWN] < 0:
        return NO_ROOM
    if memory.column(at, TABLES + 2 * TALLY, np.int64)[GROWTHS] != at[KNOWN]:
        return NO_ROOM
    where = at.ctypes.data + WORD * CLOCK_SECONDS
    tables = memory.tables(at, TABLES)
    if not has_room(at, tables):
        return NO_ROOM
    now = monotonic(at[CLOCK_AT], where)
    at[RESULT] = carry(at, tables, memory.drained(at, DRAINED), i64(came), now)
    at[SPENT] += i64((monotonic(at[CLOCK_AT], where) - now) * SECOND)
    return i64(at[RESULT])


def given_entry(at_address: int, came: int) -> int:
    """`given` for the relay's loops, as a C function."""
    return given(view(at_address, (SIZE,), np.int64), came)


@compiled
def has_room(at: Ints, tables: Tables) -> bool:
    """For all that can come at once."""
    if tables.cursor[NEXT] + at[MOST] > tables.cursor[END]:
        return False
    return bool(tables.tally[WAITING] + at[MOST] <= len(tables.arrived))


@compiled
def carry(at: Ints, tables: Tables, given: Drained, came: int, now: float) -> int:
    """What has come into the first rows goes on to where it is for."""
    at[SEALED] = at[OTHERS] = at[MESSAGES] = at[SENT] = at[WAY_LEFT] = 0
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
    if at[STEP] != DONE or at[SENT] < at[MESSAGES] or at[OTHERS] or at[WAY_LEFT]:
        return SOME_LEFT
    return SOME_LEFT if is_left(desk.counts) else NOTHING_LEFT


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
    at[SOCKET] = at[USUAL]
    at[LEAVING], at[OTHERS] = point(
        sheet.columns, at[SEALED], at[ARENA], tables.clients, at[USUAL], packets
    )
    files = view(at[FILES], (at[SOCKETS],), np.int64)
    send(at, packets, files[at[USUAL]])
    for number in range(at[SOCKETS]):
        if at[OTHERS] == 0 or at[SENT] < at[MESSAGES]:
            break  # Python goes on with what is prepared
        if number == at[USUAL]:
            continue
        found, _ = point(sheet.columns, at[SEALED], at[ARENA], tables.clients, i64(number), packets)
        if found:
            at[SOCKET], at[LEAVING] = number, found
            at[OTHERS] -= found
            send(at, packets, files[number])
    if at[OTHERS] and at[WAY_FUNCTION]:
        leave_by_relay(at, tables, sheet)


@compiled
def send(at: Ints, packets: Packets, file: int) -> None:
    """So many as are LEAVING, by a socket."""
    if not at[LEAVING]:
        return
    at[MESSAGES] = prepare(
        packets, i64(0), at[LEAVING], at[JOINS] != 0,
        memory.grid(at, SENDING + 14, ADDRESS, np.uint8), at[ADDRESSES_AT],
        memory.column(at, SENDING + 6, np.int64),
        memory.grid(at, SENDING + 8, MESSAGE_WORDS, np.uint64),
        memory.grid(at, SENDING + 10, VECTOR_WORDS, np.uint64), at[SEND_VECTORS],
        memory.grid(at, SENDING + 12, CONTROL // 8, np.int64),
    )  # fmt: skip
    at[SENT] = call(at[SEND], (file, at[SEND_MESSAGES], at[MESSAGES], DONT_WAIT))


@compiled
def leave_by_relay(at: Ints, tables: Tables, sheet: Sheet) -> None:
    """What is for its clients, until it has something for Python."""
    packets = Packets(
        memory.column(at, WAY_SENDING, np.int64),
        memory.column(at, WAY_SENDING + 2, np.int32),
        memory.column(at, WAY_SENDING + 4, np.int64),
    )
    order = view(at[WAY_ORDER], (1,), ORDER)[0]
    for way in range(at[WAY], at[WAY] + at[WAYS]):
        found, _ = point(sheet.columns, at[SEALED], at[ARENA], tables.clients, i64(way), packets)
        if found == 0:
            continue
        at[OTHERS] -= found
        order.socket, order.count = way - at[WAY], found
        order.pointers, order.lengths = at[WAY_SENDING], at[WAY_SENDING + 2]
        order.owners = at[WAY_SENDING + 4]
        order.addresses, order.rows = at[ADDRESSES_AT], at[SENDING + 15]
        if call(at[WAY_FUNCTION], (at[WAY_WORD], at[WAY_ORDER])):
            at[WAY_LEFT] = way
            return
        if at[OTHERS] == 0:
            return
