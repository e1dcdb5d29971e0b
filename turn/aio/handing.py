"""Between the relay and media in its process, each way without Python (`turn/beside.py`)."""

import numpy as np

from turn.aio.loops import ADDRESS, monotonic
from turn.aio.numbers import (
    BESIDE_N,
    CAME,
    CLOCK,
    CLOCK_SECONDS,
    GIVEN,
    GIVEN_N,
    HEAD,
    KEYS,
    LANDINGS,
    LANDINGS_N,
    LEFT,
    MEDIA_NAMES,
    NUMBERS,
    OCTETS,
    ORIGINS,
    RATE,
    RECEIVE_NAMES,
    RELAYS,
    SLOT,
    SLOTS,
    SOURCES,
    SOURCES_N,
    TOLD,
    clear,
    column,
    sum_up,
    tables,
    taken,
)
from turn.aio.sending import leave
from turn.beside import LANDING, ORDER, PORTS, bring, hand_over
from turn.compiling import call, compiled, i64, view
from turn.lanes import KEY, NAME, Rows
from turn.passing import Ints
from turn.segments import Packets

WORD = 8  # bytes


@compiled
def landings(at: Ints) -> Rows:
    found: Rows = view(at[LANDINGS], (at[LANDINGS_N],), LANDING)
    return found


@compiled
def give(at: Ints, number: int, octets_at: int, size: int) -> int:
    """Of what has come the part that is for this socket of media in our process, from 0 on.

    Returns how much that is; `octets_at` is where it came to, so many bytes.
    """
    sources = view(at[SOURCES], (at[SOURCES_N], NAME), np.uint32)
    octets = view(octets_at, (size,), np.uint8)
    now = monotonic(at[CLOCK], at.ctypes.data + WORD * CLOCK_SECONDS)
    return hand_over(
        tables(at), sources, taken(at), at[CAME], i64(number + 1), octets, landings(at)[number], now
    )


@compiled
def give_all(at: Ints) -> None:
    """To media what is for it. Where it has no loop to take it, or that leaves something, Python
    goes on from there.
    """
    for number in range(at[LANDINGS_N]):
        landing = landings(at)[number]
        if at[BESIDE_N] == 0 or landing.function == 0:
            return
        count = give(at, number, at[OCTETS], SLOTS * SLOT)
        if count == 0:
            continue
        at[BESIDE_N] -= count
        if call(i64(landing.function), (i64(landing.word), count)):
            at[GIVEN], at[GIVEN_N] = number + 1, count
            return


@compiled
def take(at: Ints, order: Rows, begin: int) -> int:
    """What media in our process sends to relayed addresses, from `begin` on, as far as there is
    room; returns how far.
    """
    clear(at)
    what = order[0]
    count, rows = i64(what.count), i64(what.rows)
    packets = Packets(
        view(what.pointers, (count,), np.int64),
        view(what.lengths, (count,), np.int32),
        view(what.owners, (count,), np.int64),
    )
    known, took = tables(at), taken(at)
    octets = view(at[OCTETS], (SLOTS * SLOT,), np.uint8)
    end = min(count, begin + SLOTS)
    at[CAME] = end - begin
    where = at.ctypes.data
    rate = view(where + WORD * RATE, (1,), np.float64)[0]
    source = view(at[MEDIA_NAMES] + 4 * NAME * i64(what.socket), (NAME,), np.uint32)
    at[LEFT] = bring(
        known, view(at[RELAYS], (2 * PORTS,), np.int32), packets, begin, end,
        view(what.addresses, (rows, ADDRESS), np.uint8), source, octets, i64(SLOT), i64(HEAD),
        view(at[RECEIVE_NAMES], (SLOTS, NAME), np.uint32), column(at[ORIGINS]),
        view(at[KEYS], (KEY,), np.uint32), took, rate,
        monotonic(at[CLOCK], where + WORD * CLOCK_SECONDS),
    )  # fmt: skip
    if at[CAME] > at[LEFT]:
        leave(at, known, took, octets, at[OCTETS], at[CAME])
    sum_up(at)
    return end


@compiled
def take_all(at_address: int, order_address: int) -> int:
    """As much of it as needs no Python. Not 0: Python has to look (TOLD), and to go on with what
    was not `reached`.
    """
    at = view(at_address, (NUMBERS,), np.int64)
    order = view(order_address, (1,), ORDER)
    reached, count = i64(0), i64(order[0].count)
    told = i64(0)
    while reached < count and told == 0:
        reached = take(at, order, reached)
        told = at[TOLD]
    order[0].reached = reached
    return i64(told != 0)


def take_entry(at_address: int, order_address: int) -> int:
    """`take_all` for media's loops, as a C function."""
    return take_all(at_address, order_address)
