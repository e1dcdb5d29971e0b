"""How long work that can wait may keep the loop from its sockets.

Media is forwarded as it comes. All else (handshakes, data, commands, reports) is done between two
drains of the sockets, and shares one budget until the next drain.
"""

import time
from collections.abc import Callable

SLOW = 0.0007  # seconds; one step of a handshake more may end it later, and commands come on top
# Where the loop has other work, or more media than it can forward, that alone would be next to
# nothing: connections would end because nobody looks at their checks.
SHARE = 0.25  # of what all else took since the last drain
MOST = 0.01  # seconds


class Slice:
    """Processor time: that other programs had the core meanwhile is no reason to do less.

    `begin` and `end` stand around such work; `begin` twice is once. `renew` stands where sockets
    are drained, `turn` where something else is called once in a turn of the loop. `note` gets what
    was spent between two drains, or turns in which there was nothing to drain.
    """

    def __init__(
        self,
        note: Callable[[float], None],
        seconds: float = SLOW,
        most: float = MOST,
        clock: Callable[[], float] = time.thread_time,
        busy: Callable[[], float] | None = None,
    ) -> None:
        """`busy`: seconds at work so far, of which a look costs less than one at the clock."""
        self._note = note
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._busy = busy or clock
        self._spent = 0.0
        self._since: float | None = None
        self._called: set[str] = set()
        self._limit = seconds
        self._renewed = self._busy()

    def begin(self) -> None:
        if self._since is None:
            self._since = self._clock()

    def end(self) -> None:
        if self._since is not None:
            self._spent += self._clock() - self._since
            self._since = None

    def resume(self) -> None:
        """What follows belongs to such work, if there was any: its answers leave."""
        if self._spent:
            self.begin()

    def turn(self, caller: str) -> None:
        """Begins too. Called again: the loop has looked at the sockets, and nothing was there."""
        if caller in self._called:
            self.renew()
        self._called.add(caller)
        self.begin()

    def renew(self) -> None:
        self._called.clear()
        self.end()
        before, self._renewed = self._renewed, self._busy()
        others = self._renewed - before - self._spent
        self._limit = max(self._seconds, min(SHARE * others, self._most))
        if self._spent:
            self._note(self._spent)
            self._spent = 0.0

    def has_time(self) -> bool:
        """Begins too: who asks goes on if the answer is yes."""
        now = self._clock()
        if self._since is None:
            self._since = now
        return self._spent + now - self._since < self._limit
