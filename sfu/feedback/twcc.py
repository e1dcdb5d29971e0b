"""Transport-wide congestion control: tell a sender when each of its packets arrived.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. Answering transport-cc without
sending this is the worst of all: the upper layers never start (measured with Chromium).
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from sfu.feedback.twcc_chunks import LARGE, LOST, SMALL, pack_chunks, unpack_chunks
from sfu.rtp import unwrap

INTERVAL = 0.100  # seconds between two reports (LiveKit)
AFTER_FRAME = 0.050  # when a frame has just ended
ENOUGH = 20  # packets that make a report behind a frame worth it
MOST = 100  # packets that make a report due at once

TICK = 250  # microseconds, the unit of deltas
REFERENCE = 64_000  # microseconds, the unit of the reference time
LARGEST_GAP = 2048  # a jump of numbers beyond is a new start: nothing between was lost
LARGEST_COUNT = 4096  # packets in a received report: 65535 would fit into 40 bytes of a stranger

HEAD = struct.Struct("!HH3sB")  # base number, count, reference time, number of the report
DELTA = struct.Struct("!h")


class Report(NamedTuple):
    """A received report."""

    number: int  # of the report, 8 bits
    arrivals: list[tuple[int, int | None]]  # 16-bit number, microseconds or None for lost


def build(
    entries: Iterable[tuple[int, int]], uncovered: int, number: int
) -> tuple[list[bytes], int, int]:
    """Reports of one client's packets, by 16-bit number and ticks, whatever their order.

    `uncovered` is the first number that no report has covered, extended; `number` is the next
    report's. Returns both as they are afterwards, behind the bodies for `rtcp.Twcc`: usually one,
    more when packets came late, or when a delta does not fit into its 16 bits (8.19 s).
    """
    arrivals, uncovered = extend(entries, uncovered)
    bodies = []
    for run in split_late(arrivals, uncovered):
        while run:
            first = next(iter(run))
            body, taken = build_one(run, uncovered if first >= uncovered else first, number)
            bodies.append(body)
            number = number + 1 & 0xFF
            uncovered = max(uncovered, taken[-1] + 1)
            for sequence in taken:
                del run[sequence]
    return bodies, uncovered, number


def extend(entries: Iterable[tuple[int, int]], uncovered: int) -> tuple[dict[int, int], int]:
    """Ticks by extended number, of which the first arrival counts; and `uncovered`."""
    arrivals: dict[int, int] = {}
    highest = uncovered - 1
    for sequence, ticks in entries:
        extended = unwrap(highest, sequence)
        if extended > highest:
            if extended - highest > LARGEST_GAP:
                uncovered = extended
            highest = extended
        arrivals.setdefault(extended, ticks)
    return arrivals, uncovered


def split_late(arrivals: dict[int, int], uncovered: int) -> list[dict[int, int]]:
    """Runs that an earlier report called lost, and all new ones with their gaps.

    A late packet gets a report of its run alone: with a gap inside, what had been reported as
    received would now be reported as lost.
    """
    late: list[dict[int, int]] = []
    new: dict[int, int] = {}
    for sequence in sorted(arrivals):
        if sequence >= uncovered:
            new[sequence] = arrivals[sequence]
        elif late and sequence - 1 in late[-1]:
            late[-1][sequence] = arrivals[sequence]
        else:
            late.append({sequence: arrivals[sequence]})
    return [*late, new]


def build_one(arrivals: dict[int, int], base: int, number: int) -> tuple[bytes, list[int]]:
    """One body from `base` on, and the numbers it covers, an ascending part of `arrivals`."""
    reference = next(iter(arrivals.values())) * TICK // REFERENCE
    previous = reference * REFERENCE // TICK
    taken: list[int] = []
    symbols: list[int] = []
    deltas = bytearray()
    for sequence, ticks in arrivals.items():
        delta = ticks - previous
        if not -0x8000 <= delta <= 0x7FFF:
            break
        symbols += [LOST] * (sequence - base - len(symbols))
        if 0 <= delta <= 0xFF:
            symbols.append(SMALL)
            deltas.append(delta)
        else:
            symbols.append(LARGE)
            deltas += DELTA.pack(delta)
        taken.append(sequence)
        previous = ticks
    time = (reference & 0xFFFFFF).to_bytes(3, "big")
    body = HEAD.pack(base & 0xFFFF, len(symbols), time, number) + pack_chunks(symbols) + deltas
    return body + bytes(-len(body) % 4), taken


def parse(body: bytes) -> Report | None:
    """A received report, `rtcp.Twcc.body`; None when it is not one. Never raises.

    Times count from the sender's own zero and wrap after 12 days.
    """
    if len(body) < HEAD.size:
        return None
    base, count, reference, number = HEAD.unpack_from(body)
    if not 0 < count <= LARGEST_COUNT:
        return None
    symbols, at = unpack_chunks(body, HEAD.size, count)
    if len(symbols) < count:
        return None
    time = int.from_bytes(reference, "big") * REFERENCE
    arrivals = _read_deltas(body, at, symbols, base, time)
    return None if arrivals is None else Report(number, arrivals)


def _read_deltas(
    body: bytes, at: int, symbols: list[int], base: int, time: int
) -> list[tuple[int, int | None]] | None:
    """None when there are fewer deltas than packets."""
    arrivals: list[tuple[int, int | None]] = []
    for index, symbol in enumerate(symbols):
        sequence = base + index & 0xFFFF
        if symbol == LOST:
            arrivals.append((sequence, None))
            continue
        if at + symbol > len(body):  # a delta has as many bytes as its symbol's value
            return None
        time += TICK * (body[at] if symbol == SMALL else DELTA.unpack_from(body, at)[0])
        at += symbol
        arrivals.append((sequence, time))
    return arrivals
