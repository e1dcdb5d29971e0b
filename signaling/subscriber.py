"""Keep what a participant receives in step with what it wants and what publishers allow."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from sfu.commands import UpdateSubscription
from sfu.media import Kind
from signaling import datatracks, hearing, messages
from signaling.allowing import is_allowed
from signaling.publications import Publication
from signaling.publisher import weigh
from signaling.subscriptions import Subscription, apply_settings

if TYPE_CHECKING:
    from signaling.participant import Participant

MAX_TRACKS = 1000  # in one request


def reconsider(participant: "Participant", now: float) -> None:
    """Something has changed: tracks, wishes, or permissions."""
    for publication in change(participant, now):
        weigh(participant.room, publication, now)


def change(participant: "Participant", now: float) -> list[Publication]:
    """The same without `weigh`, which whoever changes many subscribers does once for all: the
    publications that are to be weighed."""
    before = set(participant.subscriptions.active)
    wanted = _wanted(participant)
    if participant.is_deaf:  # what ends does so at once, and nothing begins
        wanted = [publication for publication in wanted if publication.info.sid in before]
    datatracks.reconsider(participant, may_begin=not participant.is_deaf)
    ended = participant.subscriptions.replace(wanted)
    begun = participant.subscriptions.active.keys() - before
    if not ended and not begun:
        return []
    for subscription in ended:
        _tell_silence(participant, subscription)
        participant.failures.bind(subscription.publication.info.sid)
    for track in begun:
        participant.failures.subscribe(track, now)
    participant.connection.change_wishes(now)
    changed = [s.publication for s in ended]
    changed += [participant.subscriptions.active[track].publication for track in begun]
    return changed


def bind(participant: "Participant", track: str) -> None:
    """A track has got its media section: it flows from here on."""
    subscription = participant.subscriptions.active.get(track)
    if subscription is None or subscription.is_bound:
        return
    publisher = subscription.publication.publisher
    if publisher not in participant.subscriptions.sources():
        hearing.introduce(participant, publisher)
    subscription.is_bound = True
    participant.failures.bind(track)
    speaker = participant.room.speakers.get(subscription.publication.publisher)
    if speaker is not None and subscription.publication.kind is Kind.AUDIO:
        participant.send(messages.speakers([speaker]))
    _tell_publisher(participant, subscription)


def pause(participant: "Participant", track: str, is_paused: bool) -> None:
    """The media plane has no bandwidth for a track, or has some again."""
    subscription = participant.subscriptions.active.get(track)
    if subscription is None or subscription.is_paused == is_paused:
        return
    subscription.is_paused = is_paused
    subscription.has_paused = True
    participant.send(messages.stream_states([subscription]))


def tell_states(participant: "Participant") -> None:
    """Again after a resume: what was said meanwhile is lost."""
    changed = [s for s in participant.subscriptions.active.values() if s.has_paused]
    if changed:
        participant.send(messages.stream_states(changed))


def refuse(participant: "Participant", track: str, now: float) -> None:
    """The client cannot decode it: perhaps there is another codec of it, or may be soon."""
    subscription = participant.subscriptions.active.get(track)
    backup = None if subscription is None else subscription.publication.backup
    if subscription is not None and backup is not None and subscription.media != backup.track:
        if not subscription.lacks_codec:
            subscription.lacks_codec = True
            weigh(participant.room, subscription.publication, now)
            if backup.is_live:
                participant.connection.change_wishes(now)
            else:
                _await_backup(participant, subscription, now)
        return
    _tell_unsupported(participant, track)


def _await_backup(participant: "Participant", subscription: Subscription, now: float) -> None:
    """Not every publisher sends its second codec when it is asked to."""
    track = subscription.publication.info.sid

    def check(_: float) -> None:
        is_same = participant.subscriptions.active.get(track) is subscription
        if is_same and subscription.lacks_codec and subscription.media == track:
            _tell_unsupported(participant, track)

    when = now + participant.context.config.timers.second_codec
    participant.context.timers.at(when, check)


def _tell_unsupported(participant: "Participant", track: str) -> None:
    participant.failures.bind(track)
    error = models.SubscriptionError.SE_CODEC_UNSUPPORTED
    participant.send(messages.subscription_error(track, error))


def change_settings(
    participant: "Participant", request: rtc.UpdateTrackSettings, now: float
) -> None:
    for track in distinct(request.track_sids):
        apply_settings(participant.subscriptions.settings(track), request)
        _settings_changed(participant, track, now)


def ask(participant: "Participant", tracks: Iterable[str], wanted: bool, now: float) -> None:
    """The client's word on some tracks, which may not be there yet."""
    known = {publication.info.sid for publication in participant.room.publications()}
    for track in distinct(tracks):
        if not participant.subscriptions.ask(track, wanted):
            return
        if wanted and track not in known:
            _expect(participant, track, now)


