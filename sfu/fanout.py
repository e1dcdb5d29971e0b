"""The subscriptions of each stream as an array, for compiled loops.

Made from the stream's own list when it is needed, and forgotten when that changes: so somebody who
joins or changes a layer costs the streams concerned, not the whole room. The arrays of all streams
lie in one.
"""

from collections.abc import Sequence

import numpy as np

from sfu.history import Ranges
from sfu.tables import I64, NEVER, Streams, Subscriptions

SMALLEST = 8  # subscriptions for which there is room at least


class Listed(Ranges):
    row: I64  # of a subscription


class Fanout:
    """Where a stream's are stands in its `fan_at` and `fan_count`."""

    def __init__(self, streams: Streams, subscriptions: Subscriptions) -> None:
        self.listed = Listed(1 << 12)
        self._streams = streams
        self._subscriptions = subscriptions
        self._room: dict[int, int] = {}  # by stream: how many fit where its are
        self._odd: dict[int, list[int]] = {}

    def odd(self, stream: int) -> Sequence[int]:
        """Those of its subscriptions that must be written one by one."""
        return self._odd.get(stream, ())

    @property
    def has_odd(self) -> bool:
        return bool(self._odd)

    def list(self, stream: int, rows: list[int]) -> None:
        """Make the array of the stream with this row; `rows` are its subscriptions."""
        table = self._streams
        every = np.array(rows, np.int64)
        inner = self._subscriptions.array("inner")[every]
        # RED whose blocks have another payload type than the subscriber's must be renumbered.
        is_odd = (inner != 0) & (inner != table.inner[stream])
        is_odd |= self._subscriptions.array("is_odd")[every] != 0
        usual = every[~is_odd]
        if len(usual) > self._room.get(stream, 0):
            self._take(stream, len(usual))
        first = table.fan_at[stream]
        self.listed.array("row")[first : first + len(usual)] = usual
        table.fan_count[stream] = len(usual)
        table.fan_odd[stream] = len(rows) - len(usual)
        if len(usual) < len(rows):
            self._odd[stream] = every[is_odd].tolist()

    def forget(self, stream: int) -> None:
        """Its subscriptions, or what they want of it, are others now."""
        if stream != NEVER:
            self._streams.fan_count[stream] = NEVER
            self._odd.pop(stream, None)

    def remove(self, stream: int) -> None:
        """The stream has ended."""
        self.forget(stream)
        if room := self._room.pop(stream, 0):
            self.listed.give_back(self._streams.fan_at[stream], room)

    def _take(self, stream: int, count: int) -> None:
        """Room for so many."""
        if before := self._room.get(stream, 0):
            self.listed.give_back(self._streams.fan_at[stream], before)
        room = max(SMALLEST, 1 << (count - 1).bit_length())
        self._streams.fan_at[stream] = self.listed.take(room)
        self._room[stream] = room
