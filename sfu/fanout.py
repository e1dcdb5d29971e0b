"""Streams to subscriptions as arrays: the rows that a batch of packets becomes.

Made anew from the streams' own lists when one of these has changed.
"""

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sfu.state import State

NOTHING: list[int] = []


class Fanout:
    """Of stream `s` the subscriptions stand in `rows[start[s] : start[s] + count[s]]`.

    `rank` orders subscriptions: audio first, then by client. `odd` has those that must be written
    one by one.
    """

    def __init__(self) -> None:
        self.is_stale = True
        self.start: NDArray[np.int64] = np.zeros(0, np.int64)
        self.count: NDArray[np.int64] = np.zeros(0, np.int64)
        self.rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self.rank: NDArray[Any] = np.zeros(0, np.uint32)
        self.odd: dict[int, list[int]] = {}
        self.is_odd: NDArray[np.bool_] = np.zeros(0, bool)  # of streams: some of theirs are

    def refresh(self, state: "State") -> None:
        if self.is_stale:
            self.is_stale = False
            self._build(state)

    def _build(self, state: "State") -> None:
        lists = [(s.row, s.rows) for s in state.streams if s is not None and s.rows]
        sizes = np.array([len(rows) for _, rows in lists], np.int64)
        streams = np.repeat(np.array([row for row, _ in lists], np.int64), sizes)
        rows = np.fromiter(chain.from_iterable(rows for _, rows in lists), np.int64)
        table = state.subscription_table
        inner = table.array("inner")[rows]
        # RED whose blocks have another payload type than the subscriber's must be renumbered.
        is_other = (inner != 0) & (inner != state.stream_table.array("inner")[streams])
        is_odd = (table.array("is_odd")[rows] != 0) | is_other
        self.odd = {}
        for stream, row in zip(streams[is_odd].tolist(), rows[is_odd].tolist(), strict=True):
            self.odd.setdefault(stream, []).append(row)
        self.is_odd = np.zeros(state.stream_table.capacity, bool)
        self.is_odd[streams[is_odd]] = True
        self.rows = rows[~is_odd]
        self.count = np.bincount(streams[~is_odd], minlength=state.stream_table.capacity)
        self.start = np.zeros(len(self.count), np.int64)
        first = np.flatnonzero(np.diff(streams[~is_odd], prepend=-1))
        self.start[streams[~is_odd][first]] = first
        is_audio = state.stream_table.array("is_audio")[streams]
        self._rank(rows, table.array("client")[rows], is_audio, table.capacity)

    def _rank(
        self, rows: NDArray[np.int64], clients: NDArray[np.int32], is_audio: NDArray[np.uint8],
        capacity: int,
    ) -> None:  # fmt: skip
        # Sixteen bits are sorted by radix, four times as fast.
        kind = np.uint16 if len(rows) <= 0xFFFF else np.uint32
        self.rank = np.zeros(capacity, kind)
        self.rank[rows[np.lexsort((rows, clients, 1 - is_audio))]] = np.arange(
            len(rows), dtype=kind
        )
