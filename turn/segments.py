"""Which packets may leave as segments of one message (UDP_SEGMENT, udp(7)).

Such a message has one destination, and all its segments but the last have the same size; the last
may be shorter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from turn.compiling import compiled, i64

SEGMENTS = 48  # in one message; Linux takes 64
MESSAGE_MAX = 64_000  # bytes of one message: with headers it stays below 65,535
HEADERS = 48  # bytes of IPv6 and UDP; IPv4 has fewer
SEGMENT_MAX = 1500 - HEADERS  # a longer packet goes alone, and is cut by IP where it must be

Lengths = NDArray[np.int32]
Indices = NDArray[np.int64]


class Packets(NamedTuple):
    """Columns of packets for one socket, in sending order."""

    pointers: Indices  # where each stands
    lengths: Lengths  # bytes
    owners: Indices  # rows of the destinations

    @classmethod
    def room(cls, rows: int) -> "Packets":
        """For so many."""
        return cls(np.zeros(rows, np.int64), np.zeros(rows, np.int32), np.zeros(rows, np.int64))


@compiled
def most(size: int) -> int:
    """Packets of this size (bytes) in one message; one more may follow if it is shorter."""
    if 0 < size <= SEGMENT_MAX:
        return min(SEGMENTS, MESSAGE_MAX // size) - 1
    return 1


@compiled
def end_of_message(owners: Indices, lengths: Lengths, begin: int, end: int) -> int:
    """The packet behind the message that begins with this one, of packets in sending order.

    `owners` tells destinations apart, `lengths` are bytes.
    """
    owner, size = owners[begin], lengths[begin]
    limit, at = begin + most(i64(size)), begin + 1
    while at < min(limit, end) and owners[at] == owner and lengths[at] == size:
        at += 1
    if at == end or owners[at] != owner or lengths[at] >= size or size > SEGMENT_MAX:
        return at
    # A shorter packet ends the message, unless it can begin one with others of its size.
    after = at + 1
    goes_on = after < end and owners[after] == owner and lengths[after] == lengths[at]
    return at if goes_on else after


@compiled
def messages(
    owners: Indices, lengths: Lengths, begin: int, end: int, joins: bool, starts: Indices
) -> int:
    """Write the first packet of each message. Returns how many there are; each packet is one
    without `joins`. No packet changes its place.
    """
    count = 0
    while begin < end:
        starts[count] = begin
        count += 1
        begin = end_of_message(owners, lengths, begin, end) if joins else begin + 1
    return count
