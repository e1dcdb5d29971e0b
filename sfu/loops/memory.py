"""What the loops work on, found by addresses: for a call that takes but one array.

`put` writes where arrays stand, two numbers for each: address, length. The functions make the same
arrays of them again. What is given so must not move or be freed meanwhile.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfu.arena import COLUMNS
from sfu.fanout import Listed
from sfu.history import History, Repeats
from sfu.loops.acks import ACKED
from sfu.loops.forward import Desk, Drained, Sheet, Tables
from sfu.loops.locate import NAME, ROUTE
from sfu.loops.reports import ARRIVED
from sfu.loops.sort import SORTED
from sfu.loops.spread import ROW
from sfu.loops.take import GAP, TAKEN
from sfu.loops.voices import Voices
from sfu.ring import SLOT
from sfu.sources import ENTRY
from sfu.tables import LOG, WINDOW, Clients, Ints, Packets, Streams, Subscriptions
from turn.compiling import compiled, view

LONGS = SLOT // 8
CLIENT, STREAM, SUBSCRIPTION = Clients.ROW, Streams.ROW, Subscriptions.ROW
PACKET, LISTED, SENT, REPEATED = Packets.ROW, Listed.ROW, History.ROW, Repeats.ROW
VOICE = Voices.ROW

TABLES = 2 * len(Tables._fields)  # numbers that each takes
DRAINED = 2 * (len(Drained._fields) - 1)  # the address of its lengths is there already
DESK = 2 * len(Desk._fields)
SHEET = 2 * len(Sheet._fields)


def put(at: Ints, place: int, arrays: Iterable[NDArray[Any]]) -> None:
    for array in arrays:
        assert array.flags.c_contiguous
        at[place], at[place + 1] = array.ctypes.data, len(array)
        place += 2


@compiled
def column(at: Ints, place: int, dtype: Any) -> Any:
    """One value, or one row, after the other."""
    return view(at[place], (at[place + 1],), dtype)


@compiled
def grid(at: Ints, place: int, width: int, dtype: Any) -> Any:
    """So many values in each row."""
    return view(at[place], (at[place + 1], width), dtype)


@compiled
def tables(at: Ints, place: int) -> Tables:
    return Tables(
        column(at, place, np.uint8),
        column(at, place + 2, np.uint32),
        column(at, place + 4, np.uint64),
        column(at, place + 6, np.int64),
        column(at, place + 8, np.int64),
        column(at, place + 10, CLIENT),
        column(at, place + 12, STREAM),
        grid(at, place + 14, WINDOW, np.uint16),
        column(at, place + 16, PACKET),
        column(at, place + 18, ENTRY),
        column(at, place + 20, SUBSCRIPTION),
        column(at, place + 22, LISTED),
        grid(at, place + 24, LOG, np.int64),
        column(at, place + 26, SENT),
        column(at, place + 28, REPEATED),
        column(at, place + 30, ACKED),
        column(at, place + 32, VOICE),
        column(at, place + 34, ARRIVED),
        column(at, place + 36, np.int64),
        column(at, place + 38, ENTRY),
        column(at, place + 40, ENTRY),
    )


@compiled
def drained(at: Ints, place: int) -> Drained:
    return Drained(
        column(at, place, ROUTE),
        grid(at, place + 2, NAME, np.uint32),
        column(at, place + 4, np.int32),
        column(at, place + 6, np.float64),
        at[place + 4],
    )


@compiled
def desk(at: Ints, place: int) -> Desk:
    return Desk(
        column(at, place, np.int64),
        column(at, place + 2, np.uint8),
        column(at, place + 4, SORTED),
        column(at, place + 6, TAKEN),
        column(at, place + 8, GAP),
        column(at, place + 10, np.int64),
        column(at, place + 12, np.int64),
        column(at, place + 14, ROW),
        column(at, place + 16, np.int64),
        column(at, place + 18, np.int64),
    )


@compiled
def sheet(at: Ints, place: int) -> Sheet:
    return Sheet(
        grid(at, place, LONGS, np.uint64),
        column(at, place + 2, np.uint32),
        column(at, place + 4, np.uint8),
        column(at, place + 6, COLUMNS),
    )
