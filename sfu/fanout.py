"""The subscriptions of each stream as an array: the rows that many packets become.

Made from the stream's own list when it is needed, and forgotten when that changes: so somebody who
joins or changes a layer costs the streams concerned, not the whole room.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sfu.tables import Streams, Subscriptions


class Feed(NamedTuple):
    rows: NDArray[np.int64]  # of subscriptions
    odd: list[int]  # those that must be written one by one


class Fanout:
    def __init__(self, streams: Streams, subscriptions: Subscriptions) -> None:
        self._streams = streams
        self._subscriptions = subscriptions
        self._feeds: dict[int, Feed] = {}

    def feed(self, stream: int, rows: list[int]) -> Feed:
        """Of the stream with this row; `rows` are its subscriptions."""
        feed = self._feeds.get(stream)
        if feed is None:
            feed = self._feeds[stream] = self._make(stream, rows)
        return feed

    def forget(self, stream: int) -> None:
        """Its subscriptions, or what they want of it, are others now."""
        self._feeds.pop(stream, None)

    def _make(self, stream: int, listed: list[int]) -> Feed:
        rows = np.array(listed, np.int64)
        inner = self._subscriptions.array("inner")[rows]
        # RED whose blocks have another payload type than the subscriber's must be renumbered.
        is_other = (inner != 0) & (inner != self._streams.inner[stream])
        is_odd = (self._subscriptions.array("is_odd")[rows] != 0) | is_other
        return Feed(rows[~is_odd], rows[is_odd].tolist())
