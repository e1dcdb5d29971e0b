"""Sockets that lead to peers: each is one relayed address."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from turn.addresses import Address
from turn.aio.udp import Datagrams, PeerSocket, bind_udp
from turn.aio.ways import Ways

if TYPE_CHECKING:
    from turn.aio.beside import Media
    from turn.aio.exchange import Exchange
    from turn.aio.icmp import Report


class Relays:
    """The core's `Sockets` (`turn/ports.py`); `bind` and `near` are those of the service.

    `exchange` and `media` are set before the first one is opened, where they are. Without an
    exchange `on_datagrams` is given what comes. `on_error`: there is something to `look` at.
    """

    def __init__(
        self,
        ways: Ways,
        bind: Mapping[int, str],
        near: Mapping[str, str],
        on_datagrams: Datagrams,
        on_error: Callable[[int], None],
    ) -> None:
        self.exchange: Exchange | None = None
        self.media: Media | None = None
        self._ways = ways
        self._bind = bind
        self._near = near
        self._on_datagrams = on_datagrams
        self._on_error = on_error
        self._sockets: dict[int, PeerSocket] = {}
        self._numbers: dict[Address, int] = {}  # by the local address that peers see

    def __contains__(self, number: int) -> bool:
        return number in self._sockets

    def open(self, family: int, port: int) -> int | None:
        try:
            sock = bind_udp(self._bind[family], port)
        except OSError:
            return None
        number = self._ways.number()
        one = PeerSocket(number, sock, self._near, self._on_error, self.media)
        self._ways.add(number, one)
        self._sockets[number] = one
        self._numbers[one.address] = number
        if self.exchange:
            self.exchange.add_relay(number, sock)
        else:
            one.watch(self._on_datagrams)
        return number

    def close(self, number: int) -> None:
        if self._ways.remove(number) is None:  # with the relay
            return
        one = self._sockets.pop(number)
        if self.exchange:
            self.exchange.remove(number)
        del self._numbers[one.address]
        one.close()

    def at(self, address: Address) -> int | None:
        """The number of the socket of this local address."""
        return self._numbers.get(address)

    def look(self, number: int) -> "list[Report]":
        """What ICMP has said of peers of this socket."""
        return self._sockets[number].look()
