"""RTCP that is nothing but transport-wide feedback: most of what subscribers send.

It is unsealed and counted here. Other RTCP is unsealed, and read by Python.
"""

from sfu.loops import acks
from sfu.loops.octets import big_16, big_32
from sfu.loops.sort import CONTROL, COUNTED, PLAIN, REFUSED
from sfu.ring import SLOT, START
from sfu.tables import KNOWN, Ints, Octets, Rows, Shorts
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


@compiled
def is_feedback(octets: Octets, at: int, end: int) -> bool:
    """Is the whole compound that?"""
    while at < end:
        if not body_of(octets, at, end):
            return False
        at += 4 + 4 * big_16(octets, at + 2)
    return True


@compiled
def receive(
    unprotect: int, contexts: Ints, memory: int, lengths_address: int, octets: Octets, count: int,
    lengths: Shorts, kinds: Octets, senders: Ints, clients: Rows, log: Ints, acked: Rows,
    now: float, counts: Ints,
) -> None:  # fmt: skip
    """Those of a batch whose SSRC is known: how many a client may use is counted by Python."""
    for position in range(count):
        if kinds[position] != CONTROL or lengths[position] < SHORTEST:
            continue
        row = senders[position]
        client, at = clients[row], position * SLOT + START
        if not client.has_keys or client.control_ssrc != big_32(octets, at + 4) | KNOWN:
            continue
        if call(unprotect, (contexts[row], memory + at, lengths_address + 4 * position)):
            kinds[position] = REFUSED
            counts[N_FORGED] += 1
            counts[N_SETTLED] += 1
            continue
        counts[N_CONTROL] += 1
        client.heard_at = now
        end = at + i64(lengths[position])
        if not is_feedback(octets, at, end):
            kinds[position] = PLAIN
            continue
        kinds[position] = COUNTED
        counts[N_SETTLED] += 1
        while at < end:
            found = acks.count(
                octets, at + HEAD, body_of(octets, at, end), row, clients, log, acked
            )
            counts[N_BROKEN] += found == acks.REFUSED
            at += 4 + 4 * big_16(octets, at + 2)
