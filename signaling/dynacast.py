"""Tell a publisher which layers of its video anybody wants (LiveKit).

More is told at once, less only after a while: a tile that scrolls out of sight comes back.
"""

from signaling.timers import Timer, cancel

NONE = -1
ALL = 2  # livekit.VideoQuality.HIGH


class Dynacast:
    """What one publication's publisher was last told, and the deadline of a lower word."""

    def __init__(self, told: int = ALL) -> None:
        self.told = told  # clients begin with every layer
        self.wanted = told
        self._first = told
        self._lowering: Timer | None = None

    def want(self, quality: int) -> bool:
        """The highest quality that anybody wants now. True: tell the publisher at once."""
        self.wanted = quality
        if quality < self.told:
            return False
        cancel(self._lowering)
        self._lowering = None
        is_news, self.told = quality > self.told, quality
        return is_news

    def settle(self) -> bool:
        """The wait is over. True: tell the publisher what is wanted now."""
        self._lowering = None
        is_news, self.told = self.wanted != self.told, self.wanted
        return is_news

    @property
    def is_unusual(self) -> bool:
        """The last word is another than what the publisher begins with."""
        return self.told != self._first

    @property
    def must_wait(self) -> bool:
        """Something lower is to be told, and no deadline is set for it yet."""
        return self.wanted < self.told and self._lowering is None

    def wait(self, timer: Timer) -> None:
        self._lowering = timer

    def stop(self) -> None:
        cancel(self._lowering)
        self._lowering = None
