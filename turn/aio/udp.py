"""UDP sockets of the relay: those that clients come in by, and those that lead to peers."""

import asyncio
import socket
import sys
from array import array
from collections.abc import Callable, Mapping
from contextlib import suppress
from fcntl import ioctl
from termios import FIONREAD
from typing import TYPE_CHECKING

from turn.addresses import AF_INET, Address
from turn.aio import icmp

if TYPE_CHECKING:
    from turn.aio.beside import Media

DATAGRAM = 65_535  # bytes at most
READS = 64  # of one socket between two turns of the loop
BUFFER = 1 << 20  # bytes that may wait in a socket, where the system allows as much
FORCE = 33  # SO_RCVBUFFORCE: who is root gets them always
# socket(7) has these; Python has no names for them. By family of addresses on the wire.
FAMILIES = {1: socket.AF_INET, 2: socket.AF_INET6}
DISCOVERY = {
    socket.AF_INET: (socket.IPPROTO_IP, 10, 2, 1),  # IP_MTU_DISCOVER: do, as routes want
    socket.AF_INET6: (socket.IPPROTO_IPV6, 23, 2, 1),
}


def bind_udp(host: str, port: int) -> socket.socket:
    """A non-blocking socket of one family; OSError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        enlarge(sock)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


Datagrams = Callable[[int, list[tuple[bytes, Address]]], None]  # of the socket of this number


def enlarge(sock: socket.socket) -> None:
    """A key frame comes at once, and a busy machine does not let us run at once."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    if sys.platform == "linux":
        with suppress(PermissionError):
            sock.setsockopt(socket.SOL_SOCKET, FORCE, BUFFER)


class UdpSocket:
    """Sends one by one. What has come is read here only from `watch` on."""

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.unsent = 0
        self.sock = sock
        self._number = number
        self._file = sock.fileno()
        self._waiting = array("i", [0])
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def address(self) -> Address:
        host, port = self.sock.getsockname()[:2]
        return host, port

    def watch(self, on_datagrams: Datagrams) -> None:
        """Give it what has come, all of a wake together."""
        self._on_datagrams = on_datagrams
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.sock, self._drain)

    def send(self, to: Address, data: bytes, is_whole: bool) -> None:
        """Media is real time: what cannot leave now is lost, as it would be on the wire."""
        try:
            if is_whole:
                self._send_whole(to, data)
            else:
                self.sock.sendto(data, to)
        except OSError:
            self.unsent += 1

    def close(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self.sock)
        self.sock.close()

    def _send_whole(self, to: Address, data: bytes) -> None:
        level, option, do, want = DISCOVERY[self.sock.family]
        self.sock.setsockopt(level, option, do)
        try:
            self.sock.sendto(data, to)
        finally:
            self.sock.setsockopt(level, option, want)

    def _drain(self) -> None:
        """All that waits, up to a limit. To ask whether there is more costs less than to try."""
        receive, file, waiting = self.sock.recvfrom, self._file, self._waiting
        datagrams: list[tuple[bytes, Address]] = []
        try:
            data, source = receive(DATAGRAM)
            datagrams.append((data, source[:2]))  # IPv6 has two more
            ioctl(file, FIONREAD, waiting)
            if waiting[0]:
                for _ in range(READS):
                    data, source = receive(DATAGRAM)
                    datagrams.append((data, source[:2]))
        except BlockingIOError:
            pass  # nothing is there
        except OSError:
            self._look()  # an earlier packet was refused
        if datagrams:
            self._on_datagrams(self._number, datagrams)

    def _look(self) -> None:
        """What has kept us from receiving? Of clients we need not know."""


class PeerSocket(UdpSocket):
    """Leads to peers: hears what ICMP says of them, and knows some by another address.

    `near`: behind a NAT, our own addresses by those that clients are told. `on_error` is called
    when there is something to `look` at. What is for `media` in our process goes there at once.
    """

    def __init__(
        self,
        number: int,
        sock: socket.socket,
        near: Mapping[str, str],
        on_error: Callable[[int], None],
        media: "Media | None" = None,
    ) -> None:
        super().__init__(number, sock)
        self._media = media
        self._beside = {} if media is None else {a: n for n, a in enumerate(media.addresses)}
        self._near = near
        self._on_error = on_error
        self._is_in_doubt = False
        icmp.ask(sock)

    def send(self, to: Address, data: bytes, is_whole: bool) -> None:
        if self._near:
            to = self._near.get(to[0], to[0]), to[1]
        if self._media is not None and (beside := self._beside.get(to)) is not None:
            return self._media.receive(beside, self.address, data)
        unsent = self.unsent
        super().send(to, data, is_whole)
        if self.unsent != unsent:
            # It may have been refused for an earlier one, to whomever, which is told once.
            self._is_in_doubt = True
            self.unsent = unsent
            super().send(to, data, is_whole)
        return None

    def look(self) -> list[icmp.Report]:
        """Libuv stops to watch a socket that has an error; only who asks anew is told more."""
        self._is_in_doubt = False
        reports = list(icmp.read(self.sock))
        if self._loop is not None:
            self._loop.remove_reader(self.sock)
            self._loop.add_reader(self.sock, self._drain)
        return reports

    def _drain(self) -> None:
        super()._drain()
        if self._is_in_doubt:
            self._look()

    def _look(self) -> None:
        self._on_error(self._number)


def address_of(name: bytes) -> Address:
    """Of a socket address as the kernel has it, in 28 bytes."""
    port = int.from_bytes(name[2:4], "big")
    if int.from_bytes(name[:2], sys.byteorder) == AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, name[8:24])
    scope = int.from_bytes(name[24:28], sys.byteorder)
    return (f"{host}%{scope}" if scope else host), port
