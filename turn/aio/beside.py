"""Media in the relay's process, as the relay sees it."""

from collections.abc import Sequence
from typing import Protocol

from turn.addresses import Address
from turn.beside import Landing


class Media(Protocol):
    """What is for its sockets need not go through the system."""

    addresses: Sequence[Address]  # of its UDP sockets, in the order of their numbers
    landings: Sequence[Landing]  # of the same; rows for as many datagrams as come in one wake

    def take(self, number: int, count: int) -> None:
        """So many have been put into the rows of this socket."""

    def receive(self, number: int, source: Address, data: bytes) -> None:
        """One for this socket."""
