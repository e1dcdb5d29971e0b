"""RTCP that is nothing but transport-wide feedback and usual reports: most of what clients send.

It is unsealed and counted here. Other RTCP is unsealed, and read by Python.
"""

from typing import NamedTuple

from sfu.loops import acks, blocks
from sfu.loops.octets import big_16
from sfu.loops.sort import CONTROL, COUNTED, PLAIN, REFUSED
from sfu.ring import SLOT, START
from sfu.tables import NEVER, Floats, Ints, Octets, Row, Rows, Shorts, Words
from turn.compiling import call, compiled, i64

SHORTEST = 28  # bytes of a sealed packet: head, trailer and the longest tag
HEAD = 12  # bytes of feedback before its body: head, SSRC of the sender and of the media
FEEDBACK, PADDED = 0x8F, 0xAF  # first octet: version 2, kind 15; with padding (RFC 4585, 6.1)
TRANSPORT = 205  # second octet

COUNTS = 4  # what `receive` adds to: packets, of which refused, settled; bad bodies
N_CONTROL, N_FORGED, N_SETTLED, N_BROKEN = range(COUNTS)


@compiled
def body_of(octets: Octets, at: int, end: int) -> int:
    """Where a packet of feedback ends, without its padding; 0 when it is something else."""
    if at + HEAD > end or octets[at + 1] != TRANSPORT:
        return 0
    if octets[at] != FEEDBACK and octets[at] != PADDED:
        return 0
    after = at + 4 + 4 * big_16(octets, at + 2)
    if after < at + HEAD or after > end:
        return 0
    padding = i64(octets[after - 1]) if octets[at] == PADDED else 0
    if octets[at] == PADDED and not 0 < padding <= after - at - HEAD:
        return 0
    return after - padding


class Known(NamedTuple):
    """What reports and feedback are about, and the ring's memory, in two ways."""

    octets: Octets
    words: Words
    clients: Rows
    log: Ints
    acked: Rows
    controls: Rows  # SSRCs that clients send RTCP with
    sources: Rows
    targets: Rows
    subscriptions: Rows
    streams: Rows


@compiled
def is_usual(known: Known, at: int, end: int, row: int) -> bool:
    """Is the whole compound of this client such?"""
    while at < end:
        if at + blocks.HEAD > end:
            return False
        after = at + 4 + 4 * big_16(known.octets, at + 2)
        if after < at + blocks.HEAD or after > end:
            return False
        if not body_of(known.octets, at, end) and not blocks.is_usual(
            known.octets, known.words, at, after, row, known.targets, known.subscriptions
        ):
            return False
        at = after
    return True


@compiled
def read(known: Known, at: int, end: int, row: int, client: Row, arrival: float) -> int:
    """A usual compound. Returns how many bodies of feedback in it are broken."""
    broken = 0
    while at < end:
        after = at + 4 + 4 * big_16(known.octets, at + 2)
        body_end = body_of(known.octets, at, end)
        if body_end:
            found = acks.count(
                known.octets, at + HEAD, body_end, row, known.clients, known.log, known.acked
            )
            broken += found == acks.REFUSED
        else:
            blocks.read(
                known.octets, known.words, at, after, row, client, arrival, known.sources,
                known.targets, known.subscriptions, known.streams,
            )  # fmt: skip
        at = after
    return broken


@compiled
def receive(
    unprotect: int, contexts: Ints, memory: int, lengths_address: int, count: int,
    lengths: Shorts, arrivals: Floats, kinds: Octets, senders: Ints, known: Known, now: float,
    counts: Ints,
) -> None:  # fmt: skip
    """Those of a batch whose SSRC is known: how many a client may use is counted by Python."""
    for position in range(count):
        if kinds[position] != CONTROL or lengths[position] < SHORTEST:
            continue
        row = senders[position]
        client, at = known.clients[row], position * SLOT + START
        if not client.has_keys or blocks.find(known.words, at + 4, row, known.controls) == NEVER:
            continue
        if call(unprotect, (contexts[row], memory + at, lengths_address + 4 * position)):
            kinds[position] = REFUSED
            counts[N_FORGED] += 1
            counts[N_SETTLED] += 1
            continue
        counts[N_CONTROL] += 1
        client.heard_at = now
        end = at + i64(lengths[position])
        if not is_usual(known, at, end, row):
            kinds[position] = PLAIN
            continue
        kinds[position] = COUNTED
        counts[N_SETTLED] += 1
        counts[N_BROKEN] += read(known, at, end, row, client, arrivals[position])
