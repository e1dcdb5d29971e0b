"""The data plane: everything that happens by the clock, for all participants together.

One call per millisecond sends what is due, and now and then plans, reads the sockets, asks and
reports. Nothing here waits, and nothing is done packet by packet that can be done by column.
"""

import gc
import time
from collections.abc import Callable, Sequence
from socket import socket

import numpy as np

from api.loadtest.bursts import Window
from api.loadtest.clips import Library
from api.loadtest.control import Asked, Control, feedback, is_control, is_only_feedback
from api.loadtest.ends import End, Ends
from api.loadtest.inbox import Inbox, Place
from api.loadtest.incoming import Incoming
from api.loadtest.lag import Lag
from api.loadtest.link import Link
from api.loadtest.loops import SOCKETS
from api.loadtest.memory import Arena
from api.loadtest.outbox import Outbox, Posts
from api.loadtest.outgoing import Outgoing
from api.loadtest.repeats import Repeats
from api.loadtest.rounds import Rounds
from api.loadtest.sealing import make_sealer
from sfu import rtcp
from turn import kept
from turn.aio.mmsg import Calls

TICK = 0.001  # seconds
TICK_NS = 1_000_000
WINDOW = 32  # ticks that are planned together, at most
PLANNED = 384  # rows of a plan; with more, the next one is for fewer ticks
FEEDBACK = 100  # ticks between two reports of one connection about what came
TOGETHER = 10  # ticks whose reports are computed together
NACKS = 20
REPORTS = 1000


