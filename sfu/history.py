"""What each subscription has sent lately, so that it can be sent again.

The packets themselves stay in the ring; here stands how they were numbered. A subscription has as
many rows as its depth, one after the other; a packet's is found by its sequence number, modulo the
depth.
"""

from collections import defaultdict

from sfu.tables import I64, U32, U64, Table

AUDIO_DEPTH = 128  # packets: 2.5 s at 50 a second
VIDEO_DEPTH = 512  # the ring seldom holds more of one layer
NONE = -1
RESENT = 30  # the lowest bit of that count


class Ranges(Table):
    """A table that gives out several rows at once."""

    def __init__(self, capacity: int = 16) -> None:
        super().__init__(capacity)
        self._returned: dict[int, list[int]] = defaultdict(list)  # by depth: first rows

    def take(self, depth: int) -> int:
        """The first of so many rows, all zero."""
        if returned := self._returned[depth]:
            first = returned.pop()
            for array in self._arrays.values():
                array[first : first + depth] = 0
            return first
        first = self._used
        self._used += depth
        self.reserve(self._used)
        return first

    def give_back(self, first: int, depth: int) -> None:
        self._returned[depth].append(first)


class History(Ranges):
    reference: I64  # of the packet, `Ring.reference`; 0: nothing was sent under this number
    stamp: I64  # sequence number << 32 | timestamp
    ids: U32  # of VP8 as sent, packed (`rewrite/ids.py`); above them, how often it was sent again
    resent_at: U32  # milliseconds


class Repeats(Ranges):
    """What it takes to seal a packet again with the very same bytes, where there is no RTX."""

    sent: I64  # abs-send-time << 16 | transport-wide number
    tag: U64  # the last eight bytes as they were sealed
