"""Loops between the relay and media in one process: what one has for the other is copied there.

For both it is as if it had gone through the system: the sender's address and the payload are the
same, and so is what happens to it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from turn.compiling import NOBODY, Taker, compiled, i64, view
from turn.lanes import NAME, Rows, Words, record
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

LANDING = record(
    [
        ("octets", np.int64),  # where all rows are
        ("size", np.int64),  # bytes of all rows
        ("step", np.int64),  # bytes from one row to the next
        ("start", np.int64),  # where a datagram begins in its row
        ("room", np.int64),  # bytes of it at most; of a longer one the rest is left out
        ("rows", np.int64),
        ("lengths", np.int64),  # where there is, by row: the bytes of all of it (int32),
        ("arrivals", np.int64),  # when it came, in seconds of the monotonic clock (float64),
        ("names", np.int64),  # whom from, as the system has addresses, with zeros behind (uint32)
        ("width", np.int64),  # words of each name
        ("function", np.int64),  # `Taker`: takes so many rows, or leaves some of that to Python
        ("word", np.int64),
    ]
)
# Packets of media for relayed addresses, those of their owners.
ORDER = record(
    [
        ("socket", np.int64),  # of media, its number
        ("count", np.int64),
        ("pointers", np.int64),  # where these columns of `Packets` are,
        ("lengths", np.int64),
        ("owners", np.int64),
        ("addresses", np.int64),  # where the owners' names are, as many as there are
        ("rows", np.int64),
        ("reached", np.int64),  # how many of them were taken
    ]
)


class Landing:
    """Where media takes what is for one of its sockets: each datagram in a row (LANDING).

    The arrays must neither move nor end. Without a `taker` Python is asked to take them.
    """

    def __init__(
        self, octets: Octets, step: int, start: int, room: int, lengths: NDArray[np.int32],
        arrivals: Floats, names: Words, taker: Taker = NOBODY,
    ) -> None:  # fmt: skip
        self._arrays: tuple[NDArray[Any], ...] = octets, lengths, arrivals, names
        assert all(array.flags.c_contiguous for array in self._arrays)
        pointers = [array.ctypes.data for array in self._arrays]
        self.row = (
            pointers[0], len(octets), step, start, room, len(lengths), *pointers[1:],
            names.shape[1], *taker,
        )  # fmt: skip


def rows_of(landings: list[Landing]) -> Rows:
    return np.array([landing.row for landing in landings], LANDING)


@compiled
def hand_over(
    tables: Tables, sources: Words, taken: Taken, count: int, beside: int, octets: Octets,
    landing: Any, now: float,
) -> int:  # fmt: skip
    """What is for media's socket `beside`, into its rows; `sources` are the relay's own addresses
    by place. Returns how many there are.
    """
    row, width = 0, i64(landing.width)
    into = view(landing.octets, (landing.size,), np.uint8)
    lengths = view(landing.lengths, (landing.rows,), np.int32)
    arrivals = view(landing.arrivals, (landing.rows,), np.float64)
    names = view(landing.names, (landing.rows, width), np.uint32)
    for place in range(count):
        owner = taken.owners[place]
        if owner < 0 or owner & 1:
            continue
        lane = tables.lanes[owner >> 1]
        if lane.beside != beside:
            continue
        at, size = taken.at[place], taken.sizes[place]
        begin, kept = landing.start + row * landing.step, min(size, landing.room)
        into[begin : begin + kept] = octets[at : at + kept]
        lengths[row] = size
        arrivals[row] = now
        origin = i64(lane.relay)
        for word in range(width):
            names[row, word] = sources[origin, word] if word < NAME else 0
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
