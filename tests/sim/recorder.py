"""A receiver's transport-wide feedback, packet by packet: what simulated clients send.

What stands in which report is decided here, apart from what the server decides for all clients
together; only the bytes of one report come from the same function, which has tests of its own.
"""

from sfu.feedback.twcc import (
    AFTER_FRAME,
    ENOUGH,
    INTERVAL,
    LARGEST_GAP,
    MOST,
    TICK,
    build_one,
)
from sfu.rtp import unwrap


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
            body, taken = build_one(arrivals, base, self._number)
            bodies.append(body)
            self._number = self._number + 1 & 0xFF
            last = taken[-1]
            self._next = max(self._next, last + 1)
            for sequence in taken:
                del arrivals[sequence]
        return bodies
