"""What one report of transport-wide feedback says of the packets that a client was sent.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. Each packet counts once, whatever
reports say of it: libwebrtc repeats numbers after one came late. What is said in the end is right:
a packet that was lost in one report may have come in a later one.
"""

from sfu.feedback.twcc import LARGEST_COUNT, REFERENCE, TICK
from sfu.feedback.twcc_chunks import (
    LARGE,
    LONGEST_RUN,
    LOST,
    ONE_BIT,
    ONE_BIT_VECTOR,
    SMALL,
    TWO_BIT,
    TWO_BIT_VECTOR,
)
from sfu.loops.octets import big_16
from sfu.tables import INT, LOG, LOST_BIT, Ints, Octets, Row, Rows, row_of
from turn.compiling import compiled, i64

HEAD = 8  # bytes: base number, count, reference time, number of the report
SIZE = LOST_BIT - 1  # the bits of a log entry with the packet's bytes
REFUSED = -1

# A packet that came: when it was sent (microseconds, our clock) and arrived (the client's clock,
# which wraps after 12 days), and its bytes.
ACKED = row_of(client=INT, sent=INT, arrived=INT, octets=INT)


@compiled
def size_of(chunk: int, left: int) -> int:
    """How many of the symbols that are left a chunk holds."""
    if chunk < ONE_BIT_VECTOR:
        return min(chunk & LONGEST_RUN, left)
    return min(ONE_BIT if chunk < TWO_BIT_VECTOR else TWO_BIT, left)


@compiled
def symbol_in(chunk: int, place: int) -> int:
    """One of them; the reserved one reads as LOST."""
    if chunk < ONE_BIT_VECTOR:
        symbol = chunk >> 13
    elif chunk < TWO_BIT_VECTOR:
        symbol = chunk >> ONE_BIT - 1 - place & 1
    else:
        symbol = chunk >> 2 * (TWO_BIT - 1 - place) & 3
    return symbol if symbol <= LARGE else LOST


@compiled
def deltas_of(octets: Octets, begin: int, end: int) -> int:
    """Where the deltas of a body begin; REFUSED when something is missing."""
    if end - begin < HEAD:
        return REFUSED
    left = big_16(octets, begin + 2)
    if not 0 < left <= LARGEST_COUNT:
        return REFUSED
    at, needed = begin + HEAD, 0
    while left and at + 2 <= end:
        chunk = big_16(octets, at)
        size = size_of(chunk, left)
        if chunk < ONE_BIT_VECTOR:
            needed += symbol_in(chunk, 0) * size
        else:
            for place in range(size):
                needed += symbol_in(chunk, place)
        at += 2
        left -= size
    return REFUSED if left or at + needed > end else at


@compiled
def count(
    octets: Octets, begin: int, end: int, row: int, clients: Rows, log: Ints, acked: Rows
) -> int:
    """A body. Returns how many packets came after all, which stand in `acked`, or REFUSED."""
    delta = deltas_of(octets, begin, end)
    if delta == REFUSED:
        return REFUSED
    client = clients[row]
    number, left = big_16(octets, begin), big_16(octets, begin + 2)
    arrived = (big_16(octets, begin + 4) << 8 | i64(octets[begin + 6])) * REFERENCE
    at, found, newest = begin + HEAD, 0, i64(client.twcc) - 1
    while left:
        chunk = big_16(octets, at)
        size = size_of(chunk, left)
        for place in range(size):
            symbol = symbol_in(chunk, place)
            if symbol == SMALL:
                arrived += i64(octets[delta]) * TICK
            elif symbol == LARGE:
                arrived += ((big_16(octets, delta) ^ 0x8000) - 0x8000) * TICK
            delta += symbol  # which is how many bytes it has
            if newest - number & 0xFFFF < LOG:
                found += note(number, symbol, arrived, row, client, log, acked, found)
            number = number + 1 & 0xFFFF
        at += 2
        left -= size
    return found


@compiled
def note(
    number: int, symbol: int, arrived: int, row: int, client: Row, log: Ints, acked: Rows,
    place: int,
) -> int:  # fmt: skip
    """One packet. Returns 1 when it came and was not known to."""
    entry = log[row, number & LOG - 1]
    if entry == 0:
        return 0
    if symbol == LOST:
        if not entry & LOST_BIT:
            client.lost += 1
            log[row, number & LOG - 1] = entry | LOST_BIT
        return 0
    log[row, number & LOG - 1] = 0
    client.acked += entry & SIZE
    client.confirmed += 1
    client.lost -= 1 if entry & LOST_BIT else 0
    one = acked[place]
    one.client = row
    one.sent = entry >> 16
    one.arrived = arrived
    one.octets = entry & SIZE
    return 1
