"""Sequence numbers and frames of what is received, by column; gaps where there are any."""

import numpy as np

from api.loadtest.columns import Headers, Rows
from api.loadtest.gaps import Gaps
from api.loadtest.memory import Ints
from api.loadtest.streams import UNKNOWN


class Order:
    """Rows are streams. `odd` holds those whose numbers were not in order since it was cleared."""

    def __init__(self, streams: int) -> None:
        self.highest: Ints = np.full(streams, UNKNOWN)  # number without the wrap
        self.first: Ints = np.full(streams, UNKNOWN)
        self.received: Ints = np.zeros(streams, np.int64)
        self.gaps: dict[int, Gaps] = {}
        self.odd: set[int] = set()
        self._time: Ints = np.full(streams, UNKNOWN)
        self._frames: Ints = np.zeros(streams, np.int64)

    def follow(self, stream: Ints, headers: Headers, now: float) -> Ints:
        """Count numbers and frames; the frame of each row, counted from the stream's first."""
        order = np.argsort(stream.astype(np.uint16), kind="stable")
        ordered = stream[order]
        is_first = np.empty(len(order), np.bool_)
        is_first[0] = True
        np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
        firsts = np.flatnonzero(is_first)
        which = ordered[firsts]
        counts = np.diff(firsts, append=len(order))
        lasts = firsts + counts - 1
        sequence, time = headers.sequence[order], headers.time[order]
        self._start(which, sequence[firsts], time[firsts])
        self.received[which] += counts
        self._follow_numbers(ordered, sequence, firsts, lasts, now)
        is_new = np.empty(len(order), np.bool_)  # frame
        np.not_equal(time[1:], time[:-1], out=is_new[1:])
        is_new[firsts] = time[firsts] != self._time[which]
        steps = np.cumsum(is_new)
        # Frames of a stream are counted on from those before, whatever the others had.
        base = self._frames[which] - steps[firsts] + is_new[firsts]
        counted = steps + np.repeat(base, counts)
        self._frames[which] = counted[lasts]
        self._time[which] = time[lasts]
        frames: Ints = np.empty_like(counted)
        frames[order] = counted
        return frames

    def repair(self, stream: int, sequence: int) -> None:
        """This number of a stream came as RTX."""
        highest = int(self.highest[stream])
        if stream in self.gaps and highest >= 0:
            self.gaps[stream].repair(highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000)

    def _start(self, which: Ints, sequence: Ints, time: Ints) -> None:
        is_new = self.highest[which] < 0
        if is_new.any():
            fresh = which[is_new]
            self.highest[fresh] = sequence[is_new] + 0xFFFF  # the wrap leaves it positive
            self.first[fresh] = sequence[is_new] + 0x10000
            self._time[fresh] = time[is_new]

    def _follow_numbers(
        self,
        stream: Ints,
        sequence: Ints,
        firsts: Rows,
        lasts: Rows,
        now: float,
    ) -> None:
        """Whole streams by column, the others packet by packet."""
        highest = self.highest[stream]
        number = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
        odd = np.empty(len(number), np.bool_)
        np.not_equal(number[1:], number[:-1] + 1, out=odd[1:])
        odd[firsts] = number[firsts] != highest[firsts] + 1
        if not odd.any():
            self.highest[stream[firsts]] = number[lasts]
            return
        is_odd = np.logical_or.reduceat(odd, firsts)
        whole = ~is_odd
        self.highest[stream[firsts[whole]]] = number[lasts[whole]]
        for first, last in zip(firsts[is_odd].tolist(), lasts[is_odd].tolist(), strict=True):
            self._follow_odd(int(stream[first]), number[first : last + 1].tolist(), now)

    def _follow_odd(self, stream: int, numbers: list[int], now: float) -> None:
        gaps = self.gaps.setdefault(stream, Gaps())
        highest = int(self.highest[stream])
        for number in numbers:
            in_order = number == highest + 1
            highest = number if in_order else gaps.receive(highest, number, now)
        self.highest[stream] = highest
        self.odd.add(stream)
