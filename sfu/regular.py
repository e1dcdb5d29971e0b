"""The regular packets of a batch, which need no decision: from their slots into rows of the arena.

What is regular is said in `loops/take.py`; the loops do the work, here stands what they work with.
"""

from collections.abc import Callable, Sequence

import numpy as np

from sfu.arena import SLICE
from sfu.drop import Drop
from sfu.loops import take
from sfu.loops.sort import SORTED
from sfu.loops.spread import ROW, spread
from sfu.loops.take import COUNTS, HEARD, TAKEN
from sfu.loops.write import write
from sfu.outbox import Outbox
from sfu.ring import BLOCK, Batch
from sfu.state import State
from sfu.tables import NEVER, Ints, Rows
from turn.compiling import Direct

SMALLEST = 1 << 12  # rows for which there is room from the start

Odd = Callable[[int, Sequence[int], float], None]  # a packet's slot, rows of subscriptions, now


class Regular:
    """`forward` writes the regular ones of a batch for all of their subscriptions.

    Those subscriptions that the loops cannot write for are given to `write_odd`.
    """

    def __init__(self, state: State, outbox: Outbox, write_odd: Odd) -> None:
        self.media: Rows = np.zeros(BLOCK, SORTED)  # unsealed packets of known streams
        self._state = state
        self._outbox = outbox
        self._write_odd = write_odd
        rows = state.ring.rows
        self._memory, self._words = rows.reshape(-1), rows.reshape(-1).view(np.uint32)
        self._longs = rows.view(np.uint64)
        self._taken: Rows = np.zeros(BLOCK, TAKEN)
        self._heard: Rows = np.zeros(BLOCK, HEARD)
        self._alone: Ints = np.zeros(BLOCK, np.int64)
        self._streams: Ints = np.zeros(BLOCK, np.int64)
        self._counts: Ints = np.zeros(COUNTS, np.int64)
        self._rows: Rows = np.zeros(SMALLEST, ROW)
        self._order: Ints = np.zeros(SMALLEST, np.int64)
        self._find, self._take = Direct(take.find_odd), Direct(take.take)
        self._spread, self._put = Direct(spread), Direct(write)

    def forward(self, batch: Batch, count: int, now: float) -> list[int]:
        """The first so many of `media`. Returns positions of those that are not regular."""
        state, counts = self._state, self._counts
        self._find_odd(batch, count)
        arrivals = state.arrivals
        arrivals.room(count)
        self._take.call(
            self._memory, state.ring.generations, batch.lengths, batch.arrivals, batch.first,
            self.media, count, state.stream_table.rows, state.stream_table.array("seen"),
            state.packets.rows, state.turn, self._taken, self._alone, arrivals.waiting,
            arrivals.count, self._heard, self._streams, counts,
        )  # fmt: skip
        taken, alone, arrived, heard, streams, unserved, rows = counts.tolist()
        if arrived:
            arrivals.told(arrived, float(batch.arrivals[0]))
        if heard:
            self._hear(heard, now)
        if unserved:
            state.drop(Drop.NO_SUBSCRIBER, unserved)
        if rows:
            self._write(streams, rows)
        if taken and state.fanout.has_odd:
            self._write_others(taken, now)
        return self._alone[:alone].tolist() if alone else []

    def _find_odd(self, batch: Batch, count: int) -> None:
        """Streams that are not noted as steady are looked at again; few are so for long."""
        if unsure := self._look(batch, count):
            state = self._state
            for row in self._streams[:unsure].tolist():
                stream = state.stream(row)
                if stream.settle() and state.stream_table.fan_count[row] == NEVER:
                    state.fanout.list(row, stream.rows)
            self._look(batch, count)

    def _look(self, batch: Batch, count: int) -> int:
        state = self._state
        state.turn += 1
        unsure: int = self._find.call(
            self._words, self._memory, batch.lengths, batch.first, self.media, count,
            state.stream_table.rows, state.turn, self._streams,
        )  # fmt: skip
        return unsure

    def _hear(self, count: int, now: float) -> None:
        """Audio levels."""
        for row, level, timestamp in self._heard[:count].tolist():
            meter = self._state.stream(row).publication.level
            if meter is not None:
                meter.receive(level, timestamp, now)

    def _write(self, streams: int, total: int) -> None:
        """Rows of the packets that hang at so many streams."""
        state = self._state
        if total > len(self._order):
            self._rows = np.zeros(2 * total, ROW)
            self._order = np.zeros(2 * total, np.int64)
        self._spread.call(
            state.stream_table.rows, state.client_table.rows, state.subscription_table.rows,
            state.fanout.listed.rows, self._streams, streams, self._taken, state.turn,
            self._rows, self._order,
        )  # fmt: skip
        for begin in range(0, total, SLICE):
            self._write_slice(begin, min(begin + SLICE, total))
            if begin + SLICE < total:
                self._outbox.flush()

    def _write_slice(self, begin: int, end: int) -> None:
        state, outbox = self._state, self._outbox
        arena = outbox.room(end - begin)
        self._put.call(
            self._longs, arena.longs, arena.words, arena.octets, self._rows, self._order, begin,
            end, arena.count, self._taken, state.stream_table.rows, state.subscription_table.rows,
            state.client_table.rows, state.client_table.array("log"), state.history.rows,
            state.repeats.rows, arena.columns, outbox.now, outbox.send_time, outbox.log_time,
        )  # fmt: skip
        arena.count += end - begin

    def _write_others(self, count: int, now: float) -> None:
        """For subscriptions with another header, or whose blocks of RED must be renamed."""
        taken = self._taken[:count]
        for row, slot in zip(taken["stream"].tolist(), taken["slot"].tolist(), strict=True):
            if odd := self._state.fanout.odd(row):
                self._write_odd(slot, odd, now)
