"""The relay in the media process: its clients and our media reach each other by memory.

A client of the relay is known by its relayed address, as it would be if the packets came over
loopback; only the number of the socket is another. Behind the numbers of the sockets there are as
many again: what came by the relay for the first socket has come by the first of these.
"""

import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sfu.path import Path, key, path_of
from sfu.ring import BLOCK, RECEIVE_MAX, SLOT, START, Batch, Ring
from turn.addresses import Address
from turn.beside import Landing
from turn.segments import Packets


class Relay(Protocol):
    """`turn/aio/service.py`."""

    def join(self, media: "Beside") -> None: ...
    def receive_beside(self, number: int, to: Address, data: bytes) -> None: ...
    def send_beside(
        self, number: int, packets: Packets, count: int, addresses: int, rows: int
    ) -> None: ...


class Way:
    """From one of our sockets to clients of the relay."""

    def __init__(self, relay: Relay, number: int) -> None:
        self._relay = relay
        self._number = number  # of the socket

    def sendto(self, data: bytes, to: Any) -> None:
        """One datagram, as a socket does it."""
        self._relay.receive_beside(self._number, to[:2], data)

    def send(self, packets: Packets, count: int, addresses: int, rows: int) -> None:
        """So many, for the addresses of their owners: so many rows at that place."""
        self._relay.send_beside(self._number, packets, count, addresses, rows)


class Beside:
    """What the relay joins (`turn/aio/beside.py`), for these sockets."""

    def __init__(
        self,
        relay: Relay,
        sockets: Sequence[socket.socket],
        ring: Ring,
        on_batch: Callable[[Batch], None],
        on_datagram: Callable[[bytes, Path], None],
    ) -> None:
        self._on_batch = on_batch
        self._on_datagram = on_datagram
        self._first = len(sockets)
        self.addresses: Sequence[Address] = [sock.getsockname()[:2] for sock in sockets]
        self.ways = [Way(relay, number) for number in range(len(sockets))]
        self._batches = [Batch(self._first + number) for number in range(len(sockets))]
        rows = ring.octets[: BLOCK * SLOT]
        self.landings: Sequence[Landing] = [
            Landing(rows, SLOT, START, RECEIVE_MAX, one.lengths, one.arrivals, one.names)
            for one in self._batches
        ]
        relay.join(self)

    def take(self, number: int, count: int) -> None:
        batch = self._batches[number]
        batch.start(count)
        self._on_batch(batch)

    def receive(self, number: int, source: Address, data: bytes) -> None:
        number += self._first
        self._on_datagram(data, path_of(number, key((number, source))))
