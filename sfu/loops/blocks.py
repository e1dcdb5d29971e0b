"""Reports of clients whose every block is about something that they have reported on before.

They change numbers only. A first report takes the mid out of a subscription's packets, and some
subscriptions have a delay that follows reports: those are read by Python (`control.py`).
"""

import numpy as np

from sfu.feedback.round_trips import LONGEST, SMOOTH, UNIT
from sfu.loops.due import FRACTION, LOW, middle
from sfu.loops.octets import big_16, big_32
from sfu.loops.sort import place_of
from sfu.rtcp.header import (
    EXTENDED_REPORT,
    RECEIVER_REPORT,
    SENDER_REPORT,
    SOURCE_DESCRIPTION,
)
from sfu.rtcp.reports import DLRR, RRTR
from sfu.tables import NEVER, Octets, Row, Rows, Words
from turn.compiling import compiled, i64

VERSION, VERSION_2 = 0xE0, 0x80  # of the first octet, with the bit that says that there is padding
COUNT = 0x1F
HEAD, SENDER = 8, 28  # bytes before the blocks of a receiver report, of a sender report
SIZE, SUB_BLOCK = 24, 12  # bytes of a block, of what a DLRR has for each receiver
LOST_SIGN = 0x800000
HALF = np.uint64(32)


@compiled
def blocks_at(octets: Octets, at: int, after: int) -> int:
    """Where a packet's report blocks begin; 0 when it is no report, or has less than it says."""
    if octets[at] & VERSION != VERSION_2:
        return 0
    kind = i64(octets[at + 1])
    if kind != RECEIVER_REPORT and kind != SENDER_REPORT:
        return 0
    begin = at + (SENDER if kind == SENDER_REPORT else HEAD)
    return begin if begin + SIZE * (i64(octets[at]) & COUNT) <= after else 0


@compiled
def find(words: Words, at: int, client: int, entries: Rows) -> int:
    """What these entries have of the client's SSRC that stands here; NEVER: nothing."""
    code = client << 32 | i64(words[at >> 2])
    entry = entries[place_of(entries, code)]
    return i64(entry.stream) if entry.code == code else NEVER


@compiled
def is_usual(
    octets: Octets, words: Words, at: int, after: int, client: int, targets: Rows,
    subscriptions: Rows,
) -> bool:  # fmt: skip
    """Can this packet be read by `read`? A source's description says nothing that is used."""
    if octets[at] & VERSION == VERSION_2:
        if octets[at + 1] == SOURCE_DESCRIPTION:
            return True
        if octets[at + 1] == EXTENDED_REPORT:
            return is_whole(octets, at, after)
    begin = blocks_at(octets, at, after)
    if not begin:
        return False
    for index in range(i64(octets[at]) & COUNT):
        row = find(words, begin + SIZE * index, client, targets)
        if row != NEVER and not subscriptions[row].has_reported:
            return False
    return True


@compiled
def read(
    octets: Octets, words: Words, at: int, after: int, row: int, client: Row, arrival: float,
    sources: Rows, targets: Rows, subscriptions: Rows, streams: Rows,
) -> None:  # fmt: skip
    """A packet that is usual. `arrival`: seconds, when it came."""
    if octets[at + 1] == EXTENDED_REPORT:
        read_extended(octets, at, after, client, arrival)
    begin = blocks_at(octets, at, after)
    if not begin:
        return
    if octets[at + 1] == SENDER_REPORT:
        source = find(words, at + 4, row, sources)
        if source >= 0:
            read_clock(octets, at + 8, streams[source], arrival)
    for index in range(i64(octets[at]) & COUNT):
        block = begin + SIZE * index
        target = find(words, block, row, targets)
        if target != NEVER:
            subscription = subscriptions[target]
            rate = 0  # unknown
            if subscription.source != NEVER:
                rate = i64(streams[subscription.source].rate)
            read_block(octets, block, subscription, rate, client, arrival)


@compiled
def read_clock(octets: Octets, at: int, stream: Row, arrival: float) -> None:
    """As `feedback/clock.py` does."""
    ntp = np.uint64(big_32(octets, at)) << HALF | np.uint64(big_32(octets, at + 4))
    if ntp > stream.clock_ntp:
        stream.clock_ntp = ntp
        stream.clock_rtp = big_32(octets, at + 8)
        stream.clock_arrival = arrival


@compiled
def read_block(
    octets: Octets, at: int, subscription: Row, rate: int, client: Row, arrival: float
) -> None:
    lost = i64(octets[at + 5]) << 16 | big_16(octets, at + 6)
    subscription.fraction_lost = i64(octets[at + 4]) / 256
    subscription.lost = (lost ^ LOST_SIGN) - LOST_SIGN
    if rate:
        subscription.jitter = big_32(octets, at + 12) / rate
    last = big_32(octets, at + 16)
    if last == 0 or last != i64(subscription.report):
        return
    trip = max(arrival - subscription.report_time - big_32(octets, at + 20) / UNIT, 0.0)
    if trip <= LONGEST:
        subscription.rtt = trip
        note_trip(client, trip)


@compiled
def note_trip(client: Row, trip: float) -> None:
    client.rtt = client.rtt + (trip - client.rtt) / SMOOTH if client.rtt else trip


@compiled
def is_whole(octets: Octets, at: int, after: int) -> bool:
    """Does an extended report end where its last block does?"""
    at += HEAD
    while at < after:
        at += 4 + 4 * big_16(octets, at + 2)
    return at == after


@compiled
def read_extended(octets: Octets, at: int, after: int, client: Row, arrival: float) -> None:
    """Other blocks than these two say nothing that is used (RFC 3611)."""
    sender = big_32(octets, at + 4)
    at += HEAD
    while at < after:
        kind, words = i64(octets[at]), big_16(octets, at + 2)
        if kind == RRTR and words == 2:
            client.reference_ssrc = sender
            client.reference = middle(big_32(octets, at + 4), big_32(octets, at + 8))
            client.reference_at = arrival
        elif kind == DLRR and words % 3 == 0:
            for place in range(at + 4, at + 4 + 4 * words, SUB_BLOCK):
                read_delay(octets, place, client, arrival)
        at += 4 + 4 * words


@compiled
def read_delay(octets: Octets, at: int, client: Row, arrival: float) -> None:
    """Our own clock comes back: as `feedback/round_trips.py` does."""
    last = big_32(octets, at + 4)
    if last == 0 or big_32(octets, at) != i64(client.ssrc):
        return
    whole = i64(arrival)
    now = middle(whole, i64((arrival - whole) * FRACTION))
    trip = now - last - big_32(octets, at + 8) & LOW
    if trip > LOW - UNIT // 20:  # rounding
        note_trip(client, 0.0)
    elif trip <= LONGEST * UNIT:
        note_trip(client, trip / UNIT)
