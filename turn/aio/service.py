"""The relay at work: sockets around the core of `turn/server.py`."""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from turn.addresses import Address
from turn.aio import tcp
from turn.aio.accepting import Acceptor, bind_tcp
from turn.aio.beside import one_by_one
from turn.aio.connection import Connection
from turn.aio.ready import ready_exchange
from turn.aio.relays import Relays
from turn.aio.strangers import Strangers
from turn.aio.turns import Turns
from turn.aio.udp import UdpSocket, bind_udp
from turn.aio.ways import Ways
from turn.config import RelayConfig
from turn.notes import Note
from turn.server import Server
from turn.stats import RelayStats

if TYPE_CHECKING:
    from turn.aio.beside import Media
    from turn.aio.exchange import Exchange
    from turn.compiling import Taker
    from turn.lanes import Rows
    from turn.segments import Packets


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
        near = near or {}
        self.strangers = Strangers()
        self._ways = Ways()
        self._media: Media | None = None
        self._listeners: list[asyncio.Server] = []
        self._acceptor = Acceptor(self.take_from, "TCP connections for the relay")
        self._arrivals = tcp.Arrivals()
        self.relays = Relays(self._ways, bind, near, self._receive_from_peers, self.look)
        make_exchange = ready_exchange() if by_loops else None
        self.server = Server(config, self.relays, os.urandom, teaches=make_exchange is not None)
        self._turns = Turns(self.server, self._ways, {local: told for told, local in near.items()})
        self.receive = self._turns.receive
        self._exchange: Exchange | None = None
        if make_exchange is not None:
            self._exchange = self.relays.exchange = make_exchange(self, self.server, near)
            self._turns.teach = self._exchange.teach

    def join(self, media: "Media") -> None:
        """Media in this process, before any client comes: what is for it goes there by memory."""
        self._media = self.relays.media = media
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

    @property
    def taker(self) -> "Taker | None":
        """As `Exchange.taker` has it. None: here there are no loops for it."""
        return self._exchange.taker if self._exchange else None

    def go_on_beside(self, order: "Rows") -> None:
        if self._exchange:
            self._exchange.go_on(order)

    def receive_beside(self, number: int, to: Address, data: bytes) -> None:
        """What media's socket sends to a relayed address; without somebody there it is lost."""
        relay = self.relays.at(to)
        if relay is not None and self._media is not None:
            self._receive_from_peers(relay, [(data, self._media.addresses[number])])

    @property
    def on_notes(self) -> Callable[[list[Note]], None] | None:
        """Told who is given a relayed address, and who is not."""
        return self._turns.on_notes

    @on_notes.setter
    def on_notes(self, take: Callable[[list[Note]], None]) -> None:
        self._turns.on_notes = take

    @property
    def unsent(self) -> int:
        """Packets that the system or a slow connection did not take."""
        return self._ways.unsent + (self._exchange.unsent if self._exchange else 0)

    def listen_udp(self, host: str, port: int) -> Address:
        """Returns where it listens. OSError."""
        return self.open_udp(bind_udp(host, port))

    def open_udp(self, sock: socket.socket) -> Address:
        """Clients come by this socket, which is bound. Returns where."""
        number = self._ways.number()
        door = UdpSocket(number, sock)
        self._ways.add(number, door)
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
        if context is None:
            sock = bind_tcp(host, port)
            self._acceptor.open([sock])
        else:
            listener = await tcp.listen(self.accept, host, port, context)
            self._listeners.append(listener)
            sock = listener.sockets[0]
        found: Address = sock.getsockname()[:2]
        return found

    def accept(self) -> tcp.Stream:
        """For a client's connection that comes by a listener of somebody else."""
        return tcp.Stream(self)

    def take(self, sock: socket.socket, client: Address | None = None) -> None:
        """A client's connection that somebody else has accepted, and read nothing from.

        `client`: its address, where the socket does not say it.
        """
        if self._exchange is None:
            self._arrivals.take(lambda: tcp.Stream(self, client), sock)
            return
        sock.setblocking(False)
        client = client or peer_of(sock)
        if client is None or not self.strangers.admit(client[0]):
            sock.close()
        else:
            Connection(self, self._exchange.lines, sock, client)

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
        self._turns.close()
        self._arrivals.close()
        for sock in self._acceptor.close():
            sock.close()
        for listener in self._listeners:
            listener.close()
        if self._exchange:
            self._exchange.close()
            # Its memory stays as long as we do: media's loops may know where it is.
            self._closed, self._exchange = self._exchange, None
        self._ways.close()

    def open_stream(self, stream: tcp.Way) -> int:
        number = self._ways.number()
        self._ways.add(number, stream)
        self.server.open_door(number, is_stream=True)
        if self._exchange and not isinstance(stream, Connection):
            self._exchange.add_stream(number)
        return number

    def close_stream(self, number: int) -> None:
        self._ways.remove(number)
        self._turns.close_door(number)
        if self._exchange:
            self._exchange.remove(number)

    def is_in_use(self, number: int) -> bool:
        return self.server.is_in_use(number)

    def pass_on(self, number: int, data: bytes) -> tuple[list[bytes], int]:
        return self._exchange.pass_on(number, data) if self._exchange else ([], 0)

    def receive_left(self, left: Mapping[int, list[tuple[bytes, Address]]]) -> None:
        """What the loops have not passed on, by the socket or connection that it came by."""
        for number, datagrams in left.items():
            way = self._ways.get(number)
            if number in self.relays:
                self._turns.take_from_peers(number, datagrams)
            elif isinstance(way, Connection):
                self._turns.take(number, [(data, way.client) for data, _ in datagrams])
            elif way is not None:
                self._turns.take(number, datagrams)
        self._turns.flush()

    def look(self, number: int) -> None:
        """There is an error at this socket, or something else that the loops leave."""
        if number in self.relays:
            self._turns.receive_icmp(number, self.relays.look(number))
        elif isinstance(way := self._ways.get(number), Connection):
            way.look()

    def write(self, number: int, data: bytes, messages: int) -> None:
        """Messages that the loops have for a connection."""
        way = self._ways.get(number)
        if isinstance(way, tcp.Stream | Connection):
            way.write(data, messages)

    def _receive_all(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        self._turns.take(number, datagrams)
        self._turns.flush()

    def _receive_from_peers(self, number: int, datagrams: list[tuple[bytes, Address]]) -> None:
        self._turns.take_from_peers(number, datagrams)
        self._turns.flush()


def peer_of(sock: socket.socket) -> Address | None:
    """None: it is gone already."""
    try:
        found: Address = sock.getpeername()[:2]
    except OSError:
        return None
    return found
