"""The relay at work: sockets around the core of `turn/server.py`.

After each turn: send what it says, arm one timer.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from itertools import count
from typing import Protocol

from turn.addresses import Address
from turn.aio import tcp
from turn.aio.icmp import Report
from turn.aio.udp import PeerSocket, UdpSocket, bind_udp
from turn.config import RelayConfig
from turn.server import Server

CLOCK = 60.0  # seconds between two looks at the wall clock


class Way(Protocol):
    """A socket or a connection."""

    unsent: int

    def send(self, to: Address, data: bytes, is_whole: bool) -> None: ...
    def close(self) -> None: ...


class RelayService:
    """`bind`: by family, the local address that packets to peers leave from.

    `near`: behind a NAT, the local address of each of our own that clients are told. Peers there
    are reached directly, since not every NAT lets its own side in by the outer address.
    It listens nowhere until it is told to.
    """

    def __init__(
        self, config: RelayConfig, bind: dict[int, str], near: Mapping[str, str] | None = None
    ) -> None:
        self._near = near or {}
        self._far = {local: told for told, local in self._near.items()}
        self.strangers = tcp.Strangers()
        self._loop = asyncio.get_running_loop()
        self._bind = bind
        self._numbers = count(1)
        self._ways: dict[int, Way] = {}
        self._listeners: list[asyncio.Server] = []
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None  # when the timer rings
        self._is_closed = False
        self._unsent = 0  # of ways that are closed
        self.server = Server(config, PeerSockets(self), os.urandom)
        self._set_clock()

    @property
    def unsent(self) -> int:
        """Packets that the system or a slow connection did not take."""
        return self._unsent + sum(way.unsent for way in self._ways.values())

    def listen_udp(self, host: str, port: int) -> Address:
        """Returns where it listens. OSError."""
        number = next(self._numbers)
        door = UdpSocket(number, bind_udp(host, port), self._receive_all)
        self._ways[number] = door
        self.server.open_door(number, is_stream=False)
        return door.address

    async def listen_tcp(
        self, host: str, port: int, context: ssl.SSLContext | None = None
    ) -> Address:
        """With a context it is TLS. Returns where it listens. OSError."""
        listener = await tcp.listen(self, host, port, context)
        self._listeners.append(listener)
        found: Address = listener.sockets[0].getsockname()[:2]
        return found

    def accept(self) -> tcp.Stream:
        """For a client's connection that comes by a listener of somebody else."""
        return tcp.Stream(self)

    async def close(self) -> None:
        self._is_closed = True
        self._clock.cancel()
        if self._timer is not None:
            self._timer.cancel()
        for listener in self._listeners:
            listener.close()
        ways, self._ways = self._ways, {}
        for way in ways.values():
            way.close()

    def open_relay(self, family: int, port: int) -> int | None:
        try:
            sock = bind_udp(self._bind[family], port)
        except OSError:
            return None
        number = next(self._numbers)
        self._ways[number] = PeerSocket(
            number, sock, self._receive_from_peers, self._receive_reports, self._near, self._far
        )
        return number

    def close_relay(self, number: int) -> None:
        way = self._ways.pop(number, None)
        if way is not None:
            self._unsent += way.unsent
            way.close()

    def open_stream(self, stream: tcp.Stream) -> int:
        number = next(self._numbers)
        self._ways[number] = stream
        self.server.open_door(number, is_stream=True)
        return number

    def close_stream(self, number: int) -> None:
        stream = self._ways.pop(number, None)
        if stream is not None:
            self._unsent += stream.unsent
        self.server.close_door(number)
        self._flush()

    def is_in_use(self, number: int) -> bool:
        return self.server.is_in_use(number)

    def receive(self, number: int, client: Address, messages: list[bytes]) -> None:
        now = self._loop.time()
        for message in messages:
            self.server.receive(number, client, message, now)
        self._flush()

    def _receive_all(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        now, receive = self._loop.time(), self.server.receive
        for data, client in datagrams:
            receive(number, client, data, now)
        self._flush()

    def _receive_from_peers(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        now, receive = self._loop.time(), self.server.receive_from_peer
        for data, peer in datagrams:
            receive(number, peer, data, now)
        self._flush()

    def _receive_reports(self, number: int, reports: list[Report]) -> None:
        now = self._loop.time()
        for peer, kind, code, info in reports:
            self.server.receive_icmp(number, peer, kind, code, info, now)
        self._flush()

    def _flush(self) -> None:
        ways = self._ways
        for via, to, data, is_whole in self.server.take_transmits():
            way = ways.get(via)
            if way is not None:
                way.send(to, data, is_whole)
        due = self.server.next_timeout()
        if due is not None and (self._due is None or due < self._due):
            self._arm(due)

    def _arm(self, due: float) -> None:
        """To wake too early once does no harm: an end that has moved is looked at again."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._is_closed:
            self._due, self._timer = due, self._loop.call_at(due, self._expire)

    def _expire(self) -> None:
        self._due = self._timer = None
        self.server.handle_timeout(self._loop.time())
        self._flush()

    def _set_clock(self) -> None:
        """Passwords end by the wall clock, which people and servers put right."""
        self.server.wall = time.time() - self._loop.time()
        self._clock = self._loop.call_later(CLOCK, self._set_clock)


class PeerSockets:
    """The core's sockets to peers."""

    def __init__(self, service: RelayService) -> None:
        self.open = service.open_relay
        self.close = service.close_relay
