"""Between the relay and media in its process, in one call each way (`turn/beside.py`)."""

import numpy as np

from turn.aio.loops import ADDRESS
from turn.aio.numbers import (
    BESIDE_N,
    CAME,
    FAULTS_N,
    HEAD,
    KEYS,
    LEFT,
    OCTETS,
    ORIGINS,
    RECEIVE_NAMES,
    RELAYS,
    SLOT,
    SLOTS,
    SOURCES,
    SOURCES_N,
    UNSENT_N,
    WRITTEN_N,
    column,
    sum_up,
    tables,
    taken,
)
from turn.aio.sending import leave
from turn.beside import PORTS, Landing, bring, hand_over
from turn.compiling import compiled, i64, view
from turn.lanes import KEY, NAME, Words
from turn.passing import Ints
from turn.segments import Packets


@compiled
def give(
    at: Ints, beside: int, octets_at: int, size: int, landing: Landing, now: float
) -> int:  # fmt: skip
    """Of what has come the part that is for this socket of media in our process. Returns how much
    that is; `octets_at` is where it came to, so many bytes.
    """
    sources = view(at[SOURCES], (at[SOURCES_N], NAME), np.uint32)
    octets = view(octets_at, (size,), np.uint8)
    return hand_over(tables(at), sources, taken(at), at[CAME], beside, octets, landing, now)


@compiled
def take(
    at: Ints, packets: Packets, begin: int, count: int, addresses_at: int, addresses_n: int,
    source: Words, now: float, rate: float,
) -> int:  # fmt: skip
    """What media in our process sends to relayed addresses, from `begin` on, as far as there is
    room; returns how far.
    """
    at[UNSENT_N] = at[WRITTEN_N] = at[FAULTS_N] = at[BESIDE_N] = 0
    known, took = tables(at), taken(at)
    octets = view(at[OCTETS], (SLOTS * SLOT,), np.uint8)
    end = min(count, begin + SLOTS)
    at[CAME] = end - begin
    at[LEFT] = bring(
        known, view(at[RELAYS], (2 * PORTS,), np.int32), packets, begin, end,
        view(addresses_at, (addresses_n, ADDRESS), np.uint8), source, octets, i64(SLOT), i64(HEAD),
        view(at[RECEIVE_NAMES], (SLOTS, NAME), np.uint32), column(at[ORIGINS]),
        view(at[KEYS], (KEY,), np.uint32), took, rate, now,
    )  # fmt: skip
    if at[CAME] > at[LEFT]:
        leave(at, known, took, octets, at[OCTETS], at[CAME])
    sum_up(at)
    return end
