"""Bring a participant from one room into another.

LiveKit has this in its cloud alone; clients know it, and keep their connection. That works where
both rooms are on one media node. Elsewhere the client is told to connect anew, with a token for the
other room.
"""

from dataclasses import replace

from livekit.protocol import models, room, rtc

from sfu.commands import MovePeer
from signaling import entrance, subscriber
from signaling.administration import participants, rooms
from signaling.administration.failure import Code, Failure, refused
from signaling.admission import Admission, Refused
from signaling.conference import Conference
from signaling.forwarding import Forwarded
from signaling.messages import Action
from signaling.participant import Participant
from signaling.room import Room

Reason = models.DisconnectReason


def move(
    conference: Conference, request: room.MoveParticipantRequest, now: float
) -> room.MoveParticipantResponse:
    """The other room is made if there is none."""
    participant, destination = _find(conference, request, now)
    if not participant.is_reachable:
        raise Failure(Code.UNAVAILABLE, "participant is not connected at the moment")
    same = participant.identity in destination.identities
    if participant.is_counted and not same and not destination.has_space():
        raise Failure(Code.RESOURCE_EXHAUSTED, "room has exceeded its max participants")
    video = replace(participant.grant, room=destination.name)
    participant.grant = video
    participant.claims = replace(participant.claims, video=video)
    if destination.context is participant.context:
        _carry(participant, destination, now)
    else:
        _send_away(participant, now)
    return room.MoveParticipantResponse()


def forward(
    conference: Conference, request: room.ForwardParticipantRequest, now: float
) -> room.ForwardParticipantResponse:
    """Until it leaves, or is removed from the other room. Those there get its tracks."""
    participant, destination = _find(conference, request, now)
    if participant.identity in destination.identities:
        raise Failure(Code.ALREADY_EXISTS, "participant is in the destination room already")
    if destination.context is not participant.context:
        text = "the rooms are on different media nodes: move the participant instead"
        raise Failure(Code.FAILED_PRECONDITION, text)
    if participant.is_counted and not destination.has_space():
        raise Failure(Code.RESOURCE_EXHAUSTED, "room has exceeded its max participants")
    Forwarded(participant, destination, now).begin(now)
    return room.ForwardParticipantResponse()


def _find(
    conference: Conference,
    request: room.MoveParticipantRequest | room.ForwardParticipantRequest,
    now: float,
) -> tuple[Participant, Room]:
    """Who is meant, and the other room, near it when it must be made; they must be let in there.
    Raises Failure."""
    participant = participants.find_own(conference, request)
    grant = replace(participant.grant, room=request.destination_room)
    claims = replace(participant.claims, video=grant)
    coming = Admission(
        claims, grant, request.destination_room, participant.is_single, rtc.JoinRequest()
    )
    try:
        conference.ask_guard(coming)
    except Refused as by:
        raise refused(by) from None
    wanted = room.CreateRoomRequest(name=request.destination_room)
    return participant, rooms.open_room(conference, wanted, now, near=participant.context)


def _carry(participant: Participant, destination: Room, now: float) -> None:
    """Its connections, tracks and ids stay."""
    entrance.make_space(destination, participant.claims, participant.grant, now)
    participant.room.release(participant, now)
    participant.room = destination
    participant.joined_at = destination.context.milliseconds(now)
    participant.version += 1
    destination.context.commands.append(MovePeer(peer=participant.sid, room=destination.sid))
    destination.receive(participant, now)
    participant.send(
        rtc.SignalResponse(
            room_moved=rtc.RoomMovedResponse(
                room=destination.info(),
                token=participant.fresh_token(now),
                participant=participant.info(),
                other_participants=destination.seen_by(participant),
            )
        )
    )
    participant.send_token(now)
    destination.announce(participant)
    subscriber.reconsider(participant, now)
    destination.reconsider(participant, now)


def _send_away(participant: Participant, now: float) -> None:
    participant.send_token(now)
    participant.end_session(Reason.MIGRATION, Action.RECONNECT)
    participant.end(Reason.MIGRATION, now)
