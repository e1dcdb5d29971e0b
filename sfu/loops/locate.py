"""Which client's an address is: a table with open addressing, at most half full."""

import numpy as np

from sfu.path import NAME_SIZE
from sfu.tables import INT, Ints, Row, Rows, Words, record
from turn.compiling import compiled, i64

NAME = NAME_SIZE // 4  # words of an address
FREE = -1  # instead of a client: nothing was ever there
LEFT = -2  # there was one, so look on behind it
MIX, BITS = 0x01000193, 0xFFFFFFFF  # the multiplier of FNV-1a, for words instead of octets

ROUTE = record([("name", np.uint32, (NAME,)), ("client", INT)])


@compiled
def is_of(route: Row, names: Words, position: int) -> bool:
    for word in range(NAME):
        if route.name[word] != names[position, word]:
            return False
    return i64(route.client) >= 0


@compiled
def place_of(routes: Rows, names: Words, position: int) -> int:
    """Where this one of many addresses stands, or the free entry where it would be."""
    mixed = i64(0)
    for word in range(NAME):
        mixed = (mixed ^ i64(names[position, word])) * MIX & BITS
    mask = len(routes) - 1
    at = (mixed ^ mixed >> 15) & mask
    while routes[at].client != FREE and not is_of(routes[at], names, position):
        at = (at + 1) & mask
    return at


@compiled
def locate(routes: Rows, names: Words, count: int, senders: Ints) -> None:
    """The client of each address; below 0 for a stranger's."""
    for position in range(count):
        senders[position] = routes[place_of(routes, names, position)].client
