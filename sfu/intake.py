"""A batch of datagrams, sorted: RTP, RTCP, and what the media plane leaves alone."""

from collections.abc import Callable

import numpy as np

from sfu.client import Client
from sfu.control import Control
from sfu.drop import Drop
from sfu.ingress import Ingress
from sfu.loops import sort
from sfu.regular import Regular
from sfu.ring import BLOCK, SLOT, START, Batch
from sfu.routes import Routes
from sfu.state import State
from sfu.tables import NEVER, Ints, Octets
from turn.compiling import Direct


class Intake:
    """`receive` takes a batch. What is not regular but goes on is given to `deliver` by slot."""

    def __init__(
        self,
        state: State,
        routes: Routes,
        control: Control,
        ingress: Ingress,
        regular: Regular,
        deliver: Callable[[int, float], None],
    ) -> None:
        self._state = state
        self._routes = routes
        self._control = control
        self._ingress = ingress
        self._regular = regular
        self._deliver = deliver
        self._words = state.ring.rows.reshape(-1).view(np.uint32)
        self._senders: Ints = np.zeros(BLOCK, np.int64)
        self._kinds: Octets = np.zeros(BLOCK, np.uint8)
        self._sort = Direct(sort.sort)

    def receive(self, batch: Batch, now: float) -> list[int]:
        """Positions of STUN, DTLS, and datagrams of strangers."""
        state, count, media = self._state, batch.count, self._regular.media
        clients = list(map(self._routes.of(batch.socket).get, batch.keys))
        self._senders[:count] = [NEVER if client is None else client.row for client in clients]
        state.turn += 1
        found, packets, octets = self._sort.call(
            self._words, batch.lengths, batch.first, count, self._senders,
            state.client_table.rows, state.sources.entries, state.turn, self._kinds, media,
        )  # fmt: skip
        state.stats.packets_in += int(packets)
        state.stats.bytes_in += int(octets)
        slow = self._receive_others(batch, clients, now) if found < count else []
        if found:
            if refused := state.sealer.unseal(batch, media, found):
                state.drop(Drop.UNAUTHENTIC, int(refused))
            self._take_alone(batch, self._regular.forward(batch, found, now), now)
        return slow

    def _take_alone(self, batch: Batch, positions: list[int], now: float) -> None:
        """One by one; who sent the first may have gone when the last is looked at."""
        clients = self._routes.of(batch.socket)
        for position in positions:
            client = clients.get(batch.keys[position])
            if client is not None and self._ingress.take_unsealed(client, batch, position, now):
                self._deliver(batch.first + position, now)

    def _receive_others(self, batch: Batch, clients: list[Client | None], now: float) -> list[int]:
        """All but media of known streams. Returns what is not ours."""
        slow: list[int] = []
        new: list[int] = []
        for position, kind in enumerate(self._kinds[: batch.count].tolist()):
            if kind == sort.SLOW:
                slow.append(position)
            elif kind == sort.CONTROL:
                self._receive_control(batch, clients[position], position, now)
            elif kind == sort.NEW:
                new.append(position)
            elif kind == sort.MALFORMED:
                self._state.drop(Drop.MALFORMED)
        for position in new:
            client = clients[position]
            if client is not None and self._ingress.receive(client, batch, position, now):
                self._deliver(batch.first + position, now)
        return slow

    def _receive_control(
        self, batch: Batch, client: Client | None, position: int, now: float
    ) -> None:
        at = (batch.first + position) * SLOT + START
        data = bytes(self._state.ring.data[at : at + int(batch.lengths[position])])
        if client is not None:
            self._control.receive(client, data, float(batch.arrivals[position]), now)
