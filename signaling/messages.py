"""Build the responses that have more to them than one field, and read and write frames."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from livekit.protocol import models, rtc

from signaling import protojson
from signaling.config import IceServer, SignalingConfig
from signaling.errors import SignalingError
from signaling.fallback import is_by_tls
from signaling.protojson import JsonError
from signaling.tokens import VideoGrant
from turn.credentials import mint_by_key, mint_by_secret

if TYPE_CHECKING:
    from signaling.subscriptions import Subscription


Reason = rtc.RequestResponse.Reason
Action = rtc.LeaveRequest.Action
AGENT_PROTOCOL = 1


class FrameError(SignalingError):
    """Not a SignalRequest."""


def decode_frame(data: bytes | str) -> rtc.SignalRequest:
    """Binary frames are protobuf, text frames proto-JSON (LiveKit)."""
    try:
        if isinstance(data, str):
            return protojson.parse(data, rtc.SignalRequest())
        return rtc.SignalRequest.FromString(data)
    except (DecodeError, JsonError, ValueError) as error:
        raise FrameError(f"{type(error).__name__} in a frame of {len(data)}") from None


def encode_text(response: Message) -> str:
    return json_format.MessageToJson(response, indent=None)


def permission(grant: VideoGrant) -> models.ParticipantPermission:
    sources = models.TrackSource.keys()
    return models.ParticipantPermission(
        can_subscribe=grant.may_subscribe,
        can_publish=grant.may_publish,
        can_publish_data=grant.may_publish_data,
        can_publish_sources=[s.upper() for s in grant.can_publish_sources if s.upper() in sources],
        hidden=grant.hidden,
        recorder=grant.recorder,
        can_update_metadata=grant.can_update_own_metadata,
        agent=grant.agent,
        can_subscribe_metrics=grant.can_subscribe_metrics,
        can_manage_agent_session=grant.can_manage_agent_session,
    )


def server_info(config: SignalingConfig, node_id: str) -> models.ServerInfo:
    return models.ServerInfo(
        edition=models.ServerInfo.Standard,
        version=config.version,
        protocol=config.protocol,
        region=config.region,
        node_id=node_id,
        agent_protocol=AGENT_PROTOCOL,
    )


def ice_servers(
    config: SignalingConfig, sid: str, unix: float, *, by_tls: bool = False
) -> list[rtc.ICEServer]:
    """For the participant of this sid; `unix` is the wall clock. `by_tls`: no others."""
    servers = [_ice_server(server, sid, unix) for server in config.ice_servers]
    relay = config.relay
    if relay is not None:
        pair = mint_by_key(relay.key, relay.secret, sid, int(unix + relay.ttl))
        servers.append(
            rtc.ICEServer(urls=relay.urls, username=pair.username, credential=pair.password)
        )
    if not by_tls:
        return servers
    for server in servers:
        server.urls[:] = filter(is_by_tls, server.urls)
    return [server for server in servers if server.urls]


def _ice_server(server: IceServer, sid: str, unix: float) -> rtc.ICEServer:
    username, credential = server.username, server.credential
    if server.secret:
        username, credential = mint_by_secret(server.secret, sid, int(unix + server.ttl))
    return rtc.ICEServer(urls=server.urls, username=username, credential=credential)


def update(participants: Iterable[models.ParticipantInfo]) -> rtc.SignalResponse:
    return rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=participants))


def updates(
    participants: Iterable[models.ParticipantInfo], config: SignalingConfig
) -> list[rtc.SignalResponse]:
    """In messages of bounded size; what alone is larger has one to itself."""
    chunks: list[list[models.ParticipantInfo]] = []
    room = 0  # bytes left in the last chunk
    for info in participants:
        size = info.ByteSize()
        if not chunks or size > room:
            chunks.append([])
            room = config.room.update_size
        chunks[-1].append(info)
        room -= size
    return [update(chunk) for chunk in chunks]


def room_update(room: models.Room) -> rtc.SignalResponse:
    return rtc.SignalResponse(room_update=rtc.RoomUpdate(room=room))


def leave(reason: models.DisconnectReason, action: rtc.LeaveRequest.Action) -> rtc.SignalResponse:
    """`can_reconnect` is what clients read that do not know `action` (protocol <= 12)."""
    return rtc.SignalResponse(
        leave=rtc.LeaveRequest(
            can_reconnect=action != Action.DISCONNECT, reason=reason, action=action
        )
    )


def description(
    kind: str, sdp: str, number: int, mid_to_track_id: Mapping[str, str]
) -> rtc.SessionDescription:
    """`kind` is "offer" or "answer"; an answer carries its offer's number."""
    return rtc.SessionDescription(type=kind, sdp=sdp, id=number, mid_to_track_id=mid_to_track_id)


