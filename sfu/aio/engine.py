"""Run a media node on sockets: feed it, send what it gives, arm one timer."""

import asyncio
import logging
import os
import socket
import time
import traceback
from collections.abc import Callable

from sfu.aio.beside import Beside, Relay
from sfu.aio.edges import link, open_edges
from sfu.aio.listening import EngineConfig, advertised, bind_udp, unique
from sfu.aio.meter import Meter
from sfu.aio.rehearsal import rehearse_media
from sfu.aio.slices import Slice
from sfu.aio.tcp import TcpListener
from sfu.aio.udp import UdpSockets
from sfu.commands import Command
from sfu.events import Event
from sfu.media import Candidate, NodeInfo
from sfu.node import MediaNode
from sfu.path import TCP, Path
from sfu.ring import Batch, Ring
from sfu.sealing import trial
from sfu.stats import NodeStats
from sfu.transport.certificate import Certificate
from sfu.transport.rehearsal import rehearse
from turn.aio.accepting import bind_tcp

log = logging.getLogger(__name__)

PATIENCE = 0.002  # seconds in which the sockets are drained, usually; then a deadline is met there


class Engine:
    """Made by `start`. All of it runs on one event loop; nothing here is per packet but calls."""

    node: NodeInfo

    def __init__(self, config: EngineConfig, on_event: Callable[[Event], None]) -> None:
        self._config = config
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._is_flushing = False
        self._soon: asyncio.Handle | None = None
        self._beside: Beside | None = None
        self._ring = Ring(config.plane.history)
        self._meter = meter = Meter()
        self.slice = Slice(meter.note_slow, busy=lambda: meter.busy)
        # What the loop calls, but for the sockets: its time is counted.
        self._timed_tick = meter.timed(self._tick)
        self._timed_flush = meter.timed(self._flush)

    @classmethod
    async def start(cls, config: EngineConfig, on_event: Callable[[Event], None]) -> "Engine":
        """Bind every address. OSError when a port is taken or an address is not ours."""
        rehearse()
        rehearse_media()
        engine = cls(config, on_event)
        await engine._listen()
        return engine

    def handle(self, command: Command) -> None:
        """Carry out a command now; what it sends leaves before the loop turns."""
        self.slice.begin()
        try:
            self.media.handle(command, time.monotonic())
        finally:
            self.slice.end()
        if self._soon is None:
            self._soon = self._loop.call_soon(self._timed_flush)

    async def stats(self) -> NodeStats:
        """For a scrape. Asynchronous since those of another process must come from there."""
        stats = self.media.stats()
        self._meter.fill(stats, self._udp.sockets)
        if self._beside is not None:
            stats.busy_seconds += self._beside.spent
        self._udp.fill(stats)
        stats.unsent += self._tcp.unsent
        return stats

    def adopt(self, sock: socket.socket, data: bytes) -> None:
        """Go on with a client's ICE-TCP connection, from which another process has read `data`."""
        self._tcp.adopt(sock, data)

    def join(self, relay: Relay) -> None:
        """What this relay in our process and we have for each other goes by memory."""
        timed = self._meter.timed
        take, receive = timed(self._take_beside), timed(self._receive_one)
        sockets = self._udp.sockets
        self._beside = Beside(relay, sockets, self._ring, take, receive, self._land)
        self._udp.add(self._beside.ways)

    async def close(self) -> None:
        for handle in (self._timer, self._soon):
            if handle is not None:
                handle.cancel()
        self._meter.close()
        if self._beside is not None:
            self._beside.close()
        self._udp.close()
        await self._tcp.close()

    async def _listen(self) -> None:
        config = self._config
        udp, tcp = [], []
        try:
            for address in config.addresses:
                udp.append(bind_udp(address, config.udp_port))
                if config.tcp_port is not None:
                    tcp.append(bind_tcp(address, config.tcp_port))
        except OSError:
            for sock in [*udp, *tcp]:
                sock.close()
            raise
        candidates = [
            Candidate(protocol, ip, sock.getsockname()[1])
            for protocol, socks in (("udp", udp), ("tcp", tcp))
            for sock in socks
            for ip in advertised(config, sock.getsockname()[0])
        ]
        candidates += config.elsewhere
        edges = open_edges(udp, self._ring, self._send_tcp, portable=config.portable)
        self.media = MediaNode(
            config.node_id,
            unique(candidates),
            Certificate(),
            self._ring,
            config.plane,
            randbytes=os.urandom,
            sealer=trial.choose(self._ring, portable=config.portable),
            egress=edges.egress,
            has_time=self.slice.has_time,
        )
        self.node = self.media.info
        edges.egress.set_clients(self.media.plane.clients)
        self._land = link(edges, self.media.plane)
        self._meter.start()
        timed = self._meter.timed
        self._udp = UdpSockets(udp, edges, self._receive, self._drained, self._meter)
        self._tcp = TcpListener(timed(self._receive_one), timed(self._tcp_closed), self._loop)
        for sock in tcp:
            await self._tcp.listen(sock)
        plane = self.media.plane
        self._udp.start(self._loop, config.gather, lambda: plane.packets_out)

    def _receive(self, batch: Batch) -> None:
        self.slice.renew()
        self.media.forward(batch, time.monotonic())
        self.slice.end()

    def _take_beside(self, batch: Batch) -> None:
        self._receive(batch)
        self._drained(batch.count, has_more=True)

    def _send_tcp(self, number: int, data: bytes) -> None:
        self._tcp.send(data, (TCP, ("", 0, number)))

    def _receive_one(self, data: bytes, path: Path) -> None:
        self.slice.begin()
        self.media.receive_datagram(data, path, time.monotonic())
        self._flush()

    def _tcp_closed(self, path: Path) -> None:
        self.media.path_closed(path, time.monotonic())
        self._flush()

    def _drained(self, count: int, has_more: bool) -> None:
        """What is due is done now: to wake up again for it would cost more than itself."""
        if count:
            self.slice.renew()
        if self._timer_at is not None and self._timer_at <= time.monotonic():
            self._tick()
        elif has_more or self.media.has_results:
            self._flush()
        elif self._timer_at is None or self.media.plane.reports_due < self._timer_at:
            self._arm()

    def _tick(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_at = None
        self.slice.turn("tick")
        self.media.handle_timeout(time.monotonic())
        self._flush()

    def _flush(self) -> None:
        """Send, tell, arm. An event's consequences are commands: they are flushed here too."""
        if self._is_flushing:
            return
        self._is_flushing = True
        self.slice.resume()
        try:
            self._flush_all()
        finally:
            self._is_flushing = False
            self.slice.end()
            if self._soon is not None:
                self._soon.cancel()
                self._soon = None
        self._arm()

    def _flush_all(self) -> None:
        media, udp, tcp = self.media, self._udp, self._tcp
        while media.has_results:
            for data, to in media.take_transmits():
                (tcp if to[0] == TCP else udp).send(data, to)
            for path in media.take_proven():
                tcp.prove(path)
            for path in media.take_ended():
                tcp.end(path)
            for event in media.take_events():
                self._tell(event)

    def _tell(self, event: Event) -> None:
        """A fault above the seam costs that event, never the media of everybody."""
        try:
            self._on_event(event)
        except Exception as error:  # its message might hold what must not be logged
            trace = "".join(traceback.format_tb(error.__traceback__))
            names = type(event).__name__, type(error).__name__
            log.error("%s was not taken: %s\n%s", *names, trace)

    def _arm(self) -> None:
        at = self.media.next_timeout()
        if at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        if at is None:
            self._timer = None
        else:
            # What is due already is work that was cut short: it goes on in the next turn.
            patience = PATIENCE if at > time.monotonic() else 0.0
            self._timer = self._loop.call_at(at + patience, self._timed_tick)
