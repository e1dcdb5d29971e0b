"""Sequence numbers and frames of what is received, by column; gaps where there are any."""

import numpy as np

from api.loadtest.gaps import Gaps
from api.loadtest.loops import UNKNOWN, Counts
from api.loadtest.memory import Ints


class Order:
    """Rows are streams. `counts`: as loops need them."""

    def __init__(self, streams: int) -> None:
        unknown = (np.full(streams, UNKNOWN) for _ in range(3))
        self.highest, self.first, time = unknown  # numbers without the wrap
        self.received: Ints = np.zeros(streams, np.int64)
        self.gaps: dict[int, Gaps] = {}
        frames = np.zeros(streams, np.int64)
        flags = (np.zeros(streams, np.bool_) for _ in range(3))
        self.counts = Counts(self.highest, self.first, self.received, time, frames, *flags)

    def follow(self, streams: Ints, numbers: Ints, now: float) -> None:
        """What the loops have left: streams whose numbers are not in order, from there on."""
        of_streams: dict[int, list[int]] = {}
        for stream, number in zip(streams.tolist(), numbers.tolist(), strict=True):
            of_streams.setdefault(stream, []).append(number)
        for stream, those in of_streams.items():
            gaps = self.gaps.setdefault(stream, Gaps())
            highest = int(self.highest[stream])
            for number in those:
                in_order = number == highest + 1
                highest = number if in_order else gaps.receive(highest, number, now)
            self.highest[stream] = highest

    def repair(self, stream: int, sequence: int) -> None:
        """This number of a stream came as RTX."""
        highest = int(self.highest[stream])
        if stream in self.gaps and highest >= 0:
            self.gaps[stream].repair(highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000)
