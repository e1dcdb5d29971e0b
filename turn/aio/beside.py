"""Media in the relay's process, as the relay sees it."""

from collections.abc import Iterator, Sequence
from ctypes import string_at
from typing import TYPE_CHECKING, Protocol

from turn.addresses import INET, Address
from turn.aio.udp import address_of

if TYPE_CHECKING:  # what compiles is not loaded where it is not used
    from turn.beside import Landing
    from turn.segments import Packets


class Media(Protocol):
    """What is for its sockets need not go through the system."""

    addresses: Sequence[Address]  # of its UDP sockets, in the order of their numbers
    landings: "Sequence[Landing]"  # of the same; rows for as many datagrams as come in one wake

    def take(self, number: int, count: int) -> None:
        """So many have been put into the rows of this socket."""

    def go_on(self, number: int, count: int) -> None:
        """So many were taken by a loop of media, which has left something of that."""

    def receive(self, number: int, source: Address, data: bytes) -> None:
        """One for this socket."""


def one_by_one(packets: "Packets", count: int, addresses: int) -> Iterator[tuple[Address, bytes]]:
    """Each of so many packets and whom it is for; at `addresses` are rows of names for owners."""
    columns = (column[:count].tolist() for column in packets)
    for pointer, length, owner in zip(*columns, strict=True):
        name = string_at(addresses + INET.size * owner, INET.size)
        yield address_of(name), string_at(pointer, length)
