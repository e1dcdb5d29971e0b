"""A batch of datagrams, sorted: RTP, RTCP, and what the media plane leaves alone."""

from collections.abc import Callable

from sfu.client import Client
from sfu.control import Control
from sfu.drop import Drop
from sfu.ingress import Ingress
from sfu.loops import sort
from sfu.receiver import GONE
from sfu.regular import Regular
from sfu.ring import Batch
from sfu.routes import Routes
from sfu.state import State


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

    def receive(self, batch: Batch, now: float) -> list[int]:
        """Positions of STUN, DTLS, and datagrams of strangers."""
        regular = self._regular
        is_media = regular.begin(batch, self._routes.table(batch.socket))
        slow = [] if is_media else self._receive_others(batch, now)
        if alone := regular.finish(batch, now):
            self._take_alone(batch, alone, now)
        return slow

    def _client(self, position: int) -> Client | None:
        """Who sent it; who sent the first may have gone when the last is looked at."""
        row = self._regular.desk.senders[position]
        return self._state.clients[row] if row >= 0 else None

    def _take_alone(self, batch: Batch, positions: list[int], now: float) -> None:
        """One by one."""
        for position in positions:
            client = self._client(position)
            if client is not None:
                self._pass_on(self._ingress.take_unsealed(client, batch, position, now), now)

    def _receive_others(self, batch: Batch, now: float) -> list[int]:
        """All but media of known streams. Returns what is not ours."""
        slow: list[int] = []
        new: list[int] = []
        for position, kind in enumerate(self._regular.desk.kinds[: batch.count].tolist()):
            if kind == sort.SLOW:
                slow.append(position)
            elif kind in {sort.CONTROL, sort.PLAIN}:
                self._receive_control(batch, position, kind, now)
            elif kind == sort.NEW:
                new.append(position)
            elif kind == sort.MALFORMED:
                self._state.drop(Drop.MALFORMED)
        for position in new:
            client = self._client(position)
            if client is not None:
                self._pass_on(self._ingress.receive(client, batch, position, now), now)
        return slow

    def _pass_on(self, slot: int, now: float) -> None:
        if slot != GONE:
            self._deliver(slot, now)

    def _receive_control(self, batch: Batch, position: int, kind: int, now: float) -> None:
        client = self._client(position)
        if client is None:
            return
        data = self._state.ring.datagram(batch, position)
        receive = self._control.read if kind == sort.PLAIN else self._control.receive
        receive(client, data, float(batch.arrivals[position]), now)
