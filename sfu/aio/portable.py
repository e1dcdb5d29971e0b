"""The edges by Python's own sockets: for any system, one call for each packet."""

import socket
import sys
import time
from collections.abc import Callable, Sequence

from sfu.aio.beside import Way
from sfu.arena import Arena
from sfu.path import TCP, key, path_of
from sfu.ring import BLOCK, RECEIVE_MAX, Batch, Ring
from sfu.tables import ADDRESS, Clients

# Linux tells the whole length of a datagram that was cut. Elsewhere one that fills its place
# counts as too long.
FLAGS = socket.MSG_TRUNC if sys.platform == "linux" else 0


class PortableReader:
    """Drains one socket into the ring."""

    def __init__(self, number: int, sock: socket.socket, ring: Ring) -> None:
        self.is_drained = False
        self.came = 0
        self.most = BLOCK
        self._number = number
        self._socket = sock
        self._ring = ring
        self._batch = Batch(number)

    def read(self) -> Batch | None:
        """The same batch each time. None: nothing is there."""
        batch = self._batch
        batch.start()
        now = time.monotonic()
        self.is_drained = False
        while batch.count < self.most and not self.is_drained:
            self._read_one(self._ring.row(batch.count), now)
        self.came = batch.count
        return batch if batch.count else None

    def _read_one(self, row: memoryview, now: float) -> None:
        try:
            length, remote = self._socket.recvfrom_into(row, RECEIVE_MAX, FLAGS)
        except BlockingIOError:
            self.is_drained = True
        except OSError:
            return  # of an earlier send, told by ICMP
        else:
            if length == RECEIVE_MAX and not FLAGS:
                length += 1
            self._batch.add(length, key((self._number, remote)), now)


class PortableEgress:
    """Sends row after row."""

    def __init__(
        self, sockets: Sequence[socket.socket], send_tcp: Callable[[int, bytes], None]
    ) -> None:
        self.no_path = 0  # rows for clients whose address is not known yet
        self.unsent = 0  # packets that the system did not take
        self._ways: list[socket.socket | Way] = [*sockets]  # by number
        self._send_tcp = send_tcp

    def add(self, ways: Sequence[Way]) -> None:
        """Beside the sockets."""
        self._ways += ways

    def set_clients(self, clients: Clients) -> None:
        """Where the addresses stand."""
        self._clients = clients

    def send(self, arena: Arena) -> None:
        for row in range(arena.count):
            if arena.lengths[row]:
                self._send(arena.clients[row], arena.packet(row))

    def _send(self, client: int, data: bytes) -> None:
        clients = self._clients
        number, size = clients.socket[client], clients.address_size[client]
        address = bytes(clients.address[client * ADDRESS : client * ADDRESS + size])
        if number == TCP:
            self._send_tcp(int(address), data)
        elif number < 0:
            self.no_path += 1
        else:
            try:
                self._ways[number].sendto(data, path_of(number, address)[1])
            except OSError:
                self.unsent += 1
