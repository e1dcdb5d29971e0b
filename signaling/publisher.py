"""Begin and end a participant's tracks, and tell it which of their layers anybody wants."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from livekit.protocol import models

from sfu.commands import MutePublication
from sfu.events import LayersChanged
from sfu.media import Kind
from signaling import messages
from signaling.backup import replaces, unwanted
from signaling.dynacast import NONE, Dynacast
from signaling.negotiation.outcome import Published
from signaling.publications import Publication
from signaling.trackinfo import name_streams, spelled

if TYPE_CHECKING:
    from signaling.participant import Participant
    from signaling.room import Room
    from signaling.subscriptions import Subscription


def begin_tracks(publisher: "Participant", published: Iterable[Published], now: float) -> None:
    """Announce first, then let the others subscribe."""
    publications = publisher.publications
    begun = []
    for one in published:
        if (backed := publications.confirm_backup(one)) is None:
            begun.append(publications.confirm(one))
        else:
            _begin_backup(publisher, backed, now)
    if not begun:
        return
    for number, publication in enumerate(begun):
        publication.is_synced = publisher.room.settings.sync_streams
        publication.adds_red = publisher.context.config.room.adds_red
        version = publication.info.version
        version.unix_micro, version.ticks = publisher.context.microseconds(now), number
    publisher.version += 1
    publisher.room.announce(publisher)
    publisher.room.reconsider(publisher, now)
    publisher.room.dispatches.published(publisher, now)
    for publication in begun:
        publisher.context.notices.published(publisher, publication.info, now)
        weigh(publisher.room, publication, now)
    publisher.refresh_forwards(now)


def end_tracks(publisher: "Participant", tracks: Iterable[str], now: float) -> None:
    ended = []
    for track in tracks:
        if (backed := publisher.publications.of_backup(track)) is not None:
            _end_backup(publisher, backed, now)
        elif (publication := publisher.publications.end(track)) is not None:
            ended.append(publication)
    if not ended:
        return
    for publication in ended:
        publication.stop()
        publisher.failures.settle(publication.info.sid)
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
    publisher.failures.change_mute(track, now)
    publication = publisher.publications.live.get(track)
    if publication is None:
        return  # nobody knows of it yet
    publisher.context.commands.append(MutePublication(track=track, muted=muted))
    if publication.backup is not None:
        publication.backup.info.muted = muted
        publisher.context.commands.append(MutePublication(publication.backup.track, muted))
    publisher.announce(now)
    if publication.kind is Kind.VIDEO and not muted:
        tell_wanted(publisher.room, publication)


def revoke(publisher: "Participant", track: str, now: float) -> None:
    """The right to publish it is gone."""
    publication = publisher.publications.live.get(track)
    publisher.connection.remove_publication(track, now)
    if publication is not None and publication.backup is not None:
        publisher.connection.remove_publication(publication.backup.track, now)
    publisher.send(messages.track_unpublished(track))


def receive_start(publisher: "Participant", track: str, mime: str, now: float) -> None:
    """Media flows; its payload type tells which of the negotiated codecs it is."""
    publisher.failures.settle(track)
    info = publisher.publications.find(track)
    if info is not None and mime and info.mime_type.lower() != mime:
        info.mime_type = spelled(mime)
        if len(info.codecs) == 1:
            info.codecs[0].mime_type = info.mime_type
        publisher.announce(now)
    publication = publisher.publications.live.get(track)
    if publication is None:
        return
    if mime and mime not in publication.mimes:
        publication.mimes = [mime]
        for _, subscription in _subscriptions(publisher.room, publication):
            subscription.lacks_codec = False
        _change_codec(publisher, publication, now)
    if publication.kind is Kind.VIDEO or publication.backup is not None:
        timers = publisher.context.config.timers
        publication.repeats = [
            publisher.context.timers.at(
                now + after, partial(_repeat_wanted, publisher, publication)
            )
            for after in timers.quality_repeats
        ]


def receive_layers(publisher: "Participant", event: LayersChanged) -> None:
    """Which SSRCs its layers have. Nobody needs to be told at once (LiveKit)."""
    if (publication := publisher.publications.live.get(event.track)) is not None:
        info = publication.info
        name_streams(info.codecs[0], event.streams)
        if info.layers:
            info.layers.clear()
            info.layers.extend(info.codecs[0].layers)
    elif (backed := publisher.publications.of_backup(event.track)) is not None:
        name_streams(backed.info.codecs[1], event.streams)


def _repeat_wanted(publisher: "Participant", publication: Publication, _: float) -> None:
    """Unless it is what clients begin with anyway."""
    if any(dynacast.is_unusual for dynacast in publication.dynacasts):
        tell_wanted(publisher.room, publication)


def weigh(room: "Room", publication: Publication, now: float) -> None:
    """Dynacast: tell the publisher when the highest wanted layer has changed."""
    publisher = room.participants.get(publication.publisher)
    if publisher is None or (publication.kind is not Kind.VIDEO and publication.backup is None):
        return
    if publication.info.sid not in publisher.publications.live:
        return
    if publisher.source is not None:
        _weigh_source(publisher.source, publication, now)
        return
    wanted = _highest_wanted(room, publication)
    pairs = list(zip(publication.dynacasts, wanted, strict=False))
    if any([dynacast.want(quality) for dynacast, quality in pairs]):
        tell_wanted(room, publication)
    for dynacast, _ in pairs:
        if dynacast.must_wait:
            when = now + room.context.config.timers.quality_lowering
            settle = partial(_settle, room, publication, dynacast)
            dynacast.wait(room.context.timers.at(when, settle))


def _weigh_source(source: "Participant", forwarded: Publication, now: float) -> None:
    """Who sends it is somewhere else."""
    original = source.publications.live.get(forwarded.info.sid)
    if original is not None:
        weigh(source.room, original, now)


def tell_wanted(room: "Room", publication: Publication) -> None:
    """Nothing while muted; the word is said again at the unmute."""
    publisher = room.participants.get(publication.publisher)
    if publisher is not None and not publication.info.muted:
        told = {_codec(publication.info.mime_type): publication.dynacast.told}
        if (backup := publication.backup) is not None:
            told[_codec(backup.mime)] = backup.dynacast.told
        tell = messages.subscribed_quality
        if publication.kind is Kind.AUDIO:
            tell = messages.subscribed_audio_codecs
        publisher.send(tell(publication.info.sid, told))


def _codec(mime: str) -> str:
    return mime.lower().partition("/")[2]


def _settle(room: "Room", publication: Publication, dynacast: Dynacast, _: float) -> None:
    if dynacast.settle():
        tell_wanted(room, publication)


def _highest_wanted(room: "Room", publication: Publication) -> tuple[int, int]:
    """Of the first codec, and of the second."""
    first = second = NONE
    for _, subscription in _subscriptions(room, publication):
        if not subscription.settings.disabled:
            if subscription.backup is None:
                first = max(first, subscription.quality)
            else:
                second = max(second, subscription.quality)
    return first, second


def _subscriptions(
    room: "Room", publication: Publication
) -> "Iterator[tuple[Participant, Subscription]]":
    """All who get it, in whichever room."""
    publisher = room.participants[publication.publisher]
    for each in (room, *(forwarded.room for forwarded in publisher.forwards)):
        for participant in each.participants.values():
            subscription = participant.subscriptions.active.get(publication.info.sid)
            if subscription is not None:
                yield participant, subscription


def _begin_backup(publisher: "Participant", publication: Publication, now: float) -> None:
    """A track's second codec is sent now, for some or for all."""
    room, backup = publisher.room, publication.backup
    assert backup is not None
    threshold = room.context.config.room.regression_threshold
    backup.replaces = replaces(publication.info, len(room.participants), threshold)
    publisher.announce(now)
    _change_codec(publisher, publication, now)


def _end_backup(publisher: "Participant", publication: Publication, now: float) -> None:
    """Whoever cannot do without it gets nothing; should it be asked for again, it is told so."""
    backup = publication.backup
    assert backup is not None
    backup.is_live = backup.replaces = False
    backup.dynacast.stop()
    backup.dynacast = unwanted()
    _change_codec(publisher, publication, now)


def _change_codec(publisher: "Participant", publication: Publication, now: float) -> None:
    for participant, _ in list(_subscriptions(publisher.room, publication)):
        participant.connection.change_wishes(now)
    weigh(publisher.room, publication, now)


def may_publish(publisher: "Participant", source: models.TrackSource) -> bool:
    """By the token (LiveKit)."""
    allowed = publisher.grant.can_publish_sources
    name = models.TrackSource.Name(source).lower() if source in _SOURCES else ""
    return publisher.grant.may_publish and (not allowed or name in allowed)


_SOURCES = frozenset(models.TrackSource.values())
