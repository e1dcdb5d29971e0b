"""The next milliseconds, which are planned together."""

from dataclasses import dataclass

from api.loadtest.sending import Span


@dataclass(slots=True)
class Window:
    """Some ticks of equal length."""

    start: float  # monotonic seconds
    wall: int  # the same moment in ns of the wall clock
    ticks: int
    tick: float  # seconds of each

    @property
    def end(self) -> float:
        return self.start + self.ticks * self.tick

    def span(self) -> Span:
        """For loops."""
        wall_tick = round(self.tick * 1e9)
        return Span(self.start, self.end, self.tick, self.ticks, self.wall, wall_tick)
