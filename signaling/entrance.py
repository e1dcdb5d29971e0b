"""A participant's first messages: a join's, and a resume's (LiveKit)."""

from functools import partial

from livekit.protocol import models, rtc

from signaling import datatracks, messages, subscriber
from signaling.admission import Admission, Refused
from signaling.context import Context
from signaling.fallback import Protocol
from signaling.messages import Action
from signaling.participant import Participant, State, is_counted
from signaling.requests.connection import sync_state
from signaling.requests.tracks import add_track
from signaling.returning import Return
from signaling.room import Room
from signaling.rules import may_publish
from signaling.session import Session
from signaling.tokens import Claims, VideoGrant

Reason = models.DisconnectReason


def enter(room: Room, admitted: Admission, sid: str, now: float) -> Session:
    """The JoinResponse is ready; `begin` of the session does the rest, the answer first."""
    make_space(room, admitted.claims, admitted.grant, now)
    participant = Participant(room.context, room, admitted, sid, now)
    room.add(participant, now)
    session = Session(room.context, participant)
    participant.attach(session, now)
    participant.state = State.JOINED
    participant.send(_join_response(participant, now))
    is_deaf = room.returns.is_deaf(participant.identity, participant.client, now)
    session.opening = partial(_open, participant, admitted.request, is_deaf)
    return session


def _open(participant: Participant, request: rtc.JoinRequest, is_deaf: bool, now: float) -> None:
    """Nothing here waits for the media plane."""
    subscriber.reconsider(participant, now)
    if is_deaf:
        participant.keep_news(now)
    for track in request.add_track_requests:
        add_track(participant, track, now)
    if request.HasField("publisher_offer"):
        participant.connection.receive_offer(request.publisher_offer, now)
    participant.connection.open(now)
    participant.send_token(now)
    participant.room.introduce(participant, now)


def resume(context: Context, room: Room | None, admitted: Admission, now: float) -> Session:
    """Another signaling connection for a participant that is still here."""
    participant = None if room is None else room.identities.get(admitted.claims.identity)
    if participant is None or not _fits(participant, admitted):
        session = Session(context, None)
        session.send(messages.leave(Reason.STATE_MISMATCH, Action.RECONNECT))
        session.finish()
        return session
    session = Session(context, participant)
    if participant.accidents.silence(now):
        participant.attach(session, now)
        session.finish()
        participant.detach(session, now)
    else:
        welcome = partial(_welcome_back, participant, session, admitted.request)
        participant.await_return(Return(session, welcome))
    return session


def _welcome_back(
    participant: Participant,
    session: Session,
    request: rtc.JoinRequest,
    sequence: int,
    now: float,
) -> None:
    missed_since = participant.last_heard
    participant.attach(session, now)
    participant.lifecycle.resume(now)
    participant.failures.listen(now)
    _tell_all(participant, missed_since, sequence, now)
    if participant.accidents.cut(now):
        session.finish()
        participant.detach(session, now)
        return
    if request.HasField("sync_state"):
        sync_state(participant, request.sync_state, now)
    if request.HasField("publisher_offer"):
        participant.connection.receive_offer(request.publisher_offer, now)
    participant.connection.resume(now)
    subscriber.tell_states(participant)
    if participant.data_subscriptions.active:
        datatracks.tell_handles(participant)
    participant.send_token(now)


def make_space(room: Room, claims: Claims, grant: VideoGrant, now: float) -> None:
    """The same identity takes its own place; others need a free one. Raises Refused."""
    previous = room.identities.get(claims.identity)
    if previous is not None:
        previous.end_session(Reason.DUPLICATE_IDENTITY, Action.DISCONNECT)
        room.remove(previous, Reason.DUPLICATE_IDENTITY, now, is_replaced=not grant.hidden)
    elif is_counted(claims, grant) and not room.has_space():
        raise Refused(503, "room has exceeded its max participants")


def _fits(participant: Participant, admitted: Admission) -> bool:
    """Same session, same kind of connection."""
    sid = admitted.request.participant_sid
    if participant.source is not None:
        return False  # it is in another room
    return sid in ("", participant.sid) and admitted.single == participant.is_single


def _join_response(participant: Participant, now: float) -> rtc.SignalResponse:
    context, room = participant.context, participant.room
    config = context.config
    is_dual = not participant.is_single
    return rtc.SignalResponse(
        join=rtc.JoinResponse(
            room=room.info(),
            participant=participant.info(),
            other_participants=room.seen_by(participant),
            server_version=config.version,
            server_region=config.region,
            server_info=messages.server_info(config, context.node.node_id),
            ice_servers=_ice_servers(participant, now),
            subscriber_primary=is_dual and participant.grant.may_subscribe,
            client_configuration=_client_configuration(participant),
            ping_timeout=config.timers.ping_timeout,
            ping_interval=config.timers.ping_interval,
            sif_trailer=room.sif_trailer,
            enabled_publish_codecs=_publish_codecs(participant),
            fast_publish=participant.grant.may_publish and participant.way.protocol == Protocol.UDP,
        )
    )


def _publish_codecs(participant: Participant) -> list[models.Codec]:
    codecs = may_publish(participant.context.config.room.enabled_codecs, participant.rules)
    return [models.Codec(mime=codec.mime, fmtp_line=codec.fmtp) for codec in codecs]


def _ice_servers(participant: Participant, now: float) -> list[rtc.ICEServer]:
    context = participant.context
    return messages.ice_servers(
        context.config, participant.sid, context.unix(now), by_tls=participant.way.needs_relay
    )


def _client_configuration(participant: Participant) -> models.ClientConfiguration | None:
    """Which codecs the client had better not publish, and whether it shall use the relay."""
    rules = participant.rules
    has_rules = bool(rules.no_publish or rules.barred)
    if not has_rules and not participant.way.needs_relay:
        return None
    disabled = models.DisabledCodecs(
        codecs=[models.Codec(mime=mime) for mime in rules.barred],
        publish=[models.Codec(mime=mime) for mime in rules.no_publish],
    )
    setting = models.ClientConfigSetting
    relay = setting.ENABLED if participant.way.needs_relay else setting.UNSET
    return models.ClientConfiguration(
        disabled_codecs=disabled if has_rules else None, force_relay=relay
    )


def _tell_all(participant: Participant, missed_since: float, sequence: int, now: float) -> None:
    """The order is the protocol's: whoever is missing from the snapshot counts as gone."""
    context, room = participant.context, participant.room
    participant.send(
        rtc.SignalResponse(
            reconnect=rtc.ReconnectResponse(
                ice_servers=_ice_servers(participant, now),
                client_configuration=_client_configuration(participant),
                server_info=messages.server_info(context.config, context.node.node_id),
                last_message_seq=sequence,
            )
        )
    )
    gone = [departed.info for departed in room.departed if departed.at >= missed_since]
    for response in messages.updates(gone, context.config):
        participant.send(response)
    for response in messages.updates(
        [participant.info(), *room.seen_by(participant)], context.config
    ):
        participant.send(response)
    participant.send(messages.room_update(room.info()))
