"""The data plane: everything that happens by the clock, for all participants together.

One call per millisecond sends what is due and now and then reads the sockets, asks, and reports.
Nothing here waits, and nothing is done packet by packet that can be done by column.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from socket import socket

from api.loadtest.clips import Library
from api.loadtest.columns import Slots
from api.loadtest.control import Asked, Control, is_control
from api.loadtest.incoming import Incoming
from api.loadtest.lag import Lag
from api.loadtest.link import Link
from api.loadtest.outgoing import Outgoing, Window
from api.loadtest.sockets import Inbox, Outbox, Post
from sfu import rtcp
from sfu.arena import Arena
from sfu.ring import Ring
from sfu.sealing.trial import choose
from turn.aio.mmsg import Calls

TICK = 0.001  # seconds
TICK_NS = 1_000_000
WINDOW = 8  # ticks that are planned together
PLANNED = 256  # rows of a plan; with more, the next one is for fewer ticks
RECEIVE = 10  # ticks between two looks into the sockets: the kernel notes when packets came
RECEIVE_QUIET = 2  # one in so many of them looks where no media comes
FEEDBACK = 100  # ticks between two reports of one connection about what came
NACKS = 20
REPORTS = 1000
TIMERS = 50

Place = tuple[int, int]  # a link and its file descriptor


@dataclass(slots=True)
class End:
    """One peer connection with its socket."""

    link: Link
    socket: socket
    control: Control
    on_ready: Callable[[], None]
    is_ready: bool = False

    def send(self, data: bytes) -> None:
        with suppress(OSError):  # full, or the server is gone: lost, as on a wire
            self.socket.send(data)

    def flush(self) -> None:
        for data in self.link.take_datagrams():
            self.send(data)


class Traffic:
    """Room for so many connections, and streams in each direction."""

    def __init__(
        self, library: Library, calls: Calls, *, links: int, sent: int, got: int, sample: int
    ) -> None:
        self.asked = Asked()
        self.lag = Lag(TICK)
        self.measured_lag = self.lag
        self.ends: list[End] = []
        ring = Ring(blocks=1)
        ring.run()
        sealer = self._sealer = choose(ring)
        self._arena = Arena()
        self._slots = Slots(ring)
        self._inbox = Inbox(ring, calls)
        self._outbox = Outbox(self._arena, calls)
        self._ready: list[Place] = []
        self._loud: list[Place] = []  # of them, those on which media comes
        self._joining: list[Place] = []
        self.outgoing = Outgoing(library, sent, links)
        self.incoming = Incoming(self._slots, sealer, got, links, sample=sample)
        self._tick = 0
        self._window = Window(0.0, 0, 0, TICK)
        self._posts: list[Post] = []  # of the window, the next one last
        self._sent_tick = -1
        self._left: Iterator[Place] = iter(())  # sockets to be read in this round
        self._is_counting_lag = True
        self._round = 0  # the tick in which it began

    @property
    def unsent(self) -> int:
        return self._outbox.unsent

    def add(self, link: Link, sock: socket, on_ready: Callable[[], None]) -> Control:
        """A connection that begins; `on_ready` is called once it has keys."""
        number = len(self.ends)
        control = Control(number, self.outgoing, self.incoming, self.asked)
        self.ends.append(End(link, sock, control, on_ready))
        self._joining.append((number, sock.fileno()))
        self._outbox.files[number] = sock.fileno()
        self.ends[number].flush()
        return control

    def begin_measuring(self) -> None:
        self.incoming.begin_measuring()
        self.lag = Lag(TICK)
        gc.collect()
        gc.freeze()  # what stands now stays: no pauses for looking at it again
        self._is_counting_lag = False  # what this took, and the first look at the counters

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
        if self._joining:
            self._receive(iter(self._joining[:]), now)
        if self._posts or not self._plan():
            self._receive_some(number, now)
        self._handle_timers(number, now)
        if number % NACKS == 0:
            self._ask(now)
        self._report(number, now)

    def _send(self, now: float) -> None:
        """All that is due by now."""
        window, posts = self._window, self._posts
        tick = int((now - window.start) / TICK)
        wall = time.time_ns()
        while posts and posts[-1].tick <= tick:
            post = posts.pop()
            if post.tick != self._sent_tick:
                self._sent_tick, wall = post.tick, time.time_ns()
                self.incoming.times.note(window.wall + post.tick * TICK_NS, wall)
            self._outbox.send(post)

    def _plan(self) -> bool:
        """The window behind the last one; when that was missed, from now on.

        Says whether it was work enough for one tick.
        """
        now, wall = time.monotonic(), time.time_ns()
        last = self._window
        if now < last.end - TICK:
            return False
        start = max(last.end, now)
        ticks = max(1, min(WINDOW, PLANNED * last.ticks // max(1, self._arena.count)))
        self._window = Window(start, wall + int((start - now) * 1e9), ticks, TICK)
        rows = self.outgoing.prepare(self._arena, self._window)
        self._sent_tick = -1
        if self._arena.count:
            self._sealer.seal(self._arena)
            self._posts = self._outbox.plan(self._arena, rows)[::-1]
        return self._arena.count > PLANNED // 4

    def _receive_some(self, number: int, now: float) -> None:
        """One block of packets at most, unless the sockets wait for long."""
        if number - self._round >= RECEIVE:
            is_quiet = number // RECEIVE % RECEIVE_QUIET > 0
            places = self._loud if is_quiet else self._ready
            self._receive(self._left, now)
            self._left, self._round = iter(places[:]), number
        self._inbox.fill(self._left)
        self._take(now)

    def _receive(self, files: Iterator[Place], now: float) -> None:
        """All that there is."""
        while not self._inbox.fill(files):
            self._take(now)
        self._take(now)

    def _take(self, now: float) -> None:
        inbox = self._inbox
        count = inbox.batch.count
        if count:
            media, others = self._slots.split(count)
            for row in others.tolist():
                self._take_other(row, now)
            if len(media):
                links, arrivals = inbox.links[media], inbox.arrivals[media]
                self.incoming.receive(inbox.batch, media, links, arrivals, now)
        inbox.clear()

    def _take_other(self, row: int, now: float) -> None:
        base, length = int(self._slots.bases[row]), int(self._inbox.batch.lengths[row])
        data = self._slots.flat[base : base + length].tobytes()
        number = int(self._inbox.links[row])
        end = self.ends[number]
        if is_control(data):
            self._take_control(end, data, now)
            return
        end.link.receive(data, end.socket.getsockname()[:2], now)
        end.flush()
        self._check_ready(number, end)

    def _check_ready(self, number: int, end: End) -> None:
        if end.is_ready or end.link.protection is None:
            return
        end.is_ready = True
        self._sealer.set_keys(number, end.link.protection)
        place = (number, end.socket.fileno())
        self._joining.remove(place)
        self._ready.append(place)
        end.on_ready()

    def _take_control(self, end: End, data: bytes, now: float) -> None:
        protection = end.link.protection
        plain = None if protection is None else protection.unprotect_rtcp(data)
        if plain is None or protection is None:
            return
        for packet in end.control.receive(plain, now):
            sealed = protection.protect(packet)
            if sealed is not None:
                end.send(sealed)

    def _handle_timers(self, number: int, now: float) -> None:
        """Each connection's turn; those that begin have one in every tick."""
        turn = range(number % TIMERS, len(self.ends), TIMERS)
        for at in [*turn, *(link for link, _ in self._joining)]:
            end = self.ends[at]
            end.link.handle_timeout(now)
            end.flush()
            self._check_ready(at, end)
        if number % TIMERS == 0:
            self._loud = [place for place in self._ready if self.ends[place[0]].control.got]

    def _ask(self, now: float) -> None:
        if not self.incoming.gaps:
            return
        for end in self.ends:
            if end.is_ready and (packets := end.control.nacks(now)):
                self._send_control(end, rtcp.compound(packets))

    def _report(self, number: int, now: float) -> None:
        """Each connection's turn, so that not all report at once."""
        for at in range(number % FEEDBACK, len(self.ends), FEEDBACK):
            end = self.ends[at]
            if end.is_ready and (packet := end.control.feedback()):
                self._send_control(end, packet)
        for at in range(number % REPORTS, len(self.ends), REPORTS):
            end = self.ends[at]
            if end.is_ready:
                for packet in end.control.reports(now, time.time()):
                    self._send_control(end, packet)

    def _send_control(self, end: End, packet: bytes) -> None:
        assert end.link.protection is not None
        sealed = end.link.protection.protect_rtcp(packet)
        if sealed is not None:
            end.send(sealed)

    def close(self) -> None:
        for end in self.ends:
            end.link.close()
            end.flush()
            end.socket.close()
