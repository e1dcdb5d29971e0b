"""Sequence numbers with parts taken out: the rest closes up, and late packets still find theirs."""

from bisect import bisect_right
from collections import deque

REMEMBERED = 100  # ranges (LiveKit)


class Removals:
    """Ranges of numbers that were taken out, ascending.

    What follows a range moves down by all that was removed before it. Only the latest ranges are
    known exactly: what is older than they are counts as before them.
    """

    __slots__ = ("_before", "_counts", "_ends", "_starts", "count", "pictures")

    def __init__(self) -> None:
        self.count = 0  # numbers removed so far
        self.pictures = 0  # pictures that went with them
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._counts: list[tuple[int, int]] = []  # removed up to the end of the range
        self._before = (0, 0)  # before the first range that is remembered

    def remove(self, start: int, end: int, pictures: int = 0) -> None:
        """Take out `start` up to, not including, `end`; all later than what was removed before."""
        self.count += end - start
        self.pictures += pictures
        if self._ends and self._ends[-1] == start:
            self._ends[-1] = end
            self._counts[-1] = self.count, self.pictures
            return
        if len(self._starts) == REMEMBERED:
            self._before = self._counts[0]
            del self._starts[0], self._ends[0], self._counts[0]
        self._starts.append(start)
        self._ends.append(end)
        self._counts.append((self.count, self.pictures))

    def find(self, number: int) -> tuple[int, int] | None:
        """How many numbers and pictures are missing below `number`; None: it was removed itself."""
        index = bisect_right(self._starts, number) - 1
        if index < 0:
            return self._before
        return None if number < self._ends[index] else self._counts[index]


class TemporalDrops:
    """What a subscriber with a temporal cap does not get of a stream.

    Decided once for all subscribers with the same cap. A packet behind a gap is let through
    whatever its layer, unless the gap surely belongs to what is left out: what was lost might have
    been of a lower layer, and its number must stay free. The rest of such a picture follows.
    """

    __slots__ = ("_cap", "_picture", "_tails", "_timestamp", "is_dropping", "last", "removals")

    def __init__(self, cap: int, last: int) -> None:
        """`last`: the number before the first that is decided about."""
        self.removals = Removals()
        self.is_dropping = False
        self._cap = cap
        self.last = last  # the highest number that was decided about
        self._timestamp = -1
        self._picture = -1
        self._tails: deque[int] = deque(maxlen=REMEMBERED)  # times of pictures cut before a gap

    def receive(
        self, number: int, timestamp: int, temporal: int, picture: int, *, starts: bool
    ) -> bool:
        """A packet later than all before; `picture` is its id, -1 without. True: left out."""
        first = self.last + 1
        if self.is_dropping and number > first:
            self._close_gap(first, number, timestamp, picture, starts)
        same_picture = timestamp == self._timestamp
        self.last, self._timestamp, self._picture = number, timestamp, picture
        if temporal <= self._cap:
            self.is_dropping = False
        elif starts:
            self.is_dropping = True
            self.removals.remove(number, number + 1, 1)
        elif self.is_dropping and same_picture:
            self.removals.remove(number, number + 1)
        else:
            self.is_dropping = False
        return self.is_dropping

    def _close_gap(
        self, first: int, number: int, timestamp: int, picture: int, starts: bool
    ) -> None:
        """A gap behind a packet that was left out: is all of it of the same picture?

        It is between two packets of one picture, and before the start of the next picture.
        """
        is_next = starts and self._picture >= 0 and picture - self._picture & 0x7F == 1
        if timestamp == self._timestamp or is_next:
            self.removals.remove(first, number)
        else:
            self._tails.append(self._timestamp)

    def find(self, number: int, timestamp: int) -> tuple[int, int] | None:
        """For a late packet: how many packets and pictures are left out before it.

        None: it is left out itself.
        """
        return None if timestamp in self._tails else self.removals.find(number)
