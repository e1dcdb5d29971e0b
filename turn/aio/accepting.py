"""Listening sockets of TCP, of which whoever accepts gets every connection as it is."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

ACCEPTED = 64  # at most between two looks at the other sockets
EXHAUSTED = 1.0  # seconds without accepting when the system has no handles left

log = logging.getLogger(__name__)


class Acceptor:
    """`take` gets each connection, from which nothing has been read, and its source address."""

    def __init__(self, take: Callable[[socket.socket, str], None], what: str) -> None:
        """`what`: how they are called in the log."""
        self._take = take
        self._what = what
        self._loop = asyncio.get_running_loop()
        self._sockets: list[socket.socket] = []
        self._resuming: asyncio.TimerHandle | None = None

    def open(self, sockets: Sequence[socket.socket]) -> None:
        """Accept from these listening sockets, too."""
        self._sockets += sockets
        self._watch()

    def close(self) -> list[socket.socket]:
        """Accept no more. Returns the listening sockets, which are still open."""
        if self._resuming is not None:
            self._resuming.cancel()
        for sock in self._sockets:
            self._loop.remove_reader(sock.fileno())
        sockets, self._sockets = self._sockets, []
        return sockets

    def _watch(self) -> None:
        self._resuming = None
        for sock in self._sockets:
            self._loop.add_reader(sock.fileno(), self._accept, sock)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTED):
            try:
                sock, (source, *_) = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                return self._rest(error)
            sock.setblocking(False)
            self._take(sock, source)

    def _rest(self, error: OSError) -> None:
        """Out of handles or memory: the connections wait, and the loop must not spin meanwhile."""
        log.error("%s cannot be accepted: %s", self._what, error.strerror)
        for sock in self._sockets:
            self._loop.remove_reader(sock.fileno())
        if self._resuming is None:
            self._resuming = self._loop.call_later(EXHAUSTED, self._watch)


def bind_tcp(address: str, port: int) -> socket.socket:
    """A listening socket on one local address; OSError when it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock
