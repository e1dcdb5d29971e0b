"""What signaling is told of a room at intervals: who speaks, and how well each connection goes."""

import math
from collections.abc import Iterable

from sfu.client import Client
from sfu.events import PeerQuality, QualityChanged, SpeakersChanged
from sfu.feedback import reception
from sfu.publication import Publication, Stream
from sfu.quality import Window, mean_opinion, participant_score, quality
from sfu.speakers import SpeakerList, SpeakerRules
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import NEVER
from simulcast.layers import NONE
from simulcast.selector import aim

BEHIND = 0.03  # seconds after the end of a track's interval: its last packet may take a while
LOOKS = 4  # at most, at a room's levels in one interval
AT_ONCE = 64  # scores of a room made in one go: 0.3 ms
HEARD = 2  # intervals without RTCP after which nothing is heard of a client


class Room:
    """What was told last."""

    def __init__(self, rules: SpeakerRules) -> None:
        self.clients: list[Client] = []
        self.speakers = SpeakerList(rules)
        self.spoke = -math.inf  # when something was told of them
        self.qualities: dict[str, tuple[int, float]] = {}  # by peer: quality, MOS in tenths
        self.scores: dict[str, list[float]] = {}  # by peer, while they are made
        self.unscored: list[Client] = []  # those that are left
        self.judged = 0.0  # when the first of them was


class Observer:
    def __init__(self, state: State) -> None:
        self._state = state
        self._rooms: dict[str, Room] = {}

    def add(self, client: Client, now: float) -> None:
        room = self._rooms.get(client.room)
        if room is None:
            config, deadlines = self._state.config, self._state.deadlines
            room = self._rooms[client.room] = Room(config.speakers)
            deadlines.set(("speakers", client.room), now + config.speakers.interval)
            deadlines.set(("quality", client.room), now + config.quality_interval)
        room.clients.append(client)

    def remove(self, client: Client) -> None:
        room = self._rooms[client.room]
        room.clients.remove(client)
        if client in room.unscored:
            room.unscored.remove(client)
        room.scores.pop(client.peer, None)
        if not room.clients:
            del self._rooms[client.room]
            self._state.deadlines.set(("speakers", client.room), None)
            self._state.deadlines.set(("quality", client.room), None)

    def speakers(self, name: str, now: float) -> None:
        """By deadline: the levels of a room's peers. The next look comes where a track's interval
        ends, so that the first word waits for nothing else; nobody is told twice within one."""
        room = self._rooms[name]
        interval = self._state.config.speakers.interval
        if now < room.spoke + interval:
            self._state.deadlines.set(("speakers", name), room.spoke + interval)
            return
        levels: dict[str, float] = {}
        soonest, due = now + interval / LOOKS, now + interval
        for publication in publications(room.clients):
            if publication.level is not None and not publication.is_muted:
                level = publication.level.level(now)
                levels[publication.peer] = max(levels.get(publication.peer, 0.0), level)
                if (ends := publication.level.closes_at() + BEHIND) > now - interval:
                    due = min(due, max(ends, soonest))  # sound has come of late
        if changed := room.speakers.update(levels):
            self._state.events.append(SpeakersChanged(name, changed))
            room.spoke, due = now, now + interval
        self._state.deadlines.set(("speakers", name), due)

    def quality(self, name: str, now: float) -> None:
        """By deadline: the scores of a room's peers, those of a large room in several turns."""
        room = self._rooms[name]
        if not room.unscored:
            room.unscored = room.clients[::-1]
            room.judged = now
        interval, made = self._state.config.quality_interval, 0
        while room.unscored and made < AT_ONCE:
            client = room.unscored.pop()
            heard_at = self._state.client_table.heard_at[client.row]
            heard = room.judged - heard_at < HEARD * interval
            found = list(self._scores(client, heard))
            room.scores.setdefault(client.peer, []).extend(found)
            made += len(found)
        if room.unscored:
            self._state.deadlines.set(("quality", name), now)
        else:
            self._state.deadlines.set(("quality", name), room.judged + interval)
            self._tell_quality(room, name)

    def _tell_quality(self, room: Room, name: str) -> None:
        scores, room.scores = room.scores, {}
        changed = []
        before, room.qualities = room.qualities, {}
        for peer, values in scores.items():
            score = participant_score(values)
            visible = quality(score), round(mean_opinion(score), 1)
            room.qualities[peer] = visible
            if before.get(peer) != visible:
                changed.append(PeerQuality(peer, *visible))
        if changed:
            self._state.events.append(QualityChanged(name, changed))

    def _scores(self, client: Client, heard: bool) -> Iterable[float]:
        for publication in client.publications.values():
            yield publication.score.update(self._published(publication, heard))
        for ssrc, subscription in client.subscriptions.items():
            if ssrc == subscription.ssrc:
                yield subscription.score.update(self._subscribed(subscription, heard))

    def _published(self, publication: Publication, heard: bool) -> Window:
        table = self._state.stream_table
        rows = [stream.row for stream in publication.streams.values()]
        expected = sum(reception.expected(table, row) for row in rows)
        lost = sum(reception.lost(table, row) for row in rows)
        window = Window(
            max(expected - publication.expected_before, 0),
            max(lost - publication.lost_before, 0),
            jitter=max((reception.jitter_seconds(table, row) for row in rows), default=0.0),
            seconds=self._state.config.quality_interval,
            has_reports=heard,
        )
        publication.expected_before, publication.lost_before = expected, lost
        # A publisher that nobody watches may rightly send nothing.
        is_watched = any(not s.disabled for s in publication.subscriptions)
        is_idle = not window.expected and not (publication.is_started and is_watched)
        window.is_muted = publication.is_muted or is_idle
        return window

    def _subscribed(self, subscription: Subscription, heard: bool) -> Window:
        table, row = self._state.subscription_table, subscription.row
        source = subscription.source
        packets, lost = table.packets[row], table.lost[row]
        upstream = 0 if source is None else self._lost_upstream(source)
        lost_here = (lost - subscription.lost_before) - max(
            upstream - subscription.upstream_lost_before, 0
        )
        window = Window(
            packets - subscription.packets_before,
            max(lost_here, 0),
            rtt=table.rtt[row],
            seconds=self._state.config.quality_interval,
            layer_distance=self._distance(subscription),
            has_reports=heard,
        )
        subscription.packets_before = packets
        subscription.lost_before, subscription.upstream_lost_before = lost, upstream
        # What the publisher does not send is no fault of this connection.
        window.is_muted = not window.expected
        return window

    def _lost_upstream(self, source: Stream) -> int:
        """A translation has the losses of what it is made of."""
        table = self._state.stream_table
        return reception.lost(table, table.clock[source.row])

    def _distance(self, subscription: Subscription) -> int:
        row = self._state.subscription_table.stream[subscription.row]
        stream = self._state.streams[row] if row != NEVER else None
        best = aim(subscription.quality, subscription.publication.flowing)
        return 0 if stream is None or best == NONE else max(best - stream.quality, 0)


def publications(clients: Iterable[Client]) -> Iterable[Publication]:
    for client in clients:
        yield from client.publications.values()
