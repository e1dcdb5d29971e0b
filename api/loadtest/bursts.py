"""What is due in the next milliseconds: bursts of packets, by column."""

from dataclasses import dataclass

import numpy as np

from api.loadtest.memory import Ints


@dataclass(slots=True)
class Window:
    """Some ticks of equal length, planned together."""

    start: float  # monotonic seconds
    wall: int  # the same moment in ns of the wall clock
    ticks: int
    tick: float  # seconds of each

    @property
    def end(self) -> float:
        return self.start + self.ticks * self.tick


@dataclass(slots=True)
class Bursts:
    """Columns of bursts that are due."""

    stream: Ints
    burst: Ints  # in the library
    tick: Ints  # of the window
    sequence: Ints  # of the first packet
    time: Ints
    picture: Ints
    count: Ints  # packets of the stream before

    def sorted(self, streams: int) -> "Bursts":
        """By tick, and by stream within; what one stream sends keeps its order."""
        order = np.argsort(self.tick * streams + self.stream, kind="stable")
        return Bursts(*(column[order] for column in self.columns()))

    def columns(self) -> tuple[Ints, ...]:
        return (
            self.stream,
            self.burst,
            self.tick,
            self.sequence,
            self.time,
            self.picture,
            self.count,
        )
