"""Clients that come by TLS, or by TCP where no loops are: each connection is a door of its own."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Protocol, cast

from turn.addresses import Address
from turn.aio.strangers import PATIENCE, Strangers, Trial
from turn.stream import Splitter, message_size

BACKLOG = 256_000  # bytes that wait for one client; more would be too late anyway


class Way(Protocol):
    """A socket or a connection."""

    unsent: int

    def send(self, to: Address, data: bytes, is_whole: bool) -> None: ...
    def close(self) -> None: ...


class Host(Protocol):
    """Where connections lead to."""

    strangers: Strangers

    def open_stream(self, stream: Way) -> int: ...
    def close_stream(self, number: int) -> None: ...
    def is_in_use(self, number: int) -> bool: ...
    def receive(self, number: int, client: Address, messages: list[bytes]) -> None: ...
    def pass_on(self, number: int, data: bytes) -> tuple[list[bytes], int]:
        """What passes without a question: of it messages to be received, and the bytes of all."""


class Stream(asyncio.Protocol):
    """One connection. It ends with the first bytes that make no sense."""

    def __init__(self, host: Host, client: Address | None = None) -> None:
        """`client`: at the other end, where the connection does not say it itself."""
        self.unsent = 0
        self._told = client
        self._host = host
        self._splitter = Splitter()
        self._number: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's is none
        peer = self._told or transport.get_extra_info("peername")
        if not peer or not self._host.strangers.admit(peer[0]):
            transport.abort()
            return
        self._client: Address = peer[:2]
        self._is_tls = transport.get_extra_info("sslcontext") is not None
        self._number = number = self._host.open_stream(self)
        self._trial = Trial(
            self._host.strangers, peer[0], lambda: self._host.is_in_use(number), transport.abort
        )

    def data_received(self, data: bytes) -> None:
        if self._number is None:
            return
        messages = read(self._host, self._number, self._splitter, data)
        if messages:
            self._host.receive(self._number, self._client, messages)
            self._trial.look()
        if self._splitter.is_broken:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._number is None:
            return
        self._trial.close()
        self._host.close_stream(self._number)
        self._number = None

    def send(self, to: Address, data: bytes, is_whole: bool) -> None:
        self.write(data, 1)

    def write(self, data: bytes, messages: int) -> None:
        """So many of them."""
        if self._transport.get_write_buffer_size() > BACKLOG:
            self.unsent += messages
        elif self._is_tls and messages > 1:
            # Coturn's client takes no more than the first message of a record.
            self._transport.writelines(split(data))
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._transport.abort()


class Arrivals:
    """Connections that somebody else has accepted, until they are made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[Any]] = set()

    def take(self, make: Callable[[], asyncio.Protocol], sock: socket.socket) -> None:
        making: Coroutine[Any, Any, Any] = self._loop.connect_accepted_socket(make, sock)
        task = self._loop.create_task(making)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _end(self, task: "asyncio.Task[Any]") -> None:
        """Who has gone meanwhile is no fault of ours."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()


def read(host: Host, number: int, splitter: Splitter, data: bytes) -> list[bytes]:
    """Of what a connection has brought, the messages that the core has to be asked for."""
    rest = splitter.take_rest()
    data = rest + data if rest else data
    messages, end = host.pass_on(number, data)
    if end < len(data):
        messages += splitter.feed(data[end:] if end else data)
    return messages


def split(data: bytes) -> Iterator[bytes]:
    """Whole messages, each by itself and with its padding."""
    at = 0
    while sizes := message_size(data, at):
        yield data[at : at + sizes[1]]
        at += sizes[1]


async def listen(
    make: Callable[[], asyncio.Protocol], address: str, port: int, context: ssl.SSLContext
) -> asyncio.Server:
    """By TLS. OSError when the port cannot be had."""
    return await asyncio.get_running_loop().create_server(
        make,
        address,
        port,
        ssl=context,
        ssl_handshake_timeout=PATIENCE,
        reuse_address=True,
    )