def track_published(cid: str, track: models.TrackInfo) -> rtc.SignalResponse:
    return rtc.SignalResponse(track_published=rtc.TrackPublishedResponse(cid=cid, track=track))


def track_unpublished(track: str) -> rtc.SignalResponse:
    return rtc.SignalResponse(track_unpublished=rtc.TrackUnpublishedResponse(track_sid=track))


def requirement(audios: int, videos: int) -> rtc.SignalResponse:
    """Ask a v1 client for an offer with that many more sections to receive on."""
    return rtc.SignalResponse(
        media_sections_requirement=rtc.MediaSectionsRequirement(
            num_audios=audios, num_videos=videos
        )
    )


def subscription_error(track: str, error: models.SubscriptionError) -> rtc.SignalResponse:
    return rtc.SignalResponse(
        subscription_response=rtc.SubscriptionResponse(track_sid=track, err=error)
    )


def stream_states(subscriptions: "Iterable[Subscription]") -> rtc.SignalResponse:
    """Which of them the media plane has paused (LiveKit)."""
    return rtc.SignalResponse(
        stream_state_update=rtc.StreamStateUpdate(
            stream_states=[
                rtc.StreamStateInfo(
                    participant_sid=one.publication.publisher,
                    track_sid=one.publication.info.sid,
                    state=rtc.StreamState.PAUSED if one.is_paused else rtc.StreamState.ACTIVE,
                )
                for one in subscriptions
            ]
        )
    )


def allowed(publisher: str, track: str, is_allowed: bool) -> rtc.SignalResponse:
    return rtc.SignalResponse(
        subscription_permission_update=rtc.SubscriptionPermissionUpdate(
            participant_sid=publisher, track_sid=track, allowed=is_allowed
        )
    )


def speakers(changed: Iterable[models.SpeakerInfo]) -> rtc.SignalResponse:
    return rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=changed))


def refusal(
    reason: rtc.RequestResponse.Reason,
    message: str = "",
    *,
    request_id: int = 0,
    add_track: rtc.AddTrackRequest | None = None,
    mute: rtc.MuteTrackRequest | None = None,
    update_metadata: rtc.UpdateParticipantMetadata | None = None,
    update_audio_track: rtc.UpdateLocalAudioTrack | None = None,
    update_video_track: rtc.UpdateLocalVideoTrack | None = None,
    publish_data_track: rtc.PublishDataTrackRequest | None = None,
    unpublish_data_track: rtc.UnpublishDataTrackRequest | None = None,
) -> rtc.SignalResponse:
    """The answer to a request, which goes back with it. Reason OK says that it was done."""
    return rtc.SignalResponse(
        request_response=rtc.RequestResponse(
            request_id=request_id,
            reason=reason,
            message=message,
            add_track=add_track,
            mute=mute,
            update_metadata=update_metadata,
            update_audio_track=update_audio_track,
            update_video_track=update_video_track,
            publish_data_track=publish_data_track,
            unpublish_data_track=unpublish_data_track,
        )
    )


def subscribed_quality(track: str, highest: Mapping[str, int]) -> rtc.SignalResponse:
    """Dynacast: which layers anybody wants, by codec; -1 for none (LiveKit)."""
    codecs = [
        rtc.SubscribedCodec(
            codec=codec,
            qualities=[
                rtc.SubscribedQuality(quality=quality, enabled=quality <= wanted)
                for quality in (
                    models.VideoQuality.LOW,
                    models.VideoQuality.MEDIUM,
                    models.VideoQuality.HIGH,
                )
            ],
        )
        for codec, wanted in highest.items()
    ]
    return rtc.SignalResponse(
        subscribed_quality_update=rtc.SubscribedQualityUpdate(
            track_sid=track,
            subscribed_qualities=codecs[0].qualities,
            subscribed_codecs=codecs,
        )
    )


def subscribed_audio_codecs(track: str, highest: Mapping[str, int]) -> rtc.SignalResponse:
    """Which of a sound's codecs anybody wants (LiveKit)."""
    return rtc.SignalResponse(
        subscribed_audio_codec_update=rtc.SubscribedAudioCodecUpdate(
            track_sid=track,
            subscribed_audio_codecs=[
                models.SubscribedAudioCodec(codec=codec, enabled=wanted >= 0)
                for codec, wanted in highest.items()
            ],
        )
    )
