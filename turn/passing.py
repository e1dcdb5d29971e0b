"""Loops over what came to the relay: which lane each packet takes, and what leaves by whom.

They decide nothing but what a lane says (`lanes.py`). Where the datagrams stand there is room for a
header before each and for padding behind it, so that no payload is moved.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from turn.channeldata import END, FIRST
from turn.channeldata import HEADER as CHANNEL_HEADER
from turn.compiling import compiled, i64
from turn.lanes import NAME, Rows, Words, lane_of, record
from turn.segments import Packets

Octets = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
HEADER = CHANNEL_HEADER.size
NONE = -1  # the core is to be asked
GONE = -2  # nobody is
INET = 2  # AF_INET
INET_WORDS = 4  # of such an address

DOOR, RELAY, STREAM = 1, 2, 3  # kinds: clients come by it; peers do; one client does, by TCP
SOCKET = record(
    [
        ("kind", np.int64),
        ("file", np.int64),
        ("number", np.int64),
        # Of a connection that the loops read and write: where the beginning of a message is kept
        # of which more has to come, its bytes, and whether messages wait for the client.
        ("rest", np.int64),
        ("kept", np.int64),
        ("waits", np.int64),
        # Of what leaves in this turn, the first and the last packet for it.
        ("turn", np.int64),
        ("first", np.int64),
        ("last", np.int64),
    ]
)


class Tables(NamedTuple):
    """What is known."""

    entries: Rows
    lanes: Rows
    meters: NDArray[np.float64]
    sockets: Rows


class Taken(NamedTuple):
    """By packet: where it stands among the octets, its bytes, its lane's address or NONE."""

    at: Ints
    sizes: Ints
    owners: Ints
    chain: Ints  # the next one for the same socket


@compiled
def may_send(meters: Floats, row: int, size: int, rate: float, now: float) -> bool:
    """As `Meters.may_send` has it."""
    if rate <= 0:
        return True
    spent = max(0.0, meters[row, 0] - (now - meters[row, 1]) * rate) + size
    if spent > rate:
        return False
    meters[row, 0] = spent
    meters[row, 1] = now
    return True


@compiled
def big_16(octets: Octets, at: int) -> int:
    return i64(octets[at]) << 8 | i64(octets[at + 1])


@compiled
def lane_for(tables: Tables, key: Words, size: int, rate: float, now: float) -> int:
    """NONE: the core is to be asked."""
    lane = lane_of(tables.entries, key)
    if lane < 0 or tables.lanes[lane].until <= now:
        return i64(NONE)
    if not may_send(tables.meters, i64(tables.lanes[lane].meter), size, rate, now):
        return i64(NONE)
    return lane


@compiled
def take_from_client(
    tables: Tables, octets: Octets, at: int, size: int, key: Words, rate: float, now: float,
    taken: Taken, place: int,
) -> bool:  # fmt: skip
    """ChannelData, of which the payload goes on; the key has all but the channel."""
    if size < HEADER or not FIRST <= octets[at] < END:
        return False
    length = big_16(octets, at + 2)
    if HEADER + length > size:
        return False
    key[NAME] = big_16(octets, at)
    lane = lane_for(tables, key, length, rate, now)
    if lane < 0:
        return False
    taken.at[place] = at + HEADER
    taken.sizes[place] = length
    taken.owners[place] = 2 * lane
    return True


@compiled
def take_from_peer(
    tables: Tables, octets: Octets, at: int, size: int, key: Words, rate: float, now: float,
    taken: Taken, place: int,
) -> bool:  # fmt: skip
    """A header is put in front; on a stream a message ends at a multiple of four bytes."""
    key[NAME] = 0
    lane = lane_for(tables, key, size, rate, now)
    if lane < 0:
        return False
    at -= HEADER
    channel = i64(tables.lanes[lane].channel)
    octets[at] = channel >> 8
    octets[at + 1] = channel & 0xFF
    octets[at + 2] = size >> 8
    octets[at + 3] = size & 0xFF
    size += HEADER
    if tables.sockets[i64(tables.lanes[lane].door)].kind == STREAM:
        while size % 4:
            octets[at + size] = 0
            size += 1
    taken.at[place] = at
    taken.sizes[place] = size
    taken.owners[place] = 2 * lane + 1
    return True


@compiled
def set_key(key: Words, names: Words, place: int, number: int) -> None:
    """Who sent it, and to which socket. Behind a short address there is what was there before."""
    words = INET_WORDS if i64(names[place, 0]) & 0xFFFF == INET else NAME
    for word in range(NAME):
        key[word] = names[place, word] if word < words else 0
    key[NAME + 1] = number


@compiled
def take(
    tables: Tables, octets: Octets, names: Words, begin: int, end: int, origin: int,
    rate: float, now: float, key: Words, taken: Taken,
) -> int:  # fmt: skip
    """What came by one socket into slots from `begin` to `end`. `taken.sizes` has the bytes of
    each; `taken.at` tells where they stand. Returns how many the core has to be asked for.
    """
    left = 0
    is_door = tables.sockets[origin].kind == DOOR
    for place in range(begin, end):
        set_key(key, names, place, i64(tables.sockets[origin].number))
        at, size = taken.at[place], taken.sizes[place]
        if is_door:
            passes = take_from_client(tables, octets, at, size, key, rate, now, taken, place)
        else:
            passes = take_from_peer(tables, octets, at, size, key, rate, now, taken, place)
        if not passes:
            taken.owners[place] = NONE
            left += 1
    return left


@compiled
def gather(tables: Tables, taken: Taken, count: int, turn: int, targets: Ints) -> tuple[int, int]:
    """Chain what leaves by the same socket, and list these sockets. Returns how many there are, and
    how many packets are for media in this process, which leave by none.
    """
    found, beside = 0, 0
    for place in range(count):
        owner = taken.owners[place]
        if owner < 0:
            continue
        lane = tables.lanes[owner >> 1]
        if lane.beside and not owner & 1:
            beside += 1
            continue
        target = i64(lane.door) if owner & 1 else i64(lane.relay)
        socket = tables.sockets[target]
        if socket.turn != turn:
            socket.turn = turn
            socket.first = place
            targets[found] = target
            found += 1
        else:
            taken.chain[i64(socket.last)] = place
        taken.chain[place] = NONE
        socket.last = place
    return found, beside


@compiled
def arrange(tables: Tables, taken: Taken, target: int, octets_at: int, packets: Packets,
            begin: int) -> int:  # fmt: skip
    """What leaves by this socket, into columns from `begin` on; returns where they end."""
    place = i64(tables.sockets[target].first)
    while place >= 0:
        packets.pointers[begin] = octets_at + taken.at[place]
        packets.lengths[begin] = taken.sizes[place]
        packets.owners[begin] = taken.owners[place]
        begin += 1
        place = taken.chain[place]
    return begin
