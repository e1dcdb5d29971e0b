"""Begin and end a participant's tracks, and tell it which of their layers anybody wants."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from livekit.protocol import models

from sfu.commands import MutePublication
from sfu.media import Kind
from signaling import messages
from signaling.dynacast import NONE
from signaling.negotiation.outcome import Published
from signaling.publications import Publication

if TYPE_CHECKING:
    from signaling.participant import Participant
    from signaling.room import Room


def begin_tracks(publisher: "Participant", published: Iterable[Published], now: float) -> None:
    """Announce first, then let the others subscribe."""
    begun = [publisher.publications.confirm(one) for one in published]
    if not begun:
        return
    for publication in begun:
        publication.is_synced = publisher.room.settings.sync_streams
    publisher.version += 1
    publisher.room.announce(publisher)
    publisher.room.reconsider(publisher, now)
    publisher.room.dispatches.published(publisher, now)
    for publication in begun:
        publisher.context.notices.published(publisher, publication.info, now)
        weigh(publisher.room, publication, now)
    publisher.refresh_forwards(now)


def end_tracks(publisher: "Participant", tracks: Iterable[str], now: float) -> None:
    ended = [p for track in tracks if (p := publisher.publications.end(track)) is not None]
    if not ended:
        return
    for publication in ended:
        publication.dynacast.stop()
        publisher.context.notices.unpublished(publisher, publication.info, now)
        publisher.room.forget_track(publication.info.sid)
    publisher.version += 1
    publisher.room.announce(publisher)
    publisher.room.reconsider(publisher, now)
    publisher.refresh_forwards(now)


def tell_end(publisher: "Participant", now: float) -> None:
    """It leaves: its tracks end with it."""
    for publication in publisher.publications.live.values():
        publisher.context.notices.unpublished(publisher, publication.info, now)


def mute(publisher: "Participant", track: str, muted: bool, now: float) -> None:
    info = publisher.publications.find(track)
    if info is None or info.muted == muted:
        return
    info.muted = muted
    publication = publisher.publications.live.get(track)
    if publication is None:
        return  # nobody knows of it yet
    publisher.context.commands.append(MutePublication(track=track, muted=muted))
    publisher.announce(now)
    if publication.kind is Kind.VIDEO and not muted:
        tell_wanted(publisher.room, publication)


def revoke(publisher: "Participant", track: str, now: float) -> None:
    """The right to publish it is gone."""
    publisher.connection.remove_publication(track, now)
    publisher.send(messages.track_unpublished(track))


def receive_start(publisher: "Participant", track: str, mime: str, now: float) -> None:
    """Media flows; its payload type tells which of the negotiated codecs it is."""
    info = publisher.publications.find(track)
    if info is not None and mime and info.mime_type.lower() != mime:
        info.mime_type = mime
        publisher.announce(now)


def weigh(room: "Room", publication: Publication, now: float) -> None:
    """Dynacast: tell the publisher when the highest wanted layer has changed."""
    publisher = room.participants.get(publication.publisher)
    if publisher is None or publication.kind is not Kind.VIDEO:
        return
    if publication.info.sid not in publisher.publications.live:
        return
    if publisher.source is not None:
        _weigh_source(publisher.source, publication, now)
        return
    if publication.dynacast.want(_highest_wanted(room, publication)):
        tell_wanted(room, publication)
    if publication.dynacast.must_wait:
        when = now + room.context.config.timers.quality_lowering
        settle = room.context.timers.at(when, lambda _: _settle(room, publication))
        publication.dynacast.wait(settle)


def _weigh_source(source: "Participant", forwarded: Publication, now: float) -> None:
    """Who sends it is somewhere else."""
    original = source.publications.live.get(forwarded.info.sid)
    if original is not None:
        weigh(source.room, original, now)


def tell_wanted(room: "Room", publication: Publication) -> None:
    """Nothing while muted; the word is said again at the unmute."""
    publisher = room.participants.get(publication.publisher)
    if publisher is not None and not publication.info.muted:
        codec = publication.info.mime_type.lower().removeprefix("video/")
        told = publication.dynacast.told
        publisher.send(messages.subscribed_quality(publication.info.sid, codec, told))


def _settle(room: "Room", publication: Publication) -> None:
    if publication.dynacast.settle():
        tell_wanted(room, publication)


def _highest_wanted(room: "Room", publication: Publication) -> int:
    track = publication.info.sid
    publisher = room.participants[publication.publisher]
    rooms = [room, *(forwarded.room for forwarded in publisher.forwards)]
    wanted = (p.subscriptions.active.get(track) for r in rooms for p in r.participants.values())
    return max(
        (s.quality for s in wanted if s is not None and not s.settings.disabled), default=NONE
    )


def may_publish(publisher: "Participant", source: models.TrackSource) -> bool:
    """By the token (LiveKit)."""
    allowed = publisher.grant.can_publish_sources
    name = models.TrackSource.Name(source).lower() if source in _SOURCES else ""
    return publisher.grant.may_publish and (not allowed or name in allowed)


_SOURCES = frozenset(models.TrackSource.values())
