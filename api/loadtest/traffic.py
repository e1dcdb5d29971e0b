"""The data plane: everything that happens by the clock, for all participants together.

One call per millisecond sends what is due and now and then reads the sockets, asks, and reports.
Nothing here waits, and nothing is done packet by packet that can be done by column.
"""

import gc
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from socket import socket

import numpy as np

from api.loadtest.clips import Library
from api.loadtest.columns import Slots
from api.loadtest.control import Asked, Control, is_control
from api.loadtest.incoming import Incoming
from api.loadtest.link import Link
from api.loadtest.outgoing import Outgoing
from api.loadtest.sockets import Inbox, Outbox
from sfu import rtcp
from sfu.arena import Arena
from sfu.ring import Ring
from sfu.sealing.trial import choose
from turn.aio.mmsg import Calls

TICK = 0.001  # seconds
RECEIVE = 5  # ticks between two looks into the sockets: the kernel notes when packets came
FEEDBACK = 100  # ticks between two reports of one connection about what came
NACKS = 20
REPORTS = 1000
TIMERS = 25


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


@dataclass(slots=True)
class Lag:
    """How late the ticks were, in seconds."""

    late: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        return float(np.quantile(self.late, share)) if self.late else 0.0


class Traffic:
    """Room for so many connections, and streams in each direction."""

    def __init__(
        self, library: Library, calls: Calls, *, links: int, sent: int, got: int, sample: int
    ) -> None:
        self.asked = Asked()
        self.lag = Lag()
        self.ends: list[End] = []
        ring = Ring(blocks=1)
        ring.run()
        sealer = self._sealer = choose(ring)
        self._arena = Arena()
        self._slots = Slots(ring)
        self._inbox = Inbox(ring, calls)
        self._outbox = Outbox(self._arena, calls)
        self._ready: list[tuple[int, int]] = []  # link and file descriptor
        self._joining: list[tuple[int, int]] = []
        self.outgoing = Outgoing(library, sent, links)
        self.incoming = Incoming(self._slots, sealer, got, links, sample=sample)
        self._tick = 0

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
        self.lag = Lag()
        gc.collect()
        gc.freeze()  # what stands now stays: no pauses for looking at it again

    def tick(self, planned: float) -> None:
        """The tick that was due at `planned`, in monotonic seconds."""
        now = time.monotonic()
        self.lag.late.append(now - planned)
        number = self._tick = self._tick + 1
        self.outgoing.tick(self._arena, now, time.time_ns, self._send)
        if self._joining:
            self._receive(self._joining, now)
        if number % RECEIVE == 0:
            self._receive(self._ready, now)
        if number % TIMERS == 0:
            self._handle_timers(now)
        if number % NACKS == 0:
            self._ask(now)
        self._report(number, now)

    def _send(self, arena: Arena) -> None:
        self._sealer.seal(arena)
        self._outbox.send(arena)

    def _receive(self, files: Iterable[tuple[int, int]], now: float) -> None:
        left = iter(list(files))
        while True:
            is_empty = self._inbox.fill(left)
            self._take(now)
            if is_empty:
                return

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

    def _handle_timers(self, now: float) -> None:
        for number, end in enumerate(self.ends):
            end.link.handle_timeout(now)
            end.flush()
            self._check_ready(number, end)

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
