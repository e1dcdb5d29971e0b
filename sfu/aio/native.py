"""The edges by system calls for many packets: no packet is touched by Python on its way."""

import socket
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from sfu.aio.beside import Relay, Way
from sfu.arena import ROWS, Arena
from sfu.loops.seal import point
from sfu.path import TCP
from sfu.ring import BLOCK, RECEIVE_MAX, SLOT, START, Batch, Ring
from sfu.tables import ADDRESS, Clients
from turn.aio.mmsg import Calls
from turn.aio.receiver import Receiver
from turn.aio.sender import Sender
from turn.compiling import Direct
from turn.segments import Packets

Bytes = NDArray[np.uint8]


class NativeReader:
    """Drains one socket straight into the ring."""

    def __init__(self, number: int, sock: socket.socket, ring: Ring, calls: Calls) -> None:
        self.is_drained = False
        self.came = 0
        self.most = BLOCK
        self.file = sock.fileno()
        self.batch = Batch(number)
        self.receiver = Receiver(sock, BLOCK, SLOT, RECEIVE_MAX, calls)
        self.receiver.point(ring.address + START)

    def read(self) -> Batch | None:
        """The same batch each time. None: nothing is there."""
        receiver, batch = self.receiver, self.batch
        count = receiver.receive(0, self.most)
        self.is_drained = count < self.most
        self.came = max(count, 0)
        if count <= 0:  # nothing, or an error of an earlier send, told by ICMP
            return None
        batch.start(count)
        receiver.collect(0, count, batch.lengths, batch.arrivals, batch.names)
        return batch


class NativeEgress:
    """Sends rows from where they stand; those of TCP clients one by one."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        send_tcp: Callable[[int, bytes], None],
        calls: Calls,
        *,
        segments: bool,
    ) -> None:
        self.usual = 0  # number of the socket by which the last rows left
        self.no_path = 0  # rows for clients whose address is not known yet
        self.relay: Relay | None = None  # to which all ways lead
        self._sockets = sockets
        self._ways: list[Way] = []  # behind the sockets
        self._send_tcp = send_tcp
        self.sender = Sender(ROWS, calls, segments=segments)
        self.packets = Packets.room(ROWS)
        self._point = Direct(point)

    @property
    def unsent(self) -> int:
        """Packets that the system did not take."""
        return self.sender.unsent

    def files(self) -> NDArray[np.int64]:
        """Of all sockets."""
        return np.array([sock.fileno() for sock in self._sockets], np.int64)

    @property
    def first_way(self) -> int:
        """Its number; the others follow."""
        return len(self._sockets)

    @property
    def ways(self) -> int:
        """How many there are."""
        return len(self._ways)

    def add(self, ways: Sequence[Way]) -> None:
        """Beside the sockets, once."""
        self._ways += ways
        self.relay = ways[0].relay

    def set_clients(self, clients: Clients) -> None:
        """Where the addresses stand."""
        self._clients = clients
        clients.on_grow.append(self._renew)
        self._renew()

    def send(self, arena: Arena) -> None:
        if self._send_to(self.usual, arena, arena.count):
            self.send_others(arena, arena.count)

    def go_on(self, number: int, count: int, messages: int, done: int) -> None:
        """Of so many `packets` for this socket these messages have left already."""
        self.sender.go_on(self._sockets[number].fileno(), self.packets, count, messages, done)

    def send_others(self, arena: Arena, count: int, done: Collection[int] = ()) -> None:
        """The first so many rows: those for clients of other sockets, and by other ways.

        `done`: what is for these sockets has left.
        """
        numbers = self._clients.array("socket")[arena.client[:count]]
        left = set(numbers[arena.length[:count] > 0].tolist()) - {self.usual, *done}
        for number in sorted(left):
            if number >= 0:
                self._send_to(number, arena, count)
                self.usual = number if number < len(self._sockets) else self.usual
            else:
                rows = ((numbers == number) & (arena.length[:count] > 0)).nonzero()[0]
                self._send_otherwise(number, arena, rows.tolist())

    def _renew(self) -> None:
        self.sender.set_destinations(self._clients.address_rows)

    def _send_to(self, number: int, arena: Arena, count: int) -> int:
        """Rows for clients of one socket. Returns how many are for others."""
        found, others = self._point.call(
            arena.columns, count, arena.address, self._clients.rows, number, self.packets
        )
        if found and number < len(self._sockets):
            self.sender.send(self._sockets[number].fileno(), self.packets, found)
        elif found:
            way, addresses = self._ways[number - len(self._sockets)], self._clients.address_rows
            way.send(self.packets, found, self.sender.at, len(addresses))
        return int(others)

    def _send_otherwise(self, number: int, arena: Arena, rows: list[int]) -> None:
        if number != TCP:
            self.no_path += len(rows)
            return
        for row in rows:
            client = arena.clients[row]
            address = client * ADDRESS
            end = address + self._clients.address_size[client]
            self._send_tcp(int(bytes(self._clients.address[address:end])), arena.packet(row))
