"""A participant's tracks in a second room: it is seen there, publishes, and does nothing else.

LiveKit has this in its cloud alone. Both rooms are on one media node, where anybody can be given
any track; so nothing is sent twice, and nothing is copied but what clients are told.
"""

from collections.abc import Iterator
from dataclasses import replace

from livekit.protocol import rtc

from sfu.events import QualityChanged, SpeakersChanged
from signaling import hearing
from signaling.calls import Calls
from signaling.datatracks import DataPublications, DataSubscriptions
from signaling.dynacast import Dynacast
from signaling.failures import Failures
from signaling.ids import PARTICIPANT, new_id
from signaling.participant import Participant
from signaling.publications import Publication, Publications
from signaling.room import Room
from signaling.subscriptions import Subscriptions

DETAIL = "forwarded"
NOTHING = rtc.ConnectionSettings()  # it subscribes to nothing


class Forwarded(Participant):
    """Of its source all that others see; it has no connection, so nothing can be sent to it."""

    def __init__(self, source: Participant, room: Room, now: float) -> None:
        context = source.context
        self.context = context
        self.source = self._original = source
        self.forwards = []
        self.room = room
        self.sid = new_id(PARTICIPANT, context.randbytes)
        self.client = source.client
        self.joined_at = context.milliseconds(now)
        self.reason = source.reason
        self.version = 0
        self.session = None
        self._restart = None
        self.calls = Calls(context.timers)
        limits = context.config.limits
        self.publications = Publications(self.sid, limits, context.randbytes)
        self.subscriptions = Subscriptions(NOTHING, limits)
        self.data_publications = DataPublications()
        self.data_subscriptions = DataSubscriptions(NOTHING, limits, 1)
        self.permissions = source.permissions
        self._refresh = None
        self.failures = Failures(self)
        self._copy()

    def begin(self, now: float) -> None:
        self._mirror(now)
        self._original.forwards.append(self)
        self.room.receive(self, now)
        self.room.announce(self)
        self.room.reconsider(self, now)

    def refresh(self, now: float) -> None:
        """Something of the source has changed."""
        self._copy()
        has_changed = self._mirror(now)
        self.version += 1
        self.room.announce(self)
        if has_changed:
            self.room.reconsider(self, now)

    def stop(self) -> None:
        self._original.forwards.remove(self)

    def _copy(self) -> None:
        source = self._original
        self.grant = replace(source.grant, can_subscribe=False, room=self.room.name)
        self.claims = replace(
            source.claims, video=self.grant, kind_details=(*source.claims.kind_details, DETAIL)
        )
        self.state = source.state

    def _mirror(self, now: float) -> bool:
        """The same tracks as the source. True: there were others."""
        theirs, mine = self._original.publications.live, self.publications.live
        ended = [mine.pop(track) for track in list(mine) if track not in theirs]
        begun = [_copy_of(theirs[track], self.sid) for track in theirs if track not in mine]
        for publication in ended:
            self.context.notices.unpublished(self, publication.info, now)
            self.room.forget_track(publication.info.sid)
        for publication in begun:
            mine[publication.info.sid] = publication
        if self.sid in self.room.participants and begun:
            self.room.dispatches.published(self, now)
            for publication in begun:
                self.context.notices.published(self, publication.info, now)
        return bool(begun or ended)


def _copy_of(publication: Publication, publisher: str) -> Publication:
    return replace(
        publication, publisher=publisher, dynacast=Dynacast(), has_told_subscribed=False, repeats=[]
    )


def echo(room: Room, event: SpeakersChanged | QualityChanged) -> None:
    """What the media plane tells of a room concerns those in other rooms who get its tracks."""
    if isinstance(event, SpeakersChanged):
        for speaker in event.speakers:
            for forwarded in _forwards(room, speaker.peer):
                told = replace(speaker, peer=forwarded.sid)
                there = forwarded.room
                hearing.change_speakers(there, SpeakersChanged(there.sid, [told]))
    else:
        for quality in event.peers:
            for forwarded in _forwards(room, quality.peer):
                told_quality = replace(quality, peer=forwarded.sid)
                there = forwarded.room
                hearing.change_quality(there, QualityChanged(there.sid, [told_quality]))


def _forwards(room: Room, peer: str) -> Iterator[Participant]:
    participant = room.participants.get(peer)
    if participant is not None:
        yield from participant.forwards
