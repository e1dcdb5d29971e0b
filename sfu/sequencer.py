"""A stream's sequence numbers: extend them, tell duplicates, close the gaps of what is removed."""

from collections.abc import Callable

from sfu.drop import Drop
from sfu.feedback.nack import FIRST
from sfu.publication import Stream
from sfu.rtp import unwrap
from sfu.state import State
from sfu.tables import NEVER, WINDOW

START = 0x10000  # the first number's cycle, so that an earlier one stays positive
JUMP = 1000  # a step forward beyond is another numbering, not a loss
OLD = 16  # packets in a row that are too old: another numbering too
CYCLE = WINDOW.bit_length() - 1


class Sequencer:
    """`take` and `repair` give a packet's extended number, or -1 after counting why not.

    `on_interrupt`: another numbering begins, and other timestamps may. Subscribers see no gap, but
    must begin anew.
    """

    def __init__(self, state: State, on_interrupt: Callable[[Stream, float], None]) -> None:
        self._state = state
        self._on_interrupt = on_interrupt
        self.is_late = False  # the number taken last is below one that was taken before

    def take(self, stream: Stream, sequence: int, now: float) -> int:
        """A packet under its own number."""
        table, row = self._state.stream_table, stream.row
        highest = table.highest[row]
        if highest == NEVER:
            highest = START + sequence - 1
            extended = highest + 1
            stream.is_restarted = False
        else:
            extended = unwrap(highest, sequence)
            if not -WINDOW < extended - highest <= JUMP or stream.is_restarted:
                extended = self._leap(stream, highest, extended, now)
                if extended < 0:
                    return self._drop(Drop.TOO_OLD)
                highest = extended - 1
            stream.old = 0
        self.is_late = extended <= highest
        if self.is_late and self._is_seen(row, extended):
            return self._drop(Drop.DUPLICATE)
        table.seen[row * WINDOW + (extended & WINDOW - 1)] = extended >> CYCLE & 0xFFFF
        if not self.is_late:
            table.highest[row] = extended
            if extended > highest + 1 and not stream.is_asking:
                stream.is_asking = True
                self._state.deadlines.set(("nack", row), now + FIRST)
        stream.nack.receive(extended, now)
        return extended

    def repair(self, stream: Stream, sequence: int, now: float) -> int:
        """A packet that came again by RTX. It never starts a stream."""
        table, row = self._state.stream_table, stream.row
        highest = table.highest[row]
        extended = unwrap(highest, sequence)
        if highest == NEVER or not -WINDOW < extended - highest <= 0:
            return self._drop(Drop.TOO_OLD)
        if self._is_seen(row, extended):
            return self._drop(Drop.DUPLICATE)
        table.seen[row * WINDOW + (extended & WINDOW - 1)] = extended >> CYCLE & 0xFFFF
        stream.nack.receive(extended, now)
        self.is_late = True
        return extended

    def number(self, stream: Stream, extended: int) -> int:
        """The number without what was removed below; -1 when the packet was removed itself."""
        if not self.is_late:
            return extended - self._state.stream_table.removed[stream.row]
        found = stream.removals.find(extended)
        return -1 if found is None else extended - found[0]

    def remove(self, stream: Stream, extended: int) -> None:
        """The packet taken last goes no further: what follows it moves down.

        A late one leaves a gap, since what follows it is numbered already.
        """
        if not self.is_late:
            self._remove(stream, extended, extended + 1)

    def _leap(self, stream: Stream, highest: int, extended: int, now: float) -> int:
        """Another numbering begins at `extended`, or -1: just a very late packet."""
        if extended <= highest:
            stream.old += 1
            if stream.old < OLD and not stream.is_restarted:
                return -1
            extended += 0x10000
        self._remove(stream, highest + 1, extended)
        stream.restart()
        self._on_interrupt(stream, now)
        return extended

    def _remove(self, stream: Stream, start: int, end: int) -> None:
        if start < end:
            stream.removals.remove(start, end)
            self._state.stream_table.removed[stream.row] = stream.removals.count

    def _is_seen(self, row: int, extended: int) -> bool:
        at = row * WINDOW + (extended & WINDOW - 1)
        return self._state.stream_table.seen[at] == extended >> CYCLE & 0xFFFF

    def _drop(self, reason: Drop) -> int:
        self._state.stats.dropped[reason] += 1
        return -1
