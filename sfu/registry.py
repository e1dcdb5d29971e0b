"""Signaling's commands about media: publications and subscriptions come, change and go."""

from sfu import heads
from sfu.blanks import Blanks
from sfu.client import Client, Endpoint, Retired
from sfu.commands import (
    AddPublication,
    AddSubscription,
    MutePublication,
    RemovePublication,
    RemoveSubscription,
    UpdateSubscription,
)
from sfu.extensions import PLAYOUT_DELAY
from sfu.history import AUDIO_DEPTH, VIDEO_DEPTH
from sfu.layers import Layers
from sfu.learning import Learner
from sfu.opening import Opening
from sfu.playout import Playout
from sfu.publication import Publication
from sfu.router import Router
from sfu.sources import code
from sfu.state import State, place
from sfu.subscription import Subscription
from sfu.switching import Switching
from sfu.tables import CAPS, NEVER


class Registry:
    def __init__(
        self, state: State, learner: Learner, router: Router, switching: Switching, layers: Layers,
        opening: Opening, blanks: Blanks,
    ) -> None:  # fmt: skip
        self._state = state
        self._learner = learner
        self._router = router
        self._switching = switching
        self._layers = layers
        self._opening = opening
        self._blanks = blanks
        self._numbers = 0

    def add_client(self, name: str, peer: str, room: str, endpoint: Endpoint) -> Client:
        state = self._state
        row = state.client_table.add()
        state.client_table.twcc[row] = state.random(15)
        client = Client(row, name, peer, room, endpoint, state.random(32))
        state.client_table.ssrc[row] = client.ssrc
        place(state.clients, row, client)
        state.by_name[name] = client
        return client

    def remove_client(self, client: Client, now: float) -> None:
        state = self._state
        for publication in list(client.publications.values()):
            self._end(publication, now)
            self._remove_publication(publication)
        for subscription in [s for s in state.by_key.values() if s.client is client]:
            self._remove_subscription(subscription)
        state.arrivals.forget(client.row)
        state.forget_controls(client)
        state.clients[client.row] = None
        state.client_table.remove(client.row)
        del state.by_name[client.name]

    def add_publication(self, command: AddPublication, now: float) -> None:
        state = self._state
        client = state.by_name.get(command.transport)
        if client is None:
            return
        publication = state.by_track.get(command.track)
        if publication is not None and publication.client is not client:
            self._remove_publication(publication)
            publication = None
        if publication is None:
            self._numbers += 1
            publication = Publication(self._numbers, client, command, state.config, state.voices)
            client.publications[command.track] = publication
            state.by_track[command.track] = publication
            state.by_number[publication.number] = publication
        else:
            publication.update(command)
        self._learner.announce(publication)
        self._switching.update_all(publication, now)

    def mute_publication(self, command: MutePublication, now: float) -> None:
        publication = self._state.by_track.get(command.track)
        if publication is None or publication.is_muted == command.muted:
            return
        publication.is_muted = command.muted
        if command.muted:
            self._layers.mute(publication, now)
            for subscription in publication.subscriptions:
                if not subscription.disabled:
                    self._blanks.mute(subscription, now)
        else:
            self._layers.unmute(publication, now)

    def remove_publication(self, command: RemovePublication, now: float) -> None:
        publication = self._state.by_track.get(command.track)
        if publication is not None:
            self._end(publication, now)
            self._remove_publication(publication)

    def add_subscription(self, command: AddSubscription, now: float) -> None:
        state = self._state
        client = state.by_name.get(command.transport)
        publication = state.by_track.get(command.track)
        if client is None or publication is None:
            return
        known = state.by_key.get((command.peer, command.track))
        if known is not None and (known.client, known.publication) == (client, publication):
            self._update(known, command, now)
            return
        if known is not None:
            self._remove_subscription(known)
        row = state.subscription_table.add()
        subscription = Subscription(row, client, publication, command)
        place(state.subscriptions, row, subscription)
        state.by_key[command.peer, command.track] = subscription
        publication.subscriptions.append(subscription)
        self._fill_row(subscription)
        self._begin_delay(subscription, command, now)
        self._layers.wish(publication, subscription.quality)
        self._switching.update(subscription, now)
        self._opening.begin(subscription, now)

    def update_subscription(self, command: UpdateSubscription, now: float) -> None:
        subscription = self._state.by_key.get((command.peer, command.track))
        if subscription is None:
            return
        was_disabled = subscription.disabled
        is_more = was_disabled or command.quality > subscription.quality
        subscription.disabled = command.disabled
        subscription.quality = command.quality
        subscription.fps = command.fps
        if is_more and not command.disabled:
            self._layers.wish(subscription.publication, command.quality)
        self._switching.update(subscription, now)
        if command.disabled and not was_disabled:
            self._blanks.mute(subscription, now)

    def remove_subscription(self, command: RemoveSubscription, now: float) -> None:
        subscription = self._state.by_key.get((command.peer, command.track))
        if subscription is not None:
            if not command.goes_on:
                self._blanks.end(subscription, now)
            self._remove_subscription(subscription)

    def _fill_row(self, subscription: Subscription) -> None:
        state, row = self._state, subscription.row
        table = state.subscription_table
        depth = AUDIO_DEPTH if subscription.publication.is_audio else VIDEO_DEPTH
        table.depth[row] = depth
        table.history[row] = state.history.take(depth)
        table.repeats[row] = NEVER
        table.client[row] = subscription.client.row
        table.stream[row] = table.source[row] = table.last_timestamp[row] = NEVER
        table.cap[row] = CAPS
        self._take_ssrcs(subscription)

    def _begin_delay(
        self, subscription: Subscription, command: AddSubscription, now: float
    ) -> None:
        if command.delay is not None and PLAYOUT_DELAY in command.extensions:
            number = self._state.subscription_table.next[subscription.row]
            subscription.playout = Playout(command.delay, number, now)
            subscription.write_head()
            self._state.take_head(subscription)

    def _take_ssrcs(self, subscription: Subscription) -> None:
        """SRTP goes by SSRC: one that was used before goes on where it stopped, as do timestamps.

        A new one begins below 2^15: were the first packets lost around a wrap, its receiver would
        guess the rollover counter wrong for ever (measured).
        """
        table, row, client = self._state.subscription_table, subscription.row, subscription.client
        if table.ssrc[row] != subscription.ssrc:
            table.ssrc[row] = subscription.ssrc
            self._start(row, client, subscription.ssrc)
        if table.rtx_ssrc[row] != subscription.rtx_ssrc:
            table.rtx_ssrc[row] = subscription.rtx_ssrc
            before = client.retired.pop(subscription.rtx_ssrc, None)
            table.rtx_next[row] = self._first_number() if before is None else before.next
        if not subscription.rtx_ssrc and table.repeats[row] == NEVER:
            table.repeats[row] = self._state.repeats.take(table.depth[row])
        heads.store(table, subscription)
        self._state.fanout.forget(table.stream[row])
        table.has_reported[row] = False  # its packets have another head until it does
        self._state.targets.set(code(client.row, subscription.ssrc), row)
        client.subscriptions[subscription.ssrc] = subscription
        if subscription.rtx_ssrc:
            client.subscriptions[subscription.rtx_ssrc] = subscription

    def _start(self, row: int, client: Client, ssrc: int) -> None:
        table = self._state.subscription_table
        before = client.retired.pop(ssrc, None)
        if before is None:
            table.next[row] = self._first_number()
        else:
            table.next[row], table.last_timestamp[row], table.last_time[row] = before

    def _first_number(self) -> int:
        # One cycle up, so that offsets and late packets never go below zero.
        return 0x10000 + self._state.random(15)

    def _return_history(self, row: int) -> None:
        state, table = self._state, self._state.subscription_table
        state.history.give_back(table.history[row], table.depth[row])
        if table.repeats[row] != NEVER:
            state.repeats.give_back(table.repeats[row], table.depth[row])

    def _retire_ssrcs(self, subscription: Subscription) -> None:
        table, row, client = self._state.subscription_table, subscription.row, subscription.client
        self._state.targets.remove(code(client.row, table.ssrc[row]))
        client.subscriptions.pop(table.ssrc[row], None)
        client.subscriptions.pop(table.rtx_ssrc[row], None)
        last = table.last_timestamp[row], table.last_time[row]
        client.retired[table.ssrc[row]] = Retired(table.next[row], *last)
        if table.rtx_ssrc[row]:
            client.retired[table.rtx_ssrc[row]] = Retired(table.rtx_next[row], NEVER, 0.0)

    def _update(self, subscription: Subscription, command: AddSubscription, now: float) -> None:
        """The m-line was renegotiated."""
        table, row = self._state.subscription_table, subscription.row
        if (table.ssrc[row], table.rtx_ssrc[row]) != (command.ssrc, command.rtx_ssrc):
            self._retire_ssrcs(subscription)
        subscription.update(command)
        self._take_ssrcs(subscription)
        stream = self._router.current(subscription)
        if stream is not None:
            self._router.take_payload_type(subscription, stream)
        self._switching.update(subscription, now)

    def _end(self, publication: Publication, now: float) -> None:
        """Those who get it shall not keep its last picture."""
        for subscription in publication.subscriptions:
            self._blanks.end(subscription, now)

    def _remove_publication(self, publication: Publication) -> None:
        state = self._state
        for subscription in list(publication.subscriptions):
            self._remove_subscription(subscription)
        for stream in publication.streams.values():
            self._router.forget(stream)
        self._layers.forget(publication)
        if publication.level is not None:
            publication.level.close()
        publication.streams.clear()  # they point back at it: only the collector would find them
        del publication.client.publications[publication.track]
        del state.by_track[publication.track]
        del state.by_number[publication.number]

    def _remove_subscription(self, subscription: Subscription) -> None:
        state, row = self._state, subscription.row
        self._router.detach(subscription)
        self._router.wait(subscription, [])
        self._retire_ssrcs(subscription)
        state.deadlines.set(("wish", row), None)
        self._opening.end(subscription)
        self._blanks.forget(subscription)
        subscription.publication.subscriptions.remove(subscription)
        self._return_history(row)
        state.subscription_table.remove(row)
        state.subscriptions[row] = None
        del state.by_key[subscription.peer, subscription.track]
