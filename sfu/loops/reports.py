"""Transport-wide feedback to many publishers: whose is due, and the bodies of the usual ones.

Most packets come without a gap, so that a report says only when each came. Those bodies are made
here; the clients whose packets are otherwise are told apart, for `twcc.build`.
"""

import numpy as np

from sfu.feedback.twcc import AFTER_FRAME, ENOUGH, INTERVAL, MOST, REFERENCE, TICK
from sfu.feedback.twcc_chunks import LONGEST_RUN, SMALL
from sfu.tables import INT, NEVER, Ints, Octets, Row, Rows, row_of
from sfu.tally import TOLD, WAITING
from turn.compiling import compiled, i64

FIRST = 0x10000  # the cycle of a client's first number, so that an earlier one stays positive
GRID = 0.025  # seconds: all clients are looked at together, at multiples of this
EARLY = GRID / 2  # seconds: so much before its time a report may leave
REFERENCE_TICKS = REFERENCE // TICK  # the reference time is a multiple of this
HEAD = 10  # bytes of a body before its deltas
SPARE = HEAD + 3  # bytes of a body beside its deltas, at most

ARRIVED = row_of(client=INT, number=INT, time=np.float64, marker=np.bool_, next=INT)
BODY = row_of(client=INT, start=INT, length=INT)  # length 0: it must be built otherwise
COUNTS = 3
N_BODIES, N_LEFT, N_OCTETS = range(COUNTS)
BEGINS, MANY = 1, 2  # what `tell` says: the first since the last look, one more than MOST


@compiled
def tell(tally: Ints, packets: int) -> int:
    """So many more wait. Returns whether a report may be due sooner."""
    before = tally[TOLD]
    tally[WAITING] += packets
    tally[TOLD] = before + packets
    begins = BEGINS if packets and not before else 0
    return begins | (MANY if before <= MOST < before + packets else 0)


@compiled
def hang(waiting: Rows, count: int, clients: Rows, turn: int, touched: Ints) -> int:
    """Each client's packets in a chain, by their numbers. Returns how many clients there are."""
    found = 0
    for place in range(count):
        entry = waiting[place]
        client = clients[entry.client]
        if client.told_turn != turn:
            client.told_turn = turn
            client.told = 0
            client.told_end = 0
            client.told_first = client.told_last = NEVER
            touched[found] = entry.client
            found += 1
            if client.uncovered == 0:
                client.uncovered = FIRST + entry.number
                client.reported = entry.time
        client.told += 1
        client.told_end |= entry.marker
        insert(waiting, place, client)
    return found


@compiled
def ahead_of(client: Row, number: int) -> int:
    """How far a number is beyond what the reports have covered; -32768 to 32767."""
    return i64(number - client.uncovered + 0x8000 & 0xFFFF) - 0x8000


@compiled
def insert(waiting: Rows, place: int, client: Row) -> None:
    """Most come in order; of equal ones the first stays ahead."""
    ahead = ahead_of(client, waiting[place].number)
    if client.told_last != NEVER and ahead_of(client, waiting[client.told_last].number) > ahead:
        before, at = NEVER, client.told_first
        while ahead_of(client, waiting[at].number) <= ahead:
            before, at = at, waiting[at].next
        waiting[place].next = at
        if before == NEVER:
            client.told_first = place
        else:
            waiting[before].next = place
        return
    waiting[place].next = NEVER
    if client.told_last == NEVER:
        client.told_first = place
    else:
        waiting[client.told_last].next = place
    client.told_last = place


@compiled
def build_due(
    waiting: Rows, clients: Rows, touched: Ints, found: int, now: float, bodies: Rows,
    octets: Octets, counts: Ints,
) -> float:  # fmt: skip
    """The bodies of all clients that are due. Returns when to look at the others, in seconds."""
    again = np.inf
    counts[:] = 0
    for index in range(found):
        client = clients[touched[index]]
        hurries = client.told_end != 0 and client.told >= ENOUGH
        at = client.reported + (AFTER_FRAME if hurries else INTERVAL)
        client.told_due = client.told > MOST or at <= now + EARLY
        if not client.told_due:
            soon = client.reported + AFTER_FRAME  # a frame may end meanwhile
            again = min(again, soon if now + EARLY < soon else client.reported + INTERVAL)
            continue
        body = bodies[counts[N_BODIES]]
        body.client = touched[index]
        body.start = counts[N_OCTETS]
        body.length = build(waiting, client, octets, body.start)
        counts[N_BODIES] += 1
        counts[N_OCTETS] += body.length
        client.reported = now
    return again


@compiled
def ticks_of(entry: Row) -> int:
    """In quarters of a millisecond."""
    return i64(entry.time * 1e6) // TICK


@compiled
def build(waiting: Rows, client: Row, octets: Octets, start: int) -> int:
    """A body about packets without a gap. Returns its bytes; 0: they are not such packets."""
    if client.told > LONGEST_RUN:
        return 0
    at, place, expected = client.told_first, start + HEAD, 0
    before = ticks_of(waiting[at])
    reference = before // REFERENCE_TICKS
    before = reference * REFERENCE_TICKS
    while at != NEVER:
        entry = waiting[at]
        ticks = ticks_of(entry)
        if ahead_of(client, entry.number) != expected or not 0 <= ticks - before <= 0xFF:
            return 0
        octets[place] = ticks - before
        before, at = ticks, entry.next
        place += 1
        expected += 1
    while (place - start) % 4:
        octets[place] = 0
        place += 1
    head = (client.uncovered & 0xFFFF) << 16 | client.told
    write(octets, start, head, 4)
    write(octets, start + 4, (reference & 0xFFFFFF) << 8 | i64(client.report_number), 4)
    write(octets, start + 8, SMALL << 13 | client.told, 2)
    client.uncovered += client.told
    client.report_number = i64(client.report_number) + 1 & 0xFF
    return place - start


@compiled
def write(octets: Octets, at: int, value: int, size: int) -> None:
    for place in range(size):
        octets[at + place] = value >> 8 * (size - 1 - place) & 0xFF


@compiled
def keep_left(waiting: Rows, count: int, clients: Rows) -> int:
    """Only what waits for a later report. Returns how much that is."""
    left = 0
    for place in range(count):
        if not clients[waiting[place].client].told_due:
            waiting[left] = waiting[place]
            left += 1
    return left
