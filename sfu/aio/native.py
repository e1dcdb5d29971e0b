"""The edges by system calls for many packets: no packet is touched by Python on its way."""

import socket
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sfu.arena import ROWS, Arena
from sfu.loops.seal import point
from sfu.path import TCP
from sfu.ring import BLOCK, RECEIVE_MAX, SLOT, START, Batch, Ring
from sfu.tables import ADDRESS, Clients
from turn.aio.mmsg import Calls
from turn.aio.receiver import Receiver, is_nothing_there
from turn.aio.sender import Sender
from turn.compiling import Direct

Bytes = NDArray[np.uint8]


class NativeReader:
    """Drains one socket straight into the ring."""

    def __init__(self, number: int, sock: socket.socket, ring: Ring, calls: Calls) -> None:
        self.errors = 0  # of earlier sends, told by ICMP
        self.is_drained = False
        self._number = number
        self._ring = ring
        self._batch = Batch(number)
        self._receiver = Receiver(sock, BLOCK, SLOT, RECEIVE_MAX, calls)

    def read(self) -> Batch | None:
        """The same batch each time. None: nothing is there."""
        ring, receiver, batch = self._ring, self._receiver, self._batch
        slot, free = ring.run()
        first = slot & BLOCK - 1
        receiver.point(ring.address + (slot - first) * SLOT + START)
        count = receiver.receive(first, free)
        self.is_drained = count < free
        if count <= 0:
            self.errors += not is_nothing_there(count)
            return None
        ring.take(count)
        batch.start(self._number, slot)
        batch.count = count
        receiver.collect(first, count, batch.lengths, batch.arrivals, batch.names)
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
        self._sockets = sockets
        self._send_tcp = send_tcp
        self._sender = Sender(ROWS, calls, segments=segments)
        self._point = Direct(point)

    @property
    def unsent(self) -> int:
        """Packets that the system did not take."""
        return self._sender.unsent

    def set_clients(self, clients: Clients) -> None:
        """Where the addresses stand."""
        self._clients = clients
        clients.on_grow.append(self._renew)
        self._renew()

    def send(self, arena: Arena) -> None:
        if arena.leaving_count:
            self._send_to(self.usual, arena)
        if arena.others:
            self._send_others(arena)

    def _renew(self) -> None:
        addresses, sizes = self._clients.address_rows, self._clients.array("address_size")
        self._sender.set_destinations(addresses, cast(Bytes, sizes))

    def _send_to(self, number: int, arena: Arena) -> None:
        """What was pointed out."""
        self._sender.send(self._sockets[number].fileno(), arena.leaving, arena.leaving_count)

    def _send_others(self, arena: Arena) -> None:
        """For clients of other sockets, and by other ways."""
        count = arena.count
        numbers = self._clients.array("socket")[arena.client[:count]]
        for number in sorted(set(numbers[arena.length[:count] > 0].tolist()) - {self.usual}):
            if number >= 0:
                arena.leaving_count, _ = self._point.call(
                    arena.columns, count, arena.address, self._clients.rows, number, arena.leaving
                )
                self._send_to(number, arena)
                self.usual = number
            else:
                rows = ((numbers == number) & (arena.length[:count] > 0)).nonzero()[0]
                self._send_otherwise(number, arena, rows.tolist())

    def _send_otherwise(self, number: int, arena: Arena, rows: list[int]) -> None:
        if number != TCP:
            self.no_path += len(rows)
            return
        for row in rows:
            client = arena.clients[row]
            address = client * ADDRESS
            end = address + self._clients.address_size[client]
            self._send_tcp(int(bytes(self._clients.address[address:end])), arena.packet(row))
