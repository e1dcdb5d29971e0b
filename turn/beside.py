"""Loops between the relay and media in one process: what one has for the other is copied there.

For both it is as if it had gone through the system: the sender's address and the payload are the
same, and so is what happens to it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from turn.compiling import compiled, i64, view
from turn.lanes import NAME, Words
from turn.passing import (
    GONE,
    INET,
    NONE,
    Floats,
    Ints,
    Octets,
    Tables,
    Taken,
    set_key,
    take_from_peer,
)
from turn.segments import Packets

PORTS = 1 << 16


class Landing(NamedTuple):
    """Where media takes what is for one of its sockets: each datagram in a row."""

    octets: Octets  # of all rows
    step: int  # bytes from one row to the next
    start: int  # where a datagram begins in its row
    room: int  # bytes of it at most; of a longer one the rest is left out
    lengths: NDArray[np.int32]  # of all of it
    arrivals: Floats  # seconds of the monotonic clock
    names: Words  # whom it came from, as the system has addresses, with zeros behind them


@compiled
def hand_over(
    tables: Tables, sources: Words, taken: Taken, count: int, beside: int, octets: Octets,
    landing: Landing, now: float,
) -> int:  # fmt: skip
    """What is for media's socket `beside`, into its rows; `sources` are the relay's own addresses
    by place. Returns how many there are.
    """
    row = 0
    for place in range(count):
        owner = taken.owners[place]
        if owner < 0 or owner & 1:
            continue
        lane = tables.lanes[owner >> 1]
        if lane.beside != beside:
            continue
        at, size = taken.at[place], taken.sizes[place]
        begin, kept = landing.start + row * landing.step, min(size, landing.room)
        landing.octets[begin : begin + kept] = octets[at : at + kept]
        landing.lengths[row] = size
        landing.arrivals[row] = now
        origin = i64(lane.relay)
        for word in range(landing.names.shape[1]):
            landing.names[row, word] = sources[origin, word] if word < NAME else 0
        row += 1
    return row


@compiled
def place_at(relays: NDArray[np.int32], name: Octets) -> int:
    """Of the relay's socket of this address; NONE: there is no such socket."""
    family = i64(name[0]) | i64(name[1]) << 8
    port = i64(name[2]) << 8 | i64(name[3])
    return i64(relays[(0 if family == INET else 1) * PORTS + port]) + NONE


@compiled
def bring(
    tables: Tables, relays: NDArray[np.int32], packets: Packets, begin: int, end: int,
    addresses: NDArray[np.uint8], source: Words, octets: Octets, step: int, head: int, names: Words,
    origins: Ints, key: Words, taken: Taken, rate: float, now: float,
) -> int:  # fmt: skip
    """Packets that media's socket `source` sends to relayed addresses, those of their owners, as
    if they had come there. Returns how many the core has to be asked for.
    """
    left = 0
    for number in range(begin, end):
        place = number - begin
        origin = place_at(relays, addresses[packets.owners[number]])
        if origin < 0:
            taken.owners[place] = GONE
            continue
        size, at = i64(packets.lengths[number]), step * place + head
        octets[at : at + size] = view(packets.pointers[number], (size,), np.uint8)
        for word in range(NAME):
            names[place, word] = source[word]
        origins[place], taken.at[place], taken.sizes[place] = origin, at, size
        set_key(key, names, place, i64(tables.sockets[origin].number))
        if not take_from_peer(tables, octets, at, size, key, rate, now, taken, place):
            taken.owners[place] = NONE
            left += 1
    return left
