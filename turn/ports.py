"""Ports of relayed addresses: chosen at random, so that a stranger cannot guess them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from turn.addresses import Address

TRIES = 64  # ports that others may have taken before we give up


class Sockets(Protocol):
    """Where packets to and from peers go through."""

    def open(self, family: int, port: int) -> int | None:
        """A UDP socket on this port, as a number of its own; None: the port is taken.

        Family 1 is IPv4, 2 is IPv6, as on the wire.
        """

    def close(self, number: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Relay:
    """A relayed transport address."""

    number: int  # of its socket
    family: int
    address: Address  # as others see it


class Ports:
    """`hosts`: by family, the address that is told to clients; `random`: so many random bytes."""

    def __init__(
        self,
        sockets: Sockets,
        hosts: dict[int, str],
        ports: range,
        random: Callable[[int], bytes],
    ) -> None:
        self._sockets = sockets
        self._hosts = hosts
        self._ports = ports
        self._random = random
        self._taken: dict[int, set[int]] = {family: set() for family in hosts}

    @property
    def families(self) -> frozenset[int]:
        return frozenset(self._hosts)

    def count(self) -> int:
        """Of those that are open."""
        return sum(len(taken) for taken in self._taken.values())

    def take(self, family: int, *, even: bool = False) -> Relay | None:
        """None: there is none left."""
        for port in self._candidates(family, even=even, row=1):
            relay = self._open(family, port)
            if relay is not None:
                return relay
        return None

    def take_pair(self, family: int) -> tuple[Relay, Relay] | None:
        """An even port and the next one."""
        for port in self._candidates(family, even=True, row=2):
            first = self._open(family, port)
            if first is None:
                continue
            second = self._open(family, port + 1)
            if second is not None:
                return first, second
            self.release(first)
        return None

    def release(self, relay: Relay) -> None:
        self._taken[relay.family].discard(relay.address[1])
        self._sockets.close(relay.number)

    def _open(self, family: int, port: int) -> Relay | None:
        number = self._sockets.open(family, port)
        if number is None:
            return None
        self._taken[family].add(port)
        return Relay(number, family, (self._hosts[family], port))

    def _candidates(self, family: int, *, even: bool, row: int) -> Iterator[int]:
        """From a random place on, the ports that we have not taken, `row` of them side by side."""
        taken, ports = self._taken[family], self._ports
        start = int.from_bytes(self._random(4), "big") % len(ports)
        left = TRIES
        for step in range(len(ports)):
            port = ports[(start + step) % len(ports)]
            wanted = range(port, port + row)
            if (even and port % 2) or wanted[-1] not in ports:
                continue
            if not taken.isdisjoint(wanted):
                continue
            yield port
            left -= 1
            if not left:
                return
