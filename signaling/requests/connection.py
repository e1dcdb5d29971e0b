"""Requests about the connection itself: descriptions, candidates, resume, leaving."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from signaling import datatracks, subscriber
from signaling.messages import Action

if TYPE_CHECKING:
    from signaling.participant import Participant


Reason = models.DisconnectReason
OWN_REASONS = {Reason.USER_UNAVAILABLE, Reason.USER_REJECTED, Reason.AGENT_ERROR}


def offer(participant: "Participant", request: rtc.SessionDescription, now: float) -> None:
    participant.connection.receive_offer(request, now)


def answer(participant: "Participant", request: rtc.SessionDescription, now: float) -> None:
    participant.connection.receive_answer(request, now)


def trickle(participant: "Participant", request: rtc.TrickleRequest, now: float) -> None:
    """A lite agent needs no candidates: it learns addresses from checks (RFC 8445, 2.5)."""


def leave(participant: "Participant", request: rtc.LeaveRequest, now: float) -> None:
    """The client may say why, within limits, and is told that it is out (LiveKit)."""
    reason = request.reason if request.reason in OWN_REASONS else Reason.CLIENT_INITIATED
    participant.end_session(reason, Action.DISCONNECT)
    participant.end(reason, now)


def sync_state(participant: "Participant", request: rtc.SyncState, now: float) -> None:
    """After a resume: what the client believes. It begins anew if that cannot be true."""
    for published in request.publish_tracks:
        if participant.publications.find(published.track.sid) is None:
            participant.restart(now)
            return
    for data in request.publish_data_tracks:
        if not participant.data_publications.has(data.info.sid):
            participant.restart(now)
            return
    datatracks.ask(participant, request.data_subscription.updates)
    if request.HasField("subscription"):
        wanted = request.subscription
        subscriber.ask(participant, tracks_of(wanted), wanted.subscribe, now)
    for track in subscriber.distinct(request.track_sids_disabled):
        subscriber.disable(participant, track, now)
    subscriber.reconsider(participant, now)


def tracks_of(request: rtc.UpdateSubscription) -> Iterator[str]:
    """Tracks are named alone or with their publisher; both lists count."""
    yield from request.track_sids
    for entry in islice(request.participant_tracks, subscriber.MAX_TRACKS):
        yield from entry.track_sids
