"""A stream's sequence numbers: extend them, tell duplicates, close the gaps of what is removed."""

from collections.abc import Callable

from sfu.drop import Drop
from sfu.feedback import reception
from sfu.feedback.reception import START
from sfu.publication import Stream
from sfu.rtp import unwrap
from sfu.state import State
from sfu.tables import NEVER, WINDOW

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
        self._table = state.stream_table
        self._on_interrupt = on_interrupt
        self.is_late = False  # the number taken last is below one that was taken before

    def take(self, stream: Stream, sequence: int, now: float) -> int:
        """A packet under its own number."""
        table, row = self._table, stream.row
        extended = highest = table.highest[row]
        if highest > 0 and not stream.is_restarted:
            extended = highest + 1
            if extended & 0xFFFF == sequence:  # most packets: what follows is for the others
                table.highest[row] = extended
                table.seen[row * WINDOW + (extended & WINDOW - 1)] = extended >> CYCLE & 0xFFFF
                stream.old = 0
                self.is_late = False
                return extended
        return self._take_other(stream, highest, sequence, now)

    def _take_other(self, stream: Stream, highest: int, sequence: int, now: float) -> int:
        """The first packet, and those that are not the next one."""
        table, row = self._table, stream.row
        if highest == NEVER:
            highest = START + sequence - 1
            extended = highest + 1
            stream.is_restarted = False
            reception.begin(table, row, extended)
        else:
            extended = unwrap(highest, sequence)
            if not -WINDOW < extended - highest <= JUMP or stream.is_restarted:
                extended = self._leap(stream, highest, extended, now)
                if extended < 0:
                    return self._drop(Drop.TOO_OLD)
                highest = extended - 1
            stream.old = 0
        self.is_late = extended <= highest
        if self.is_late:
            return self._fill_gap(stream, extended)
        if extended > highest + 1 and stream.has_nack:
            self._state.nacks.open(row, highest + 1, extended, now)
            stream.await_start()
        self._note(row, extended)
        table.highest[row] = extended
        return extended

    def repair(self, stream: Stream, sequence: int, now: float) -> int:
        """A packet that came again by RTX. It never starts a stream."""
        highest = self._table.highest[stream.row]
        extended = unwrap(highest, sequence)
        if highest == NEVER or not -WINDOW < extended - highest <= 0:
            return self._drop(Drop.TOO_OLD)
        self.is_late = True
        return self._fill_gap(stream, extended)

    def number(self, stream: Stream, extended: int) -> int:
        """The number without what was removed below; -1 when the packet was removed itself."""
        if not self.is_late:
            return extended - self._table.removed[stream.row]
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
        reception.begin(self._table, stream.row, extended)
        self._on_interrupt(stream, now)
        return extended

    def _remove(self, stream: Stream, start: int, end: int) -> None:
        if start < end:
            stream.removals.remove(start, end)
            self._table.removed[stream.row] = stream.removals.count

    def _note(self, row: int, extended: int) -> None:
        self._table.seen[row * WINDOW + (extended & WINDOW - 1)] = extended >> CYCLE & 0xFFFF

    def _fill_gap(self, stream: Stream, extended: int) -> int:
        """A number below the highest one, unless it was here already."""
        row = stream.row
        at = row * WINDOW + (extended & WINDOW - 1)
        if self._table.seen[at] == extended >> CYCLE & 0xFFFF:
            return self._drop(Drop.DUPLICATE)
        self._note(row, extended)
        self._state.nacks.close(row, extended)
        return extended

    def _drop(self, reason: Drop) -> int:
        self._state.stats.dropped[reason] += 1
        return -1
