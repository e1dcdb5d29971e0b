"""UDP sockets of the media port: drain into the ring on the way in, `sendto` on the way out."""

import asyncio
import socket
import time
from collections.abc import Callable

from sfu.aio.meter import Meter
from sfu.path import Path, key
from sfu.ring import Batch, Ring

BUFFER = 4 << 20  # bytes: 50 ms without us at 100,000 packets/s fit (measured)
DRAIN = 64  # datagrams at most between two turns of the loop, so that timers are not starved


class UdpSockets:
    """One socket per local address, so that answers leave from the address that was asked."""

    def __init__(
        self,
        sockets: list[socket.socket],
        ring: Ring,
        on_batch: Callable[[Batch], None],
        loop: asyncio.AbstractEventLoop,
        meter: Meter,
    ) -> None:
        self.sockets = sockets
        self._ring = ring
        self._on_batch = on_batch
        self._loop = loop
        self._batch = Batch()
        self.unsent = 0  # datagrams that the system did not take: full buffer, no route
        drain = meter.timed(self._drain)
        for number, sock in enumerate(sockets):
            loop.add_reader(sock.fileno(), drain, number, sock)

    def send(self, data: bytes, to: Path) -> None:
        try:
            self.sockets[to[0]].sendto(data, to[1])
        except OSError:
            # Media is real time: what cannot leave now is lost, as it would be on the wire.
            self.unsent += 1

    def close(self) -> None:
        for sock in self.sockets:
            self._loop.remove_reader(sock.fileno())
            sock.close()

    def _drain(self, number: int, sock: socket.socket) -> None:
        batch, ring = self._batch, self._ring
        first, free = ring.run()
        batch.start(number, first)
        now = time.monotonic()
        for slot in range(first, first + min(free, DRAIN)):
            try:
                length, remote = sock.recvfrom_into(ring.view(slot))
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of an earlier send: the socket goes on
                continue
            batch.add(length, key((number, remote)), now)
        if batch.count:
            ring.take(batch.count)
            self._on_batch(batch)


def bind_udp(address: str, port: int) -> socket.socket:
    """A non-blocking socket on one local address; OSError when it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock
