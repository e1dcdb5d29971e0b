"""The media plane: packets go in by batches and leave rewritten for every subscriber.

What may happen to a `Plane`: a command of signaling, a batch of datagrams, a deadline. After each
of them take its transmits and its events and ask for its next timeout.
"""

from collections.abc import Callable
from typing import Any

from sfu.client import Client, Endpoint, ExtensionIds, Protection
from sfu.commands import (
    AddPublication,
    AddSubscription,
    MutePublication,
    RemovePublication,
    RemoveSubscription,
    UpdateSubscription,
)
from sfu.config import PlaneConfig
from sfu.control import Control
from sfu.drop import Drop
from sfu.events import Event
from sfu.ingress import Ingress
from sfu.keyframes import KeyFrames
from sfu.layers import Layers
from sfu.learning import Learner
from sfu.observer import Observer
from sfu.path import Key, Path, Transmit, key
from sfu.publication import Stream
from sfu.receiver import Receiver
from sfu.registry import Registry
from sfu.reporting import Reporting
from sfu.retransmit import Retransmitter
from sfu.rewrite.plain import PlainRewriter
from sfu.rewrite.writer import Writer
from sfu.ring import RECEIVE_MAX, Batch, Ring
from sfu.router import Router
from sfu.state import State
from sfu.stats import Stats
from sfu.switching import Switching
from sfu.tables import STARTS

__all__ = ["Endpoint", "Plane", "Protection"]


class Plane:
    def __init__(
        self, ring: Ring, *, randbytes: Callable[[int], bytes], config: PlaneConfig
    ) -> None:
        state = self._state = State(ring, randbytes, config)
        self._by_key: dict[int, dict[Key, Client]] = {}  # by number of our socket
        self._keys = KeyFrames(state)
        self._learner = Learner(state)
        self._router = Router(state, self._learner)
        self._switching = Switching(state, self._router, self._keys)
        self._layers = Layers(state, self._switching, self._keys)
        self._registry = Registry(state, self._learner, self._router, self._switching, self._layers)
        receiver = Receiver(state, self._switching.interrupt, self._layers.flows)
        self._ingress = Ingress(state, self._learner, receiver)
        self._writer = Writer(state)
        self._rewriter = PlainRewriter(state, self._writer)
        retransmitter = Retransmitter(state, self._writer)
        self._control = Control(state, self._router, self._keys, retransmitter)
        self._reporting = Reporting(state)
        self._observer = Observer(state)
        self._jobs: dict[str, Callable[[Any, float], None]] = {
            "report": self._reporting.report,
            "feedback": self._reporting.feedback,
            "nack": self._reporting.nack,
            "keys": self._keys.handle_timeout,
            "wish": self._switching.handle_timeout,
            "layers": self._layers.check,
            "speakers": self._observer.speakers,
            "quality": self._observer.quality,
        }

    @property
    def stats(self) -> Stats:
        return self._state.stats

    # ---- clients

    def add_client(self, transport: str, peer: str, endpoint: Endpoint, *, room: str = "") -> None:
        """`room` groups the peers that SpeakersChanged and QualityChanged speak of."""
        now = self._state.ring.now
        client = self._registry.add_client(transport, peer, room, endpoint)
        self._observer.add(client, now)
        self._reporting.start(client, now)

    def remove_client(self, transport: str) -> None:
        """With its publications and subscriptions."""
        client = self._state.by_name.get(transport)
        if client is None:
            return
        for path in client.paths:
            del self._by_key[path[0]][key(path)]
        self._observer.remove(client)
        self._registry.remove_client(client)

    def bind(self, path: Path, transport: str) -> None:
        """Media from this address is the client's."""
        client = self._state.by_name.get(transport)
        if client is not None:
            self.unbind(path)
            self._by_key.setdefault(path[0], {})[key(path)] = client
            client.paths.add(path)

    def unbind(self, path: Path) -> None:
        client = self._by_key.get(path[0], {}).pop(key(path), None)
        if client is not None:
            client.paths.discard(path)

    def connected(self, transport: str, now: float) -> None:
        """Keys and path are there: what waits for it starts now.

        Calling it is optional but saves up to 200 ms.
        """
        client = self._state.by_name.get(transport)
        if client is not None:
            self._switching.client_ready(client, now)

    def set_extensions(self, transport: str, extensions: dict[str, int]) -> None:
        """Header extensions that the client sends, URI to id."""
        client = self._state.by_name.get(transport)
        if client is not None:
            client.ids = ExtensionIds(extensions)

    # ---- commands

    def add_publication(self, command: AddPublication, now: float) -> None:
        self._registry.add_publication(command, now)

    def mute_publication(self, command: MutePublication, now: float) -> None:
        self._registry.mute_publication(command, now)

    def remove_publication(self, command: RemovePublication, now: float) -> None:
        self._registry.remove_publication(command)

    def add_subscription(self, command: AddSubscription, now: float) -> None:
        self._registry.add_subscription(command, now)

    def update_subscription(self, command: UpdateSubscription, now: float) -> None:
        self._registry.update_subscription(command, now)

    def remove_subscription(self, command: RemoveSubscription, now: float) -> None:
        self._registry.remove_subscription(command)

    # ---- packets

    def forward(self, batch: Batch, now: float) -> list[int]:
        """Handle RTP and RTCP of bound paths.

        Returns the positions in the batch that are something else: STUN, DTLS, datagrams of
        strangers.
        """
        state = self._state
        state.ring.tick(now)
        state.packets.reserve(state.ring.capacity)
        self._writer.set_time(now)
        slow: list[int] = []
        accepted: list[int] = []
        clients = self._by_key.get(batch.socket, {})
        lengths = batch.lengths[: batch.count].tolist()
        for position, remote in enumerate(batch.keys):
            client = clients.get(remote)
            length, slot = lengths[position], batch.first + position
            if client is None or length < 2 or state.ring.view(slot)[0] >> 6 != 2:
                slow.append(position)
            elif self._receive(client, slot, length, now):
                accepted.append(slot)
        for slot in accepted:
            self._spread(slot, now)
        return slow

    def _receive(self, client: Client, slot: int, length: int, now: float) -> bool:
        """True: the slot holds a packet that goes on to subscribers."""
        state = self._state
        if length > RECEIVE_MAX:
            state.drop(Drop.MALFORMED)
            return False
        view = state.ring.view(slot)
        if 192 <= view[1] <= 223:  # RFC 5761, section 4
            self._control.receive(client, bytes(view[:length]), now)
            return False
        state.stats.packets_in += 1
        state.stats.bytes_in += length
        state.client_table.packets_in[client.row] += 1
        state.client_table.bytes_in[client.row] += length
        return self._ingress.receive(client, slot, length, now)

    def _spread(self, slot: int, now: float) -> None:
        """To the stream's subscriptions, and to those of its translation."""
        stream = self._state.stream(self._state.packets.stream[slot])
        self._deliver(stream, slot, now)
        translator = stream.translator
        if translator is not None and (translator.output.rows or translator.output.waiting):
            for translated in translator.translate(slot):
                self._deliver(translator.output, translated, now)
        elif not stream.rows:
            self._state.drop(Drop.NO_SUBSCRIBER)

    def _deliver(self, stream: Stream, slot: int, now: float) -> None:
        if stream.waiting:
            self._switching.start(stream, slot, now)
        if stream.recapping and self._state.packets.flags[slot] & STARTS:
            self._switching.recap(stream, slot)
        if stream.rows:
            is_audio = stream.publication.is_audio
            self._rewriter.forward(slot, stream.rows, now, is_audio=is_audio)

    # ---- time and results

    def take_transmits(self) -> list[Transmit]:
        return self._state.pacer.take()

    def take_events(self) -> list[Event]:
        events, self._state.events = self._state.events, []
        return events

    def next_timeout(self) -> float | None:
        return self._state.deadlines.next()

    def handle_timeout(self, now: float) -> None:
        for kind, of in self._state.deadlines.due(now):
            self._jobs[kind](of, now)
