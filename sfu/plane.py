"""The media plane: packets go in by batches and leave rewritten for every subscriber.

What may happen to a `Plane`: a command of signaling, a batch of datagrams, a deadline. After each
of them take its transmits and its events and ask for its next timeout.
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from sfu.arena import Egress
from sfu.blanks import Blanks
from sfu.client import Endpoint, ExtensionIds, Protection
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
from sfu.intake import Intake
from sfu.keyframes import KeyFrames
from sfu.layered import Layered
from sfu.layers import Layers
from sfu.learning import Learner
from sfu.made import Maker
from sfu.media import Kind
from sfu.observer import Observer
from sfu.opening import Opening
from sfu.outbox import Collector, Outbox
from sfu.path import Path, Transmit
from sfu.publication import Publication, Stream
from sfu.receiver import Receiver
from sfu.registry import Registry
from sfu.regular import Regular
from sfu.reporting import Reporting
from sfu.retransmit import Retransmitter
from sfu.rewrite.plain import PlainRewriter
from sfu.rewrite.writer import Writer
from sfu.ring import Batch, Ring
from sfu.router import Router
from sfu.routes import Routes
from sfu.sealing import Sealer
from sfu.sealing.public import PublicSealer
from sfu.single import Single
from sfu.state import State
from sfu.stats import Stats
from sfu.switching import Switching
from sfu.tables import LATE, STARTS, STARTS_KEY, Clients
from sfu.tally import PACKETS_OUT
from sfu.views import Splitter

__all__ = ["Endpoint", "Plane", "Protection"]


class Plane:
    def __init__(
        self,
        ring: Ring,
        *,
        randbytes: Callable[[int], bytes],
        config: PlaneConfig,
        sealer: Sealer | None = None,
        egress: Egress | None = None,
    ) -> None:
        """Without an egress packets leave by `take_transmits`."""
        state = self._state = State(ring, sealer or PublicSealer(ring), randbytes, config)
        egress = egress or Collector(state.clients, state.pacer, state.stats)
        self._outbox = state.outbox = Outbox(state.sealer, egress, state.repeats, state.tally)
        self._tally: memoryview[int] = state.tally.data
        self.routes = Routes(state.note_growth)
        self._keys = KeyFrames(state)
        self._learner = Learner(state)
        self._router = Router(state, self._learner)
        self._switching = Switching(state, self._router, self._keys)
        self._layers = Layers(state, self._switching, self._keys)
        writer = Writer(state, self._outbox)
        maker = Maker(state, self._outbox, writer)
        opening, blanks = Opening(state, maker), Blanks(state, maker)
        self._registry = Registry(
            state, self._learner, self._router, self._switching, self._layers, opening, blanks
        )
        layered = Layered(state, self._learner, self._router, self._keys, self._layers)
        receiver = Receiver(state, layered, self._switching.interrupt, self._layers.flows)
        ingress = Ingress(state, self._learner, receiver)
        rewriter = PlainRewriter(state, writer)
        self.regular = Regular(state, self._outbox, rewriter.forward)
        retransmitter = Retransmitter(state, writer, self._outbox, self.regular)
        control = Control(state, self._router, self._keys, retransmitter)
        self._single = Single(state, self.regular, rewriter)
        self._intake = Intake(state, self.routes, control, ingress, self.regular, self._spread)
        self._reporting = Reporting(state)
        self._observer = Observer(state)
        self._jobs: dict[str, Callable[[Any, float], None]] = {
            "keys": self._keys.handle_timeout,
            "wish": self._switching.handle_timeout,
            "layers": self._layers.check,
            "opening": opening.handle_timeout,
            "blanks": blanks.handle_timeout,
            "speakers": self._observer.speakers,
            "quality": self._observer.quality,
        }

    @property
    def stats(self) -> Stats:
        """As they stand now: to be asked for again."""
        return self._state.counted()

    @property
    def packets_out(self) -> int:
        """That counter alone: it is asked for often."""
        return self._state.stats.packets_out + self._tally[PACKETS_OUT]

    @property
    def clients(self) -> Clients:
        """The table with their addresses."""
        return self._state.client_table

    def tracks(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many are published, and how many subscribed to, by kind."""
        state = self._state
        # Its second codec is a publication of its own, named `TRACK/codec`, and no other track.
        kinds = {track.partition("/")[0]: kind(one) for track, one in state.by_track.items()}
        published = Counter(kinds.values())
        subscribed = Counter(kind(one.publication) for one in state.by_key.values())
        return dict(published), dict(subscribed)

    # ---- clients

    def add_client(self, transport: str, peer: str, endpoint: Endpoint, *, room: str = "") -> None:
        """`room` groups the peers that SpeakersChanged and QualityChanged speak of."""
        now = self._state.ring.now
        client = self._registry.add_client(transport, peer, room, endpoint)
        self._observer.add(client, now)
        self._reporting.start(client, now)

    def move_client(self, transport: str, room: str) -> None:
        client = self._state.by_name.get(transport)
        if client is not None:
            self._observer.remove(client)
            client.room = room
            self._observer.add(client, self._state.ring.now)

    def remove_client(self, transport: str) -> None:
        """With its publications and subscriptions."""
        client = self._state.by_name.get(transport)
        if client is None:
            return
        self._outbox.flush()  # its row may be another's soon
        self.routes.forget(client)
        self._state.sealer.set_keys(client.row, None)
        self._state.note_growth()
        self._observer.remove(client)
        self._reporting.stop(client)
        self._registry.remove_client(client, self._state.ring.now)

    def heard_at(self, transport: str) -> float:
        """When its last RTCP came, in seconds; 0 before any."""
        client = self._state.by_name.get(transport)
        return 0.0 if client is None else self._state.client_table.heard_at[client.row]

    def bind(self, path: Path, transport: str) -> None:
        """Media from this address is the client's."""
        client = self._state.by_name.get(transport)
        if client is not None:
            self.routes.bind(path, client)
            self._state.refresh(client)

    def unbind(self, path: Path) -> None:
        self.routes.unbind(path)

    def refresh(self, transport: str) -> None:
        """Its keys, or the path to it, may have changed."""
        client = self._state.by_name.get(transport)
        if client is not None:
            self._state.refresh(client)

    def connected(self, transport: str, now: float) -> None:
        """Keys and path are there: what waits for it starts now.

        Calling it is optional but saves up to 200 ms.
        """
        client = self._state.by_name.get(transport)
        if client is not None:
            self._state.refresh(client)
            self._switching.client_ready(client, now)

    def set_extensions(self, transport: str, extensions: dict[str, int]) -> None:
        """Header extensions that the client sends, URI to id."""
        client = self._state.by_name.get(transport)
        if client is not None:
            client.ids = ExtensionIds(extensions)
            for source in client.sources.values():
                self._state.layouts.forget(source.stream)

    # ---- commands

    def add_publication(self, command: AddPublication, now: float) -> None:
        self._registry.add_publication(command, now)

    def mute_publication(self, command: MutePublication, now: float) -> None:
        self._registry.mute_publication(command, now)

    def remove_publication(self, command: RemovePublication, now: float) -> None:
        self._registry.remove_publication(command, now)

    def add_subscription(self, command: AddSubscription, now: float) -> None:
        self._registry.add_subscription(command, now)

    def update_subscription(self, command: UpdateSubscription, now: float) -> None:
        self._registry.update_subscription(command, now)

    def remove_subscription(self, command: RemoveSubscription, now: float) -> None:
        self._registry.remove_subscription(command, now)

    # ---- packets

    def forward(self, batch: Batch, now: float) -> list[int]:
        """Handle RTP and RTCP of bound paths.

        Returns the positions in the batch that are something else: STUN, DTLS, datagrams of
        strangers.
        """
        if not batch.step:
            self.regular.open(now)
        slow = self._intake.receive(batch, now)
        self._outbox.flush()
        return slow

    def finish(self, batch: Batch, now: float) -> None:
        """A batch that the loops have forwarded, all of it."""
        self.regular.finish(batch, now)
        self._outbox.flush()

    def _spread(self, slot: int, now: float) -> None:
        """To the stream's subscriptions, and to those of its translation."""
        stream = self._state.stream(self._state.packets.stream[slot])
        if stream.splitter is not None:
            return self._spread_views(stream.splitter, slot, now)
        self._start(stream, slot, now)
        translator = stream.translator
        if translator is not None and (translator.output.rows or translator.output.waiting):
            # Who changes from one to the other gets the packet once: all start before any goes.
            translated = translator.translate(slot)
            for one in translated:
                self._start(translator.output, one, now)
            for one in translated:
                self._single.forward(translator.output, one, now)
        elif not stream.rows:
            self._state.drop(Drop.NO_SUBSCRIBER)
        return self._single.forward(stream, slot, now)

    def _spread_views(self, splitter: Splitter, slot: int, now: float) -> None:
        """Of a layered video: to those who look at one of the layers that need the packet."""
        found = splitter.split(slot)
        # The best view comes first: who may begin in several gets that.
        for view, one in found:
            self._start(view, one, now)
        for view, one in found:
            self._single.forward(view, one, now)
        if not found:
            self._state.drop(Drop.NO_SUBSCRIBER)

    def _start(self, stream: Stream, slot: int, now: float) -> None:
        """Subscriptions that wait for such a packet begin with it."""
        if stream.waiting:
            self._switching.start(stream, slot, now)
        flags = self._state.packets.flags[slot]
        if stream.recapping and flags & STARTS:
            self._switching.recap(stream, slot)
        if flags & (STARTS_KEY | LATE) == STARTS_KEY:
            stream.note_start()

    # ---- time and results

    @property
    def has_results(self) -> bool:
        """Is there something to take?"""
        state = self._state
        return bool(self._outbox.arena.count or state.events or state.pacer)

    def take_transmits(self) -> list[Transmit]:
        self._outbox.flush()  # what commands have said
        return self._state.pacer.take()

    def take_events(self) -> list[Event]:
        events, self._state.events = self._state.events, []
        return events

    @property
    def reports_due(self) -> float:
        """The only deadline that regular packets change, seconds."""
        return self._reporting.next_timeout()

    def next_timeout(self) -> float | None:
        at = self._state.deadlines.next()
        at = min(math.inf if at is None else at, self._reporting.next_timeout())
        return None if at == math.inf else at

    def handle_timeout(self, now: float) -> None:
        for kind, of in self._state.deadlines.due(now):
            self._jobs[kind](of, now)
        self._reporting.handle_timeout(now)
        self._outbox.flush()


def kind(publication: Publication) -> str:
    return Kind.AUDIO if publication.is_audio else Kind.VIDEO
