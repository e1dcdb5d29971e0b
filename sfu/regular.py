"""The regular packets of a batch, which need no decision: from the ring into rows of the arena.

What is regular is said in `loops/odd.py`; the loops do the work (`loops/forward.py`). Here stand
what they work with, and what they leave to Python.
"""

from collections.abc import Callable, Sequence

import numpy as np

from sfu.arena import SLICE
from sfu.loops.forward import (
    DONE,
    LOOK,
    N_DUE,
    N_FOUND,
    N_REFUSED,
    N_UNSURE,
    N_WRITTEN,
    SORT,
    SPREAD,
    TAKE,
    UNSEAL,
    Desk,
    Drained,
    Sheet,
    Tables,
    forward,
    write_rows,
)
from sfu.loops.take import N_ALONE, N_GAPS, N_ODD, N_ROWS, N_TAKEN
from sfu.outbox import Outbox
from sfu.ring import BLOCK, Batch
from sfu.state import State
from sfu.tables import NEVER, Rows
from turn.compiling import Direct

Odd = Callable[[int, Sequence[int], float], None]  # a packet's slot, rows of subscriptions, now


class Regular:
    """`begin` a batch, and `finish` it when others than media of known streams were looked at.

    Those subscriptions that the loops cannot write for are given to `write_odd`.
    """

    def __init__(self, state: State, outbox: Outbox, write_odd: Odd) -> None:
        self.desk = Desk.room()
        self.state = state
        self.outbox = outbox
        self.has_left = 0  # rows of the batch that were sent by the loop that received it
        self._write_odd = write_odd
        ring, octets = state.ring, state.ring.octets
        self._ring = (
            octets, octets.view(np.uint32), octets.view(np.uint64), ring.cursor, ring.generations,
        )  # fmt: skip
        arena = outbox.arena
        self.sheet = Sheet(arena.longs, arena.words, arena.octets, arena.columns)
        self._forward, self._write = Direct(forward), Direct(write_rows)
        self._step = DONE
        self._growths = -1  # when `_known` was made
        self._known: Tables

    def open(self, now: float) -> None:
        """Before anything of a batch."""
        state = self.state
        state.ring.now = self.outbox.now = now
        state.ring.room(BLOCK)
        state.arrivals.room(BLOCK)
        self.has_left = 0

    def begin(self, batch: Batch, routes: Rows) -> bool:
        """False: there are others, see `desk.kinds`. `routes`: of the batch's socket."""
        self._drained = Drained(
            routes, batch.names, batch.lengths, batch.arrivals, batch.lengths_address
        )
        self._step = batch.step or self._call(SORT, batch)
        return self._step != UNSEAL

    def finish(self, batch: Batch, now: float) -> list[int]:
        """Returns the positions of media that is not regular."""
        self._step = batch.step or self._step
        while self._step != DONE:
            self._prepare(self._step, batch)
            self._step = self._call(self._step, batch)
        counts = self.desk.counts.tolist()
        rows, written, alone = counts[N_ROWS], counts[N_WRITTEN], counts[N_ALONE]
        if counts[N_DUE]:
            self.state.arrivals.note_due(counts[N_DUE], float(batch.arrivals[0]))
        if counts[N_GAPS]:
            self._note_gaps(counts[N_GAPS], now)
        self.outbox.arena.count += written - self.has_left
        if written < rows:
            self.write(self.desk, rows)
        if counts[N_ODD]:
            self._write_others(counts[N_TAKEN], now)
        return self.desk.alone[:alone].tolist() if alone else []

    def _call(self, step: int, batch: Batch) -> int:
        state, outbox, sealer = self.state, self.outbox, self.state.sealer
        arena = outbox.room(SLICE)
        state.ring.room(batch.count)  # others may have been added
        state.arrivals.room(batch.count)
        reached: int = self._forward.call(
            step, self.tables(), self._drained, batch.count, self.desk, sealer.unsealing,
            self.sheet, arena.count, outbox.times,
        )  # fmt: skip
        return reached

    def tables(self) -> Tables:
        """Where everything stands now."""
        state = self.state
        if self._growths != state.growths:
            self._growths, self._known = state.growths, self._look_up()
        return self._known

    def _look_up(self) -> Tables:
        state = self.state
        return Tables(
            *self._ring, state.client_table.rows, state.stream_table.rows,
            state.stream_table.seen_rows, state.packets.rows, state.sources.entries,
            state.subscription_table.rows, state.fanout.listed.rows, state.client_table.log_rows,
            state.history.rows, state.repeats.rows, state.acks.acked, state.voices.rows,
            state.arrivals.waiting, state.tally, state.controls.entries, state.targets.entries,
        )  # fmt: skip

    def _prepare(self, step: int, batch: Batch) -> None:
        """What stands before this step."""
        state, counts = self.state, self.desk.counts
        if step == LOOK:
            media, found = self.desk.media, int(counts[N_FOUND])
            counts[N_REFUSED] = state.sealer.unseal(batch, media, found)
        elif step == TAKE:
            self._settle(int(counts[N_UNSURE]))
        elif step == SPREAD:
            self.desk = self.desk.with_room(2 * int(counts[N_ROWS]))
            state.note_growth()

    def _settle(self, unsure: int) -> None:
        """Streams that are not noted as steady are looked at again; few are so for long."""
        state = self.state
        for row in self.desk.streams[:unsure].tolist():
            stream = state.stream(row)
            if stream.settle() and state.stream_table.fan_count[row] == NEVER:
                state.fanout.list(row, stream.rows)

    def _note_gaps(self, count: int, now: float) -> None:
        state = self.state
        for row, first, end in self.desk.gaps[:count].tolist():
            stream = state.stream(row)
            if stream.has_nack:
                state.nacks.open(row, first, end, now)
                stream.await_start()

    def write(self, desk: Desk, total: int) -> None:
        """So many rows of this desk, in slices: who is first need not wait for the last.

        None: the loop is there when it is needed.
        """
        outbox = self.outbox
        for begin in range(0, total or 1, SLICE):
            end = min(begin + SLICE, total)
            arena = outbox.room(end - begin)
            self._write.call(self.tables(), desk, begin, end, self.sheet, arena.count, outbox.times)
            arena.count += end - begin
            if end < total:
                outbox.flush()

    def _write_others(self, count: int, now: float) -> None:
        """For subscriptions with another header, or whose blocks of RED must be renamed."""
        taken = self.desk.taken[:count]
        for row, slot in zip(taken["stream"].tolist(), taken["slot"].tolist(), strict=True):
            if odd := self.state.fanout.odd(row):
                self._write_odd(slot, odd, now)
