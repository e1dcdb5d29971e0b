"""A batch of datagrams, sorted: RTP, RTCP, and what the media plane leaves alone."""

from collections.abc import Callable

from sfu.client import Client
from sfu.control import Control
from sfu.drop import Drop
from sfu.ingress import Ingress
from sfu.path import Key, Path, key
from sfu.ring import RECEIVE_MAX, SLOT, START, Batch
from sfu.state import State


class Routes:
    """Whose media comes from an address."""

    def __init__(self) -> None:
        self._clients: dict[int, dict[Key, Client]] = {}  # by number of our socket

    def of(self, socket: int) -> dict[Key, Client]:
        return self._clients.setdefault(socket, {})

    def bind(self, path: Path, client: Client) -> None:
        self.unbind(path)
        self.of(path[0])[key(path)] = client
        client.paths.add(path)

    def unbind(self, path: Path) -> None:
        client = self.of(path[0]).pop(key(path), None)
        if client is not None:
            client.paths.discard(path)

    def forget(self, client: Client) -> None:
        for path in list(client.paths):
            self.unbind(path)


class Intake:
    """`receive` takes a batch packet by packet."""

    def __init__(
        self,
        state: State,
        routes: Routes,
        control: Control,
        ingress: Ingress,
        deliver: Callable[[int, float], None],
    ) -> None:
        self._state = state
        self._routes = routes
        self._control = control
        self._ingress = ingress
        self._deliver = deliver
        self._data = state.ring.data

    def receive(self, batch: Batch, now: float) -> list[int]:
        """Positions of STUN, DTLS, and datagrams of strangers."""
        slow: list[int] = []
        clients = self._routes.of(batch.socket)
        for position, remote in enumerate(batch.keys):
            client = clients.get(remote)
            if client is None or not self._receive(client, batch, position, now):
                slow.append(position)
        return slow

    def _receive(self, client: Client, batch: Batch, position: int, now: float) -> bool:
        """False: it is neither RTP nor RTCP."""
        state, slot = self._state, batch.first + position
        length = int(batch.lengths[position])
        at = slot * SLOT + START
        if length < 2 or self._data[at] >> 6 != 2:
            return False
        if length > RECEIVE_MAX:
            state.drop(Drop.MALFORMED)
        elif 192 <= self._data[at + 1] <= 223:  # RFC 5761, section 4
            self._control.receive(client, bytes(self._data[at : at + length]), now)
        else:
            state.stats.packets_in += 1
            state.stats.bytes_in += length
            state.client_table.bytes_in[client.row] += length
            if self._ingress.receive(client, batch, position, now):
                self._deliver(slot, now)
        return True
