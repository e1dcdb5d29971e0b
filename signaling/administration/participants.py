"""See, change and remove participants, and act for them (LiveKit)."""

from dataclasses import replace
from typing import Protocol

from livekit.protocol import models, room, rtc

from signaling import publisher, subscriber
from signaling.administration.failure import Code, Failure, participant_not_found, refused
from signaling.administration.permission import granted, permit
from signaling.admission import Refused, attributes_size
from signaling.conference import Conference
from signaling.messages import Action
from signaling.participant import Participant
from signaling.requests.connection import tracks_of


class Named(Protocol):
    """A request that names a participant."""

    @property
    def room(self) -> str: ...
    @property
    def identity(self) -> str: ...


def find(conference: Conference, named: Named) -> Participant:
    """Raises Failure."""
    found = conference.rooms.get(named.room)
    participant = None if found is None else found.identities.get(named.identity)
    if participant is None:
        raise participant_not_found()
    return participant


def find_own(conference: Conference, named: Named) -> Participant:
    """One that is really there, and not forwarded. Raises Failure."""
    participant = find(conference, named)
    if participant.source is not None:
        raise Failure(Code.FAILED_PRECONDITION, "participant is forwarded from another room")
    return participant


def list_all(
    conference: Conference, request: room.ListParticipantsRequest, now: float
) -> room.ListParticipantsResponse:
    """Hidden ones too; nobody in a room that is not there (LiveKit)."""
    found = conference.rooms.get(request.room)
    present = [] if found is None else [p.info() for p in found.participants.values()]
    return room.ListParticipantsResponse(participants=present)


def get(
    conference: Conference, request: room.RoomParticipantIdentity, now: float
) -> models.ParticipantInfo:
    return find(conference, request).info()


def remove(
    conference: Conference, request: room.RoomParticipantIdentity, now: float
) -> room.RemoveParticipantResponse:
    """Its token stays good unless `revoke_token_ts` says since when one must be (LiveKit)."""
    participant = find(conference, request)
    if request.revoke_token_ts > 0:
        conference.revocations.revoke(request.room, request.identity, request.revoke_token_ts)
    reason = models.DisconnectReason.PARTICIPANT_REMOVED
    participant.end_session(reason, Action.DISCONNECT)
    participant.end(reason, now)
    return room.RemoveParticipantResponse()


def update(
    conference: Conference, request: room.UpdateParticipantRequest, now: float
) -> models.ParticipantInfo:
    """What is empty stays, an attribute with an empty value goes."""
    participant = find_own(conference, request)
    merged = {**participant.claims.attributes, **request.attributes}
    if attributes_size(merged) > participant.context.config.limits.attributes_size:
        raise Failure(Code.INVALID_ARGUMENT, "attribute size exceeds limits")
    grant = participant.grant
    if request.HasField("permission"):
        grant = granted(grant, request.permission)
    after = replace(participant.claims, attributes=merged, video=grant)
    try:
        conference.guard.check_change(participant.room.name, participant.claims, after)
    except Refused as by:
        raise refused(by) from None
    if request.name or request.metadata or request.attributes:
        participant.set_own_fields(request.name, request.metadata, request.attributes)
        participant.announce(now)
    if request.HasField("permission"):
        permit(participant, request.permission, now)
    participant.send_token(now)
    return participant.info()


def mute(
    conference: Conference, request: room.MuteRoomTrackRequest, now: float
) -> room.MuteRoomTrackResponse:
    """The publisher mutes when it is told; a track that is not its own changes nothing."""
    participant = find_own(conference, request)
    if not request.muted and not participant.context.config.room.enable_remote_unmute:
        raise Failure(Code.FAILED_PRECONDITION, "remote unmute not enabled")
    told = rtc.MuteTrackRequest(sid=request.track_sid, muted=request.muted)
    participant.send(rtc.SignalResponse(mute=told))
    publisher.mute(participant, request.track_sid, request.muted, now)
    info = participant.publications.find(request.track_sid)
    return room.MuteRoomTrackResponse(track=info)


def subscribe(
    conference: Conference, request: room.UpdateSubscriptionsRequest, now: float
) -> room.UpdateSubscriptionsResponse:
    participant = find_own(conference, request)
    wanted = rtc.UpdateSubscription(
        track_sids=request.track_sids, participant_tracks=request.participant_tracks
    )
    subscriber.ask(participant, tracks_of(wanted), request.subscribe, now)
    subscriber.reconsider(participant, now)
    return room.UpdateSubscriptionsResponse()
