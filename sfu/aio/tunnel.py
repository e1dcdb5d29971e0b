"""Clients of the relay whose TLS ends in this process, while another one relays.

What a client says goes there by a pair of connected sockets, as if it had come without TLS, and
back. Neither side reads on while the other does not take what there is.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any, cast

from turn.addresses import Address
from turn.aio.tcp import split
from turn.stream import StreamError, message_size

Admit = Callable[[socket.socket, Address], None]  # the other end of a pair, and who is at ours


class End(asyncio.Protocol):
    """Of one of two connections that are joined: what comes by it leaves by the other."""

    _transport: asyncio.Transport | None = None
    other: "End"

    def take(self, transport: asyncio.BaseTransport) -> asyncio.Transport:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none
        return self._transport

    def data_received(self, data: bytes) -> None:
        self.other.write(data)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def pause_writing(self) -> None:
        self.other.read(on=False)

    def resume_writing(self) -> None:
        self.other.read(on=True)

    def read(self, *, on: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if on:
            transport.resume_reading()
        else:
            transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self.other.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Tunnel(End):
    """The client's end. Each message to it gets a record of TLS of its own: coturn's client takes
    no more than the first of one.
    """

    def __init__(self, admit: Admit) -> None:
        self._admit = admit
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        mine = self.take(transport)
        self.other = inner = Inner(self)
        peer = mine.get_extra_info("peername")
        if not peer:
            return mine.abort()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        self._admit(theirs, peer[:2])
        inner.connect(ours)
        return None

    def write(self, data: bytes) -> None:
        data = self._rest + data
        try:
            end = whole(data)
        except StreamError:  # our own relay does not do that
            return self.abort()
        self._rest = data[end:]
        if self._transport is not None:
            self._transport.writelines(split(data[:end]))
        return None


class Inner(End):
    """The relay's end."""

    def __init__(self, other: Tunnel) -> None:
        self.other = other
        self._is_lost = False
        self._early = bytearray()  # what the client has said before the connection was made
        self._connecting: asyncio.Task[Any] | None = None

    def connect(self, sock: socket.socket) -> None:
        self.other.read(on=False)
        loop = asyncio.get_running_loop()
        making: Coroutine[Any, Any, Any] = loop.connect_accepted_socket(lambda: self, sock)
        self._connecting = loop.create_task(making)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        mine = self.take(transport)
        if self._is_lost:
            return mine.abort()
        mine.write(bytes(self._early))
        return self.other.read(on=True)

    def write(self, data: bytes) -> None:
        if self._transport is None:
            self._early += data
        else:
            self._transport.write(data)

    def abort(self) -> None:
        self._is_lost = True
        super().abort()


def whole(data: bytes) -> int:
    """Bytes of the complete messages at the beginning. Raises StreamError."""
    end = 0
    while (sizes := message_size(data, end)) is not None and end + sizes[1] <= len(data):
        end += sizes[1]
    return end
