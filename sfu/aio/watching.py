"""When sockets are drained: as soon as something is there, or a moment after the first packet."""

import asyncio
import select
import time
from collections.abc import Callable, Sequence

from sfu.gather import Gather, GatherRule, Pace
from turn.aio.timer import Timer

# Of sockets, by their file numbers, until so many packets have left, if that is not 0. How much
# there was, and whether that was all.
Drain = Callable[[Sequence[int], int], tuple[int, bool]]


class Watch:
    """Drains each socket whenever it is readable."""

    def __init__(self, loop: asyncio.AbstractEventLoop, files: Sequence[int], drain: Drain) -> None:
        self._loop = loop
        self._files = files
        self._drain = drain
        self._watch()

    def close(self) -> None:
        self._unwatch()

    def _watch(self) -> None:
        for file in self._files:
            self._loop.add_reader(file, self._drain_at_once, [file])

    def _unwatch(self) -> None:
        for file in self._files:
            self._loop.remove_reader(file)

    def _drain_at_once(self, files: Sequence[int]) -> None:
        self._drain(files, 0)


class GatheringWatch(Watch):
    """Waits for more packets while little is sent.

    Then the loop watches an epoll that tells once that a socket has something; it is told to do so
    again when that socket was drained (a tenth cheaper than to add and remove readers, measured).
    While so much comes that the next packet is sure to follow, it is not asked: the timer is set
    again, and the loop wakes once for each moment instead of twice.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        files: Sequence[int],
        drain: Drain,
        timer: Timer,
        rule: GatherRule,
        sent: Callable[[], int],
    ) -> None:
        """`sent` counts the packets that have left so far."""
        self._gather = Gather(rule, time.monotonic())
        self._pace = Pace(time.monotonic())
        self._sent = sent
        self._timer = timer
        self._epoll = select.epoll()
        self._waiting: list[int] = []  # sockets that have something
        self._is_gathering = False
        self._came = 0  # datagrams
        for file in files:
            self._epoll.register(file, 0)
        super().__init__(loop, files, drain)
        self._switch(0)

    def close(self) -> None:
        self._unwatch()
        self._timer.close()
        self._epoll.close()

    def _watch(self) -> None:
        if not self._is_gathering:
            return super()._watch()
        self._loop.add_reader(self._epoll.fileno(), self._begin)
        self._loop.add_reader(self._timer.file, self._end)
        return self._ask(self._files)

    def _unwatch(self) -> None:
        if not self._is_gathering:
            return super()._unwatch()
        self._loop.remove_reader(self._epoll.fileno())
        self._loop.remove_reader(self._timer.file)
        return None

    def _ask(self, files: Sequence[int]) -> None:
        for file in files:
            self._epoll.modify(file, select.EPOLLIN | select.EPOLLONESHOT)

    def _begin(self) -> None:
        if not self._waiting:
            self._timer.arm(self._gather.seconds)
        self._waiting.extend(file for file, _ in self._epoll.poll(0))

    def _end(self) -> None:
        files, count, is_all, before = self._waiting, 0, True, self._sent()
        room = self._pace.room(time.monotonic()) if self._gather.is_wide else 0
        try:
            count, is_all = self._drain(files, room)
        finally:  # a fault there must not leave the sockets unwatched
            pause = self._pace.take(self._sent() - before) if room else 0.0
            self._go_on(files, count, 0.0 if is_all else max(pause, self._gather.seconds))

    def _go_on(self, files: list[int], count: int, pause: float) -> None:
        """`pause`: seconds until there may be more, if that was not all."""
        is_other = self._switch(count)
        if count and (pause or self._gather.is_dense) and not is_other:
            self._timer.arm(pause or self._gather.seconds)
            return
        self._timer.clear()
        self._waiting = []
        if not is_other:
            self._ask(files)

    def _drain_at_once(self, files: Sequence[int]) -> None:
        count, _ = self._drain(files, 0)
        self._switch(count)

    def _switch(self, count: int) -> bool:
        """So many datagrams were drained. True: it went over to the other way."""
        self._came += count
        self._gather.note(self._sent(), self._came, time.monotonic())
        if self._gather.is_on == self._is_gathering:
            return False
        self._unwatch()
        self._is_gathering = self._gather.is_on
        self._watch()
        return True