def distinct(tracks: Iterable[str]) -> list[str]:
    """As many as a request can have meant."""
    return list(dict.fromkeys(islice(tracks, MAX_TRACKS)))


def disable(participant: "Participant", track: str, now: float) -> None:
    participant.subscriptions.settings(track).disabled = True
    _settings_changed(participant, track, now)


def _settings_changed(participant: "Participant", track: str, now: float) -> None:
    """Tell the media plane how much of a track the client wants, and its publisher perhaps."""
    subscription = participant.subscriptions.active.get(track)
    if subscription is None:
        return
    participant.context.commands.append(
        UpdateSubscription(
            peer=participant.sid,
            track=subscription.media,
            disabled=subscription.settings.disabled,
            quality=subscription.quality,
            fps=subscription.settings.fps,
        )
    )
    weigh(participant.room, subscription.publication, now)


def tell_publishers(participant: "Participant") -> None:
    """The participant is connected: what it is subscribed to reaches it now."""
    for subscription in participant.subscriptions.active.values():
        _tell_publisher(participant, subscription)


def _wanted(participant: "Participant") -> list[Publication]:
    if not participant.grant.may_subscribe:
        return []
    publishers = participant.room.participants
    return [
        publication
        for publication in participant.room.publications()
        if publication.publisher != participant.sid
        and participant.subscriptions.wants(publication.info.sid)
        and is_allowed(participant, publishers[publication.publisher], publication.info.sid)
    ]


def _expect(participant: "Participant", track: str, now: float) -> None:
    """A client may hear of a track before we do, but not for ever."""
    subscriptions = participant.subscriptions
    if track in subscriptions.expected:
        return
    subscriptions.expected.add(track)

    def check(now: float) -> None:
        subscriptions.expected.discard(track)
        if track in subscriptions.active or not subscriptions.wants(track):
            return
        subscriptions.forget(track)
        error = models.SubscriptionError.SE_TRACK_NOTFOUND
        participant.send(messages.subscription_error(track, error))

    when = now + participant.context.config.timers.track_not_found
    participant.context.timers.at(when, check)


def _tell_publisher(participant: "Participant", subscription: Subscription) -> None:
    """Once per track, when the first visible subscriber is there (LiveKit)."""
    publication = subscription.publication
    is_there = subscription.is_bound and participant.is_active and not participant.is_hidden
    if not is_there or publication.has_told_subscribed:
        return
    publication.has_told_subscribed = True
    publisher = participant.room.participants.get(publication.publisher)
    if publisher is not None:
        told = rtc.TrackSubscribed(track_sid=publication.info.sid)
        publisher.send(rtc.SignalResponse(track_subscribed=told))


def _tell_silence(participant: "Participant", subscription: Subscription) -> None:
    """Whoever is not heard any more does not speak, as far as this client knows."""
    sid = subscription.publication.publisher
    if subscription.publication.kind is Kind.AUDIO and sid in participant.room.speakers:
        participant.send(messages.speakers([models.SpeakerInfo(sid=sid, level=0, active=False)]))
