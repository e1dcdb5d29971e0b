"""ICE-TCP for all media processes: accept, wait for the first authentic check, pass it on.

Until a check has named the room's process, a connection is a few bytes here and nothing there.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from sfu.aio.tcp import UNPROVEN_SECONDS, Unproven
from sfu.transport.framing import LARGEST, Deframer, FramingError
from turn.aio.accepting import Acceptor

UNPROVEN_BYTES = 8192  # read from a connection, without a check among them, until it is closed


class Adopter(Protocol):
    """A media process."""

    def adopt(self, sock: socket.socket, data: bytes) -> None:
        """The socket is its own from now on; `data` has been read from it."""


class Door:
    """`find`: whose check is in this datagram?"""

    def __init__(self, find: Callable[[bytes], Adopter | None]) -> None:
        self.find = find
        self.loop = asyncio.get_running_loop()
        self.refused = 0  # connections over the bounds
        self.unproven = Unproven()
        self.arrivals: set[Arrival] = set()
        self._acceptor = Acceptor(self.take, "TCP connections for media")

    def open(self, sockets: Sequence[socket.socket]) -> None:
        """Accept from these listening sockets, which are the door's to close."""
        self._acceptor.open(sockets)

    def close(self) -> None:
        for sock in self._acceptor.close():
            sock.close()
        for arrival in list(self.arrivals):
            arrival.end()

    def take(self, sock: socket.socket, source: str) -> None:
        """A connection from which nothing has been read yet, wherever it was accepted."""
        if self.unproven.admit(source):
            self.arrivals.add(Arrival(self, sock, source))
        else:
            self.refused += 1
            sock.close()


class Arrival:
    """A connection of which nobody knows yet whose it is."""

    def __init__(self, door: Door, sock: socket.socket, source: str) -> None:
        self._door = door
        self._sock = sock
        self._source = source
        self._data = bytearray()
        self._deframer = Deframer()
        self._timer = door.loop.call_later(UNPROVEN_SECONDS, self.end)
        door.loop.add_reader(sock.fileno(), self._read)

    def end(self) -> None:
        self._leave()
        self._sock.close()

    def _read(self) -> None:
        try:
            data = self._sock.recv(LARGEST)
            datagrams = self._deframer.receive(data)
        except BlockingIOError:
            return
        except (OSError, FramingError):
            return self.end()
        self._data += data
        for datagram in datagrams:
            if (adopter := self._door.find(datagram)) is not None:
                self._leave()
                return adopter.adopt(self._sock, bytes(self._data))
        if not data or len(self._data) > UNPROVEN_BYTES:
            self.end()

    def _leave(self) -> None:
        self._door.loop.remove_reader(self._sock.fileno())
        self._timer.cancel()
        self._door.unproven.release(self._source)
        self._door.arrivals.discard(self)
