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
from turn.compiling import NOBODY, Taker
from turn.lanes import Rows
from turn.segments import Packets


class Relay(Protocol):
    """`turn/aio/service.py`."""

    @property
    def taker(self) -> Taker | None: ...
    def join(self, media: "Beside") -> None: ...
    def go_on_beside(self, order: Rows) -> None: ...
    def receive_beside(self, number: int, to: Address, data: bytes) -> None: ...
    def send_beside(
        self, number: int, packets: Packets, count: int, addresses: int, rows: int
    ) -> None: ...


class Way:
    """From one of our sockets to clients of the relay."""

    def __init__(self, relay: Relay, number: int) -> None:
        self.relay = relay
        self._number = number  # of the socket

    def sendto(self, data: bytes, to: Any) -> None:
        """One datagram, as a socket does it."""
        self.relay.receive_beside(self._number, to[:2], data)

    def send(self, packets: Packets, count: int, addresses: int, rows: int) -> None:
        """So many, for the addresses of their owners: so many rows at that place."""
        self.relay.send_beside(self._number, packets, count, addresses, rows)


class Landed(Protocol):
    """`given.py`: takes what has landed for one socket. What it returns is left to be done."""

    batch: Batch
    taker: Taker

    @property
    def spent(self) -> float: ...
    def close(self) -> None: ...
    def take(self, count: int) -> Batch | None: ...
    def go_on(self, count: int) -> Batch | None: ...


class Whole:
    """Without a loop nothing of it is done yet."""

    def __init__(self, number: int) -> None:
        self.batch = Batch(number)
        self.taker = NOBODY
        self.spent = 0.0

    def take(self, count: int) -> Batch:
        self.batch.start(count)
        return self.batch

    go_on = take

    def close(self) -> None:
        """Nothing of it stays."""


class Beside:
    """What the relay joins (`turn/aio/beside.py`), for these sockets."""

    def __init__(
        self,
        relay: Relay,
        sockets: Sequence[socket.socket],
        ring: Ring,
        on_batch: Callable[[Batch], None],
        on_datagram: Callable[[bytes, Path], None],
        land: Callable[[int], Landed] = Whole,
    ) -> None:
        """`land` is given the number that what comes for a socket has."""
        self._on_batch = on_batch
        self._on_datagram = on_datagram
        self._first = len(sockets)
        self.addresses: Sequence[Address] = [sock.getsockname()[:2] for sock in sockets]
        self.ways = [Way(relay, number) for number in range(len(sockets))]
        self._landed = [land(self._first + number) for number in range(len(sockets))]
        rows = ring.octets[: BLOCK * SLOT]
        self.landings: Sequence[Landing] = [
            Landing(
                rows, SLOT, START, RECEIVE_MAX, one.batch.lengths, one.batch.arrivals,
                one.batch.names, one.taker,
            )
            for one in self._landed
        ]  # fmt: skip
        relay.join(self)

    @property
    def spent(self) -> float:
        """Seconds that loops have taken which the relay called."""
        return sum(one.spent for one in self._landed)

    def take(self, number: int, count: int) -> None:
        self._finish(self._landed[number].take(count))

    def go_on(self, number: int, count: int) -> None:
        self._finish(self._landed[number].go_on(count))

    def close(self) -> None:
        """Before the sockets are. The relay may go on."""
        for one in self._landed:
            one.close()

    def receive(self, number: int, source: Address, data: bytes) -> None:
        number += self._first
        self._on_datagram(data, path_of(number, key((number, source))))

    def _finish(self, left: Batch | None) -> None:
        if left is not None:
            self._on_batch(left)
