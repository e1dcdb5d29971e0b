"""The edges by system calls for many packets: no packet is touched by Python on its way."""

import socket
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sfu.arena import ROWS, Arena
from sfu.path import TCP
from sfu.ring import BLOCK, RECEIVE_MAX, SLOT, START, Batch, Ring
from sfu.tables import ADDRESS, Clients
from turn.aio.mmsg import Calls
from turn.aio.receiver import Receiver, is_nothing_there
from turn.aio.sender import PacketList, Packets, Sender

Bytes = NDArray[np.uint8]
FEW = 24  # rows: up to here one after another is faster than arrays (measured)


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
        batch.keys = receiver.collect(first, count, batch.lengths, batch.arrivals)
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
        self.no_path = 0  # rows for clients whose address is not known yet
        self._sockets = sockets
        self._send_tcp = send_tcp
        self._sender = Sender(ROWS, calls, segments=segments)
        self._rows = SLOT * np.arange(ROWS, dtype=np.int64)
        self._places: list[int] = self._rows.tolist()
        self._addresses: NDArray[np.generic] | None = None

    @property
    def unsent(self) -> int:
        """Packets that the system did not take."""
        return self._sender.unsent

    def set_clients(self, clients: Clients) -> None:
        """Where the addresses stand."""
        self._clients = clients

    def send(self, arena: Arena) -> None:
        addresses = self._clients.array("address")
        if addresses is not self._addresses:  # the table has grown
            self._addresses = addresses
            sizes = self._clients.array("address_size")
            self._sender.set_destinations(cast(Bytes, addresses), cast(Bytes, sizes))
        if arena.count <= FEW:
            self._send_few(arena)
        else:
            self._send_many(arena)

    def _send_few(self, arena: Arena) -> None:
        """The same as `_send_many`, one row after another."""
        count = arena.count
        owners, lengths = arena.client[:count].tolist(), arena.length[:count].tolist()
        pointers = [
            arena.address + place + start
            for place, start in zip(self._places, arena.start[:count].tolist(), strict=False)
        ]
        numbers = list(map(self._clients.socket.__getitem__, owners))
        number = numbers[0]
        if number >= 0 and numbers.count(number) == count and 0 not in lengths:
            self._send(number, PacketList(pointers, lengths, owners))
            return
        by_socket: dict[int, list[int]] = {}
        for row, number in enumerate(numbers):
            if lengths[row]:
                by_socket.setdefault(number, []).append(row)
        for number, rows in by_socket.items():
            if number >= 0:
                columns = ([each[row] for row in rows] for each in (pointers, lengths, owners))
                self._send(number, PacketList(*columns))
            else:
                self._send_otherwise(number, arena, rows)

    def _send_many(self, arena: Arena) -> None:
        count = arena.count
        owners, lengths = arena.client[:count], arena.length[:count]
        sockets = self._clients.array("socket")[owners]
        pointers = self._rows[:count] + arena.start[:count]
        pointers += arena.address
        number = int(sockets[0])
        if number >= 0 and lengths.all() and (sockets == number).all():
            self._send(number, Packets(pointers, lengths, owners))
            return
        for number in sorted(set(sockets[lengths > 0].tolist())):
            rows = ((sockets == number) & (lengths > 0)).nonzero()[0]
            if number >= 0:
                self._send(number, Packets(pointers[rows], lengths[rows], owners[rows]))
            else:
                self._send_otherwise(number, arena, rows.tolist())

    def _send(self, number: int, packets: Packets | PacketList) -> None:
        self._sender.send(self._sockets[number].fileno(), packets)

    def _send_otherwise(self, number: int, arena: Arena, rows: list[int]) -> None:
        if number != TCP:
            self.no_path += len(rows)
            return
        for row in rows:
            client = arena.clients[row]
            address = client * ADDRESS
            end = address + self._clients.address_size[client]
            self._send_tcp(int(bytes(self._clients.address[address:end])), arena.packet(row))
