"""Clients that come by TCP or TLS: each connection is a door of its own."""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from turn.addresses import Address
from turn.credit import source
from turn.stream import Splitter, message_size

PATIENCE = 10.0  # seconds that a connection may be without an allocation
BACKLOG = 256_000  # bytes that wait for one client; more would be too late anyway
STRANGERS = 2000  # connections without an allocation, at most
STRANGERS_OF_ONE = 200  # of one source; a hospital may be one


@dataclass
class Strangers:
    """Counts connections that have no allocation yet."""

    of: Counter[str | int] = field(default_factory=Counter)

    def admit(self, host: str) -> bool:
        origin = source(host)
        if self.of.total() >= STRANGERS or self.of[origin] >= STRANGERS_OF_ONE:
            return False
        self.of[origin] += 1
        return True

    def release(self, host: str) -> None:
        origin = source(host)
        self.of[origin] -= 1
        if not self.of[origin]:
            del self.of[origin]


class Host(Protocol):
    """Where connections lead to."""

    strangers: Strangers

    def open_stream(self, stream: "Stream") -> int: ...
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
        self._is_stranger = False
        self._check: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's is none
        peer = self._told or transport.get_extra_info("peername")
        if not peer or not self._host.strangers.admit(peer[0]):
            transport.abort()
            return
        self._client: Address = peer[:2]
        self._is_tls = transport.get_extra_info("sslcontext") is not None
        self._is_stranger = True
        self._number = self._host.open_stream(self)
        self._arm()

    def data_received(self, data: bytes) -> None:
        if self._number is None:
            return
        splitter = self._splitter
        rest = splitter.take_rest()
        data = rest + data if rest else data
        messages, end = self._host.pass_on(self._number, data)
        if end < len(data):
            messages += splitter.feed(data[end:] if end else data)
        if messages:
            self._host.receive(self._number, self._client, messages)
            if self._is_stranger and self._host.is_in_use(self._number):
                self._is_stranger = False
                self._host.strangers.release(self._client[0])
        if self._splitter.is_broken:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._number is None:
            return
        if self._check is not None:
            self._check.cancel()
        if self._is_stranger:
            self._host.strangers.release(self._client[0])
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

    def _arm(self) -> None:
        self._check = asyncio.get_running_loop().call_later(PATIENCE, self._look)

    def _look(self) -> None:
        if self._number is not None and self._host.is_in_use(self._number):
            self._arm()
        else:
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


def split(data: bytes) -> Iterator[bytes]:
    """Whole messages, each by itself and with its padding."""
    at = 0
    while sizes := message_size(data, at):
        yield data[at : at + sizes[1]]
        at += sizes[1]


async def listen(
    make: Callable[[], asyncio.Protocol],
    address: str,
    port: int,
    context: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """With a context it is TLS. OSError when the port cannot be had."""
    return await asyncio.get_running_loop().create_server(
        make,
        address,
        port,
        ssl=context,
        ssl_handshake_timeout=None if context is None else PATIENCE,
        reuse_address=True,
    )
