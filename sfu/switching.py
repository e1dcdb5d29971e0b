"""Which layer each subscription gets: the wish, what flows, and the key frame that a change needs.

The decisions are `simulcast.selector`'s and `simulcast.allocator`'s; here they are carried out.
"""

from sfu.client import Client
from sfu.keyframes import KeyFrames
from sfu.publication import Publication, Stream
from sfu.rewrite.splice import recap
from sfu.router import Router
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import CAPS, LATE, OPENS, STARTS_KEY, SYNC
from simulcast import selector
from simulcast.allocator import Wish, allocate
from simulcast.frame import Frame
from simulcast.layers import NONE

UNREADY = 0.2  # seconds until a client without keys or path is looked at again
FRAME_RATES = (7.5, 15.0, 30.0)  # of the three temporal layers that browsers make of 30 a second


class Switching:
    def __init__(self, state: State, router: Router, keys: KeyFrames) -> None:
        self._state = state
        self._router = router
        self._keys = keys

    def update(self, subscription: Subscription, now: float, fresh: Stream | None = None) -> None:
        """Something that the choice depends on has changed.

        `fresh`: a stream whose key frame is here already and need not be asked for.
        """
        target = subscription.target = self._target(subscription, now)
        key = "wish", subscription.row
        if target == NONE:
            self._router.detach(subscription)
            self._router.wait(subscription, [])
            self._state.deadlines.set(key, None)
            return
        self._take_cap(subscription)
        current = self._router.current(subscription)
        layer = NONE if current is None else current.quality
        streams = self._acceptable(subscription, current, layer, target)
        self._router.wait(subscription, streams)
        if not streams and layer == target:
            self._state.deadlines.set(key, None)
        else:
            self._ask(subscription, layer, target, now, fresh)

    def update_all(self, publication: Publication, now: float, fresh: Stream | None = None) -> None:
        for subscription in publication.subscriptions:
            self.update(subscription, now, fresh)

    def client_ready(self, client: Client, now: float) -> None:
        """Packets can be sent to it from now on."""
        for subscription in {s.row: s for s in client.subscriptions.values()}.values():
            self.update(subscription, now)

    def handle_timeout(self, row: int, now: float) -> None:
        """A change still waits: decide again, and ask for the key frame again."""
        self.update(self._state.subscription(row), now)

    def start(self, stream: Stream, slot: int, now: float) -> None:
        """A packet of a stream at which subscriptions wait: those that can begin here do."""
        flags = self._state.packets.flags[slot]
        is_audio = stream.publication.is_audio
        if flags & LATE or not (is_audio or flags & STARTS_KEY):
            return
        for row in list(stream.waiting):
            subscription = self._state.subscription(row)
            if subscription.client.is_ready:
                self._begin(subscription, stream, slot, now)

    def recap(self, stream: Stream, slot: int) -> None:
        """At the start of a frame: those that wait for another temporal cap may take it."""
        packets = self._state.packets
        flags = packets.flags[slot]
        if flags & LATE:
            return
        frame = Frame(
            stream.quality,
            packets.temporal[slot],
            is_key=flags & (STARTS_KEY | OPENS) != 0,
            sync=flags & SYNC != 0,
        )
        for row in list(stream.recapping):
            old = self._state.subscription_table.cap[row]
            wanted = self._cap(self._state.subscription(row))
            new = selector.take_temporal(old, wanted, frame)
            if new != old:
                recap(self._state, row, slot, new)
                self._state.fanout.forget(stream.row)
            if new == wanted:
                stream.recapping.remove(row)

    def interrupt(self, stream: Stream, now: float) -> None:
        """The stream's numbering or format breaks off: all of its subscriptions begin anew."""
        rows = list(stream.rows)
        if stream.translator is not None:
            rows += stream.translator.output.rows
            self._router.forget_translation(stream)
        rows += self._router.rows_of_views(stream)
        self._router.forget_views(stream)
        stream.layering = None
        for row in rows:
            subscription = self._state.subscription(row)
            self._router.detach(subscription)
            if not stream.publication.is_audio:
                self._state.set_source(subscription, None)
        self.update_all(stream.publication, now)

    def _begin(self, subscription: Subscription, stream: Stream, slot: int, now: float) -> None:
        layer = self._router.layer(subscription)
        is_audio = stream.publication.is_audio
        taken = selector.take(layer, subscription.target, stream.quality, starts_key_frame=True)
        if not is_audio and taken != stream.quality:
            return
        if layer != NONE and layer != stream.quality:
            self._state.stats.switches += 1
        cap = self._state.subscription_table.cap[subscription.row] = self._cap(subscription)
        if cap < CAPS:
            stream.is_capped = True
            stream.unsettle()
        self._router.attach(subscription, stream, slot, now)
        self.update(subscription, now)

    def _target(self, subscription: Subscription, now: float) -> int:
        publication = subscription.publication
        if subscription.disabled or publication.is_muted:
            return NONE
        if publication.is_audio:
            return 0
        flowing = publication.flowing
        since = now - publication.first_at
        target = selector.aim_at_start(subscription.quality, publication.qualities, flowing, since)
        if since < selector.START:
            return target
        # The seam for an estimate of the subscriber's bandwidth: its budget goes here.
        return allocate(None, [Wish(subscription.quality, flowing)])[0]

    def _acceptable(
        self, subscription: Subscription, current: Stream | None, layer: int, target: int
    ) -> list[Stream]:
        """The streams at whose next key frame (or packet, with audio) it shall begin."""
        streams = []
        for quality, stream in subscription.publication.layers.items():
            feed = self._router.feed(subscription, stream)
            if feed is None or feed is current:
                continue
            taken = selector.take(layer, target, quality, starts_key_frame=True)
            if taken == quality:
                streams.append(feed)
        return streams

    def _ask(
        self, subscription: Subscription, layer: int, target: int, now: float, fresh: Stream | None
    ) -> None:
        """Ask for the key frame of the target, now and again until it is there."""
        key = "wish", subscription.row
        publication = subscription.publication
        if not subscription.client.is_ready:
            self._state.deadlines.set(key, now + UNREADY)
            return
        if publication.is_audio:
            self._state.deadlines.set(key, None)
            return
        stream = publication.layers.get(target)
        if stream is not None and (fresh is None or stream.origin is not fresh.origin):
            # Without a layer, or with one that has stopped, the viewer sees nothing move.
            forced = layer == NONE or layer not in publication.flowing
            self._keys.request(stream, now, forced=forced)
        rtt = self._state.subscription_table.rtt[subscription.row]
        self._state.deadlines.set(key, now + selector.request_interval(rtt))

    def _cap(self, subscription: Subscription) -> int:
        return min(selector.temporal_cap(subscription.fps, FRAME_RATES), CAPS)

    def _take_cap(self, subscription: Subscription) -> None:
        """A change of the temporal cap waits for the start of a frame."""
        row = subscription.row
        stream = self._router.current(subscription)
        if stream is None or row in stream.recapping:
            return
        if self._state.subscription_table.cap[row] != self._cap(subscription):
            stream.is_capped = True
            stream.recapping.append(row)
            stream.unsettle()
