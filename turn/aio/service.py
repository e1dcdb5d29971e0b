"""The relay at work: sockets around the core of `turn/server.py`.

After each turn: send what it says, arm one timer.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Protocol

from turn.addresses import Address
from turn.aio import tcp
from turn.aio.beside import one_by_one
from turn.aio.ready import ready_exchange
from turn.aio.udp import PeerSocket, UdpSocket, bind_udp
from turn.config import RelayConfig
from turn.notes import Note
from turn.server import Server
from turn.stats import RelayStats

if TYPE_CHECKING:
    from turn.aio.beside import Media
    from turn.aio.exchange import Exchange
    from turn.segments import Packets

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
    `by_loops`: packets of channels go by compiled loops, where the system has what they need. To
    load them takes memory and time; without them all packets go one by one, with the same outcome.
    """

    def __init__(
        self,
        config: RelayConfig,
        bind: dict[int, str],
        near: Mapping[str, str] | None = None,
        *,
        by_loops: bool = False,
    ) -> None:
        self._near = near or {}
        self._far = {local: told for told, local in self._near.items()}
        self.strangers = tcp.Strangers()
        self._loop = asyncio.get_running_loop()
        self._bind = bind
        self._numbers = count(1)
        self._ways: dict[int, Way] = {}
        self._peers: set[int] = set()  # numbers of those that lead to peers
        self._media: Media | None = None
        self._relays: dict[Address, int] = {}  # by the local address that peers see
        self._listeners: list[asyncio.Server] = []
        self._arrivals = tcp.Arrivals()
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None  # when the timer rings
        self._is_closed = False
        self._unsent = 0  # of ways that are closed
        make_exchange = ready_exchange() if by_loops else None
        self.server = Server(
            config, PeerSockets(self), os.urandom, teaches=make_exchange is not None
        )
        self._exchange: Exchange | None = None
        if make_exchange is not None:
            self._exchange = make_exchange(self, self.server, self._near)
        self.on_notes: Callable[[list[Note]], None] | None = None
        self._set_clock()

    def join(self, media: "Media") -> None:
        """Media in this process, before any client comes: what is for it goes there by memory."""
        self._media = media
        if self._exchange:
            self._exchange.join(media)

    def send_beside(
        self, number: int, packets: "Packets", count: int, addresses: int, rows: int
    ) -> None:
        """As `Exchange.send_beside` has it."""
        if self._exchange:
            return self._exchange.send_beside(number, packets, count, addresses, rows)
        for to, data in one_by_one(packets, count, addresses):
            self.receive_beside(number, to, data)
        return None

    def receive_beside(self, number: int, to: Address, data: bytes) -> None:
        """What media's socket sends to a relayed address; without somebody there it is lost."""
        relay = self._relays.get(to)
        if relay is not None and self._media is not None:
            self._receive_from_peers(relay, [(data, self._media.addresses[number])])

    @property
    def unsent(self) -> int:
        """Packets that the system or a slow connection did not take."""
        exchanged = self._exchange.unsent if self._exchange else 0
        return self._unsent + exchanged + sum(way.unsent for way in self._ways.values())

    def listen_udp(self, host: str, port: int) -> Address:
        """Returns where it listens. OSError."""
        return self.open_udp(bind_udp(host, port))

    def open_udp(self, sock: socket.socket) -> Address:
        """Clients come by this socket, which is bound. Returns where."""
        number = next(self._numbers)
        door = UdpSocket(number, sock)
        self._ways[number] = door
        self.server.open_door(number, is_stream=False)
        if self._exchange:
            self._exchange.add_door(number, door.sock)
        else:
            door.watch(self._receive_all)
        return door.address

    async def listen_tcp(
        self, host: str, port: int, context: ssl.SSLContext | None = None
    ) -> Address:
        """With a context it is TLS. Returns where it listens. OSError."""
        listener = await tcp.listen(self.accept, host, port, context)
        self._listeners.append(listener)
        found: Address = listener.sockets[0].getsockname()[:2]
        return found

    def accept(self) -> tcp.Stream:
        """For a client's connection that comes by a listener of somebody else."""
        return tcp.Stream(self)

    def take(self, sock: socket.socket, client: Address | None = None) -> None:
        """A client's connection that somebody else has accepted, and read nothing from.

        `client`: its address, where the socket does not say it.
        """
        self._arrivals.take(lambda: tcp.Stream(self, client), sock)

    def take_from(self, sock: socket.socket, source: str) -> None:
        """Likewise, as whoever accepts tells it."""
        self.take(sock)

    async def stats(self) -> RelayStats:
        """Asynchronous since those of another process must come from there."""
        server = self.server
        return RelayStats(
            server.allocations(), dict(server.dropped), dict(server.errors), self.unsent
        )

    async def close(self) -> None:
        self._is_closed = True
        self._clock.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._arrivals.close()
        for listener in self._listeners:
            listener.close()
        ways, self._ways = self._ways, {}
        if self._exchange:
            self._exchange.close()
            self._exchange = None
        for way in ways.values():
            way.close()

    def open_relay(self, family: int, port: int) -> int | None:
        try:
            sock = bind_udp(self._bind[family], port)
        except OSError:
            return None
        number = next(self._numbers)
        self._ways[number] = way = PeerSocket(number, sock, self._near, self.look, self._media)
        self._peers.add(number)
        self._relays[way.address] = number
        if self._exchange:
            self._exchange.add_relay(number, sock)
        else:
            way.watch(self._receive_from_peers)
        return number

    def close_relay(self, number: int) -> None:
        way = self._ways.pop(number, None)
        self._peers.discard(number)
        if isinstance(way, PeerSocket):
            self._unsent += way.unsent
            if self._exchange:
                self._exchange.remove(number)
            del self._relays[way.address]
            way.close()

    def open_stream(self, stream: tcp.Stream) -> int:
        number = next(self._numbers)
        self._ways[number] = stream
        self.server.open_door(number, is_stream=True)
        if self._exchange:
            self._exchange.add_stream(number)
        return number

    def close_stream(self, number: int) -> None:
        stream = self._ways.pop(number, None)
        if stream is not None:
            self._unsent += stream.unsent
        self.server.close_door(number)
        if self._exchange:
            self._exchange.remove(number)
        self._flush()

    def is_in_use(self, number: int) -> bool:
        return self.server.is_in_use(number)

    def pass_on(self, number: int, data: bytes) -> tuple[list[bytes], int]:
        return self._exchange.pass_on(number, data) if self._exchange else ([], 0)

    def receive(self, number: int, client: Address, messages: list[bytes]) -> None:
        now = self._loop.time()
        for message in messages:
            self.server.receive(number, client, message, now)
        self._flush()

    def receive_left(self, left: Mapping[int, list[tuple[bytes, Address]]]) -> None:
        """What the loops have not passed on, by the socket that it came by."""
        for number, datagrams in left.items():
            if number in self._peers:
                self._take_from_peers(number, datagrams)
            elif number in self._ways:
                self._take(number, datagrams)
        self._flush()

    def look(self, number: int) -> None:
        """There is an error at this socket."""
        way = self._ways.get(number)
        if not isinstance(way, PeerSocket):
            return
        now = self._loop.time()
        for (host, port), kind, code, info in way.look():
            peer = self._far.get(host, host), port
            self.server.receive_icmp(number, peer, kind, code, info, now)
        self._flush()

    def write(self, number: int, data: bytes, messages: int) -> None:
        """Messages that the loops have for a connection."""
        way = self._ways.get(number)
        if isinstance(way, tcp.Stream):
            way.write(data, messages)

    def _receive_all(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        self._take(number, datagrams)
        self._flush()

    def _receive_from_peers(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        self._take_from_peers(number, datagrams)
        self._flush()

    def _take(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        now, receive = self._loop.time(), self.server.receive
        for data, client in datagrams:
            receive(number, client, data, now)

    def _take_from_peers(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        now, receive, far = self._loop.time(), self.server.receive_from_peer, self._far
        for data, peer in datagrams:
            if far:
                peer = far.get(peer[0], peer[0]), peer[1]
            receive(number, peer, data, now)

    def _flush(self) -> None:
        ways = self._ways
        for via, to, data, is_whole in self.server.take_transmits():
            way = ways.get(via)
            if way is not None:
                way.send(to, data, is_whole)
        if self._exchange:
            self._exchange.teach(self.server.take_lessons(), self._loop.time())
        if self.on_notes is not None and (notes := self.server.notes.take()):
            self.on_notes(notes)
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
