"""Transport-wide congestion control: tell a sender when each of its packets arrived.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. Answering transport-cc without
sending this is the worst of all: the upper layers never start (measured with Chromium).
"""

import struct
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


class TwccRecorder:
    """The arrivals on one transport, and the reports about them."""

    def __init__(self) -> None:
        self._arrivals: dict[int, int] = {}  # extended number -> ticks
        self._highest = -1
        self._next = -1  # the first number that no report has covered
        self._number = 0
        self._last = 0.0  # when the last report left
        self._ended_frame = False

    def receive(self, sequence: int, arrival: float, *, marker: bool) -> None:
        """A packet with this 16-bit number came at `arrival` seconds.

        `marker`: it is the last of a frame.
        """
        if self._highest < 0:
            self._highest = self._next = 0x10000 + sequence  # so that an earlier one stays positive
            self._last = arrival
        extended = unwrap(self._highest, sequence)
        if extended > self._highest:
            if extended - self._highest > LARGEST_GAP:
                self._next = extended
            self._highest = extended
        if marker:
            self._ended_frame = True
        self._arrivals.setdefault(extended, int(arrival * 1e6) // TICK)

    def next_timeout(self) -> float | None:
        """When a report is due; it may be in the past."""
        waiting = len(self._arrivals)
        if not waiting:
            return None
        if waiting > MOST:
            return self._last
        return self._last + (AFTER_FRAME if self._ended_frame and waiting >= ENOUGH else INTERVAL)

    def take_bodies(self, now: float) -> list[bytes]:
        """The bodies for `rtcp.Twcc` that are due, usually one or none."""
        due = self.next_timeout()
        if due is None or due > now:
            return []
        late, run = self._take_arrivals()
        self._last = now
        self._ended_frame = False
        return [body for arrivals in [*late, run] for body in self._build(arrivals)]

    def _take_arrivals(self) -> tuple[list[dict[int, int]], dict[int, int]]:
        """Runs that an earlier report called lost, and all new ones with their gaps.

        A late packet gets a report of its run alone: with a gap inside, what had been reported as
        received would now be reported as lost.
        """
        late: list[dict[int, int]] = []
        new: dict[int, int] = {}
        for sequence in sorted(self._arrivals):
            if sequence >= self._next:
                new[sequence] = self._arrivals[sequence]
            elif late and sequence - 1 in late[-1]:
                late[-1][sequence] = self._arrivals[sequence]
            else:
                late.append({sequence: self._arrivals[sequence]})
        self._arrivals = {}
        return late, new

    def _build(self, arrivals: dict[int, int]) -> list[bytes]:
        """Usually one body; more when a delta does not fit into its 16 bits (8.19 s)."""
        bodies = []
        while arrivals:
            first = next(iter(arrivals))
            base = self._next if first >= self._next else first
            body, taken = _build_one(arrivals, base, self._number)
            bodies.append(body)
            self._number = self._number + 1 & 0xFF
            last = taken[-1]
            self._next = max(self._next, last + 1)
            for sequence in taken:
                del arrivals[sequence]
        return bodies


def _build_one(arrivals: dict[int, int], base: int, number: int) -> tuple[bytes, list[int]]:
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