class Traffic:
    """Room for so many connections, and streams in each direction. Raises LoadTestError."""

    def __init__(
        self, library: Library, calls: Calls, *, links: int, sent: int, got: int, sample: int
    ) -> None:
        self.asked = Asked()
        self.lag = Lag(TICK)
        self.measured_lag = self.lag
        self.ends = Ends(links, self._take_keys)
        self._arena = Arena()
        self._inbox = inbox = Inbox(calls)
        self._outbox = Outbox(self._arena, calls, links)
        self._sealer = make_sealer(inbox.slots, links)
        self.outgoing = Outgoing(library, sent, links)
        self.incoming = Incoming(inbox, self._sealer, got, links, sample=sample)
        self._rounds = Rounds()
        self._repeats = Repeats()
        self._tick = 0
        self._window = Window(0.0, 0, 0, TICK)
        self._posts: list[Posts] = []  # of the window, the next one last
        self._is_counting_lag = True
        self._rehearse()

    def _rehearse(self) -> None:
        """Load the compiled loops, or compile them, before anybody waits for media."""
        kept.announce(whose=kept.LOAD_TEST)
        media, _ = self._inbox.split(self._inbox.read([]))
        self.incoming.receive(media, 0.0)
        self.outgoing.prepare(self._arena, self._window)
        kept.complete(whose=kept.LOAD_TEST)

    @property
    def unsent(self) -> int:
        return self._outbox.unsent

    def add(self, link: Link, sock: socket, on_ready: Callable[[], None]) -> Control:
        """A connection that begins; `on_ready` is called once it has keys."""
        number = len(self.ends)
        control = Control(number, self.outgoing, self.incoming, self.asked)
        self._outbox.files[number] = sock.fileno()
        self.ends.add(End(link, sock, control, on_ready))
        return control

    def tidy(self) -> None:
        """Before the measurement, and long enough that what waited meanwhile has left.

        This takes as long as dozens of ticks, whose packets the server then gets all at once.
        """
        gc.collect()
        gc.freeze()  # what stands now stays: no pauses for looking at it again

    def begin_measuring(self) -> None:
        self.incoming.begin_measuring()
        self.lag = Lag(TICK)
        self._is_counting_lag = False  # the first look at the counters

    def end_measuring(self) -> None:
        self.incoming.is_measuring = False
        self.measured_lag, self.lag = self.lag, Lag(TICK)

    def tick(self, planned: float) -> None:
        """The tick that was due at `planned`, in monotonic seconds."""
        now = time.monotonic()
        if self._is_counting_lag:
            self.lag.note(now - planned)
        self._is_counting_lag = True
        number = self._tick = self._tick + 1
        self._send(now)
        if self.ends.joining:
            self._receive(self.ends.joining, now)
        if self._posts or not self._plan():
            for group in self._rounds.take(number, self.ends.ready):
                self._rounds.again(self._receive(group, now))
        self._repeats.send(now)
        self.ends.handle_timers(now)
        if number % NACKS == 0:
            self._ask(now)
        self._report(number, now)

    def _send(self, now: float) -> None:
        """All that is due by now."""
        window, posts = self._window, self._posts
        tick = int((now - window.start) / TICK)
        while posts and posts[-1].tick <= tick:
            post = posts.pop()
            self.incoming.times.note(window.wall + post.tick * TICK_NS, time.time_ns())
            self._outbox.send(post)

    def _plan(self) -> bool:
        """The window behind the last one; when that was missed, from now on.

        Says whether it was work enough for one tick.
        """
        now, wall = time.monotonic(), time.time_ns()
        last, arena = self._window, self._arena
        if now < last.end - TICK:
            return False
        start = max(last.end, now)
        ticks = max(1, min(WINDOW, PLANNED * last.ticks // max(1, arena.count)))
        self._window = Window(start, wall + int((start - now) * 1e9), ticks, TICK)
        rows = self.outgoing.prepare(arena, self._window)
        if arena.count:
            self._sealer.seal(arena)
            self._posts = self._outbox.plan(arena, rows)[::-1]
        return arena.count > PLANNED // 4

    def _receive(self, places: Sequence[Place], now: float) -> list[Place]:
        """What these sockets have; returns those that may have more."""
        received = self._inbox.read(places[:SOCKETS])
        media, others = self._inbox.split(received)
        for row, number in zip(others.rows.tolist(), others.links.tolist(), strict=True):
            self._take_other(row, number, now)
        has_keys = self.ends.has_keys[media.links]
        if not has_keys.all():  # what overtakes a handshake is passed over
            media = media.chosen(has_keys)
        if len(media.rows):
            self.incoming.receive(media, now)
        return received.more

    def _take_other(self, row: int, number: int, now: float) -> None:
        data = self._inbox.slots.content(row, int(self._inbox.lengths[row]))
        if not is_control(data):
            self.ends.receive(number, data, now)
        elif is_only_feedback(data):
            self.asked.feedback += 1
        else:
            self._take_control(self.ends.all[number], data, now)

    def _take_control(self, end: End, data: bytes, now: float) -> None:
        protection = end.link.protection
        plain = None if protection is None else protection.unprotect_rtcp(data)
        if plain is not None:
            self._repeats.add(end, end.control.receive(plain, now))

    def _take_keys(self, number: int, end: End) -> None:
        assert end.link.protection is not None
        self._sealer.set_keys(number, end.link.protection)

    def _ask(self, now: float) -> None:
        """Those who miss something."""
        link = self.incoming.streams.link
        missing = {int(link[row]) for row, one in self.incoming.order.gaps.items() if one.missing}
        for end in self.ends.of(missing):
            if packets := end.control.nacks(now):
                end.send_control(rtcp.compound(packets))

    def _report(self, number: int, now: float) -> None:
        """Each connection's turn, so that not all report at once."""
        if number % TOGETHER == 0:
            turn = number // TOGETHER % (FEEDBACK // TOGETHER)
            links = np.arange(turn, len(self.ends), FEEDBACK // TOGETHER)
            for link, body in self.incoming.arrivals.take_bodies(links):
                self.ends.all[link].send_control(feedback(body))
        for end in self.ends.of(range(number % REPORTS, len(self.ends), REPORTS)):
            for packet in end.control.reports(now, time.time()):
                end.send_control(packet)

    def close(self) -> None:
        self.ends.close()
