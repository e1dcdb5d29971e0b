"""Packets of a batch and of the arena, where they stand: unsealed, sealed, counted, pointed at.

SRTP is libsrtp's own.
"""

from typing import Any, NamedTuple

import numpy as np

from sfu.arena import repeated
from sfu.ring import SLOT, START
from sfu.tables import NEVER, Ints, Octets, Rows
from sfu.tally import BYTES_OUT, CHANGED, PACKETS_OUT, UNPROTECTED
from turn.compiling import call, compiled, i64
from turn.segments import Packets

TAG = 16  # bytes that sealing adds at most; to RTCP four more


class Sealing(NamedTuple):
    """libsrtp's functions and its contexts by client; 0: Python has sealed already."""

    protect: int
    protect_control: int
    contexts: Ints


class Unsealing(NamedTuple):
    """Likewise; 0: Python unseals. `memory`: where row 0 stands."""

    unprotect: int
    unprotect_control: int
    contexts: Ints
    memory: int


@compiled
def seal(
    protect: int, protect_control: int, contexts: Ints, columns: Rows, count: int, memory: int,
    lengths: int, step: int,
) -> int:  # fmt: skip
    """Rows of the arena at `memory`; their lengths are `step` bytes apart.

    What cannot be sealed gets the length 0. Returns how many there are of them.
    """
    failed = 0
    for row in range(count):
        column = columns[row]
        start, length = i64(column.start), i64(column.length)
        if length == 0:
            continue
        # Without room for the tag libsrtp would write into the next row.
        function = protect_control if column.is_control else protect
        if start + length > SLOT - TAG or call(
            function,
            (contexts[column.client], memory + row * SLOT + start, lengths + row * step),
        ):
            column.length = 0
            failed += 1
    return failed


@compiled
def unseal(
    unprotect: int, contexts: Ints, media: Rows, count: int, memory: int, lengths: int
) -> int:
    """Packets in rows of `memory`, by the positions of the entries. Returns how many failed."""
    failed = 0
    for index in range(count):
        entry = media[index]
        packet = memory + entry.position * SLOT + START
        entry.refused = call(
            unprotect, (contexts[entry.client], packet, lengths + 4 * entry.position)
        )
        failed += entry.refused != 0
    return failed


@compiled
def note(columns: Rows, count: int, octets: Octets, repeats: Rows, tally: Ints) -> None:
    """Count the sealed rows of RTP in the arena that will leave, their bytes, and what will not.

    Of those that may have to be sealed again the last eight bytes are noted, and those that were
    must have the same: else they do not leave.
    """
    for row in range(count):
        column = columns[row]
        length = i64(column.length)
        tally[UNPROTECTED] += length == 0
        if length == 0 or column.is_control:
            continue
        if column.again != NEVER:
            tag = last_octets(octets, row * SLOT + i64(column.start) + length)
            if column.again > NEVER:
                repeats[column.again].tag = tag
            elif repeats[repeated(column.again)].tag != tag:
                column.length = 0
                tally[CHANGED] += 1
                continue
        tally[PACKETS_OUT] += 1
        tally[BYTES_OUT] += length


@compiled
def last_octets(octets: Octets, end: int) -> Any:
    """The eight before this place, as a number of 64 bits without a sign."""
    found = np.uint64(0)
    for at in range(end - 1, end - 9, -1):
        found = found << np.uint64(8) | np.uint64(octets[at])
    return found


@compiled
def point(
    columns: Rows, count: int, memory: int, clients: Rows, socket: int, packets: Packets
) -> tuple[int, int]:
    """Rows of the arena for clients of this socket. Returns how many, and how many for others."""
    found, others = 0, 0
    for row in range(count):
        column = columns[row]
        if column.length == 0:
            continue
        if clients[column.client].socket != socket:
            others += 1
            continue
        packets.pointers[found] = memory + row * SLOT + i64(column.start)
        packets.lengths[found] = column.length
        packets.owners[found] = column.client
        found += 1
    return found, others


@compiled
def finish(
    sealing: Sealing, columns: Rows, count: int, octets: Octets, memory: int, lengths: int,
    step: int, repeats: Rows, tally: Ints,
) -> None:  # fmt: skip
    """Seal and note."""
    if sealing.protect:
        seal(
            sealing.protect, sealing.protect_control, sealing.contexts, columns, count, memory,
            lengths, step,
        )  # fmt: skip
    note(columns, count, octets, repeats, tally)
