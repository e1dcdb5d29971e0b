"""Requests about what the client publishes (LiveKit)."""

from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from signaling import messages, publisher
from signaling.messages import Reason, refusal
from signaling.trackinfo import add_codecs

if TYPE_CHECKING:
    from signaling.participant import Participant

MAX_SIZE = 16 * 1024  # bytes: everybody in the room gets most of it
TOO_MANY = "too many tracks in a short time"
MAX_CID = 256  # characters, of a request that is too large to be sent back


def add_track(participant: "Participant", request: rtc.AddTrackRequest, now: float) -> None:
    if request.ByteSize() > MAX_SIZE:
        named = rtc.AddTrackRequest(cid=request.cid[:MAX_CID])
        participant.send(refusal(Reason.LIMIT_EXCEEDED, add_track=named))
    elif request.sid:
        _add_codec(participant, request, now)
    elif not participant.may_publish_another(now):
        participant.send(refusal(Reason.LIMIT_EXCEEDED, TOO_MANY, add_track=request))
    else:
        participant.publish(request, now)
        participant.connection.receive_pending(now)


def mute(participant: "Participant", request: rtc.MuteTrackRequest, now: float) -> None:
    if participant.publications.find(request.sid) is None:
        participant.send(refusal(Reason.NOT_FOUND, mute=request))
    else:
        publisher.mute(participant, request.sid, request.muted, now)


def update_layers(participant: "Participant", request: rtc.UpdateVideoLayers, now: float) -> None:
    """Which layers flow shows in the packets."""


def update_audio_track(
    participant: "Participant", request: rtc.UpdateLocalAudioTrack, now: float
) -> None:
    info = participant.publications.find(request.track_sid)
    if info is None:
        participant.send(refusal(Reason.NOT_FOUND, update_audio_track=request))
        return
    features = sorted(set(request.features))
    if list(info.audio_features) == features:
        return
    del info.audio_features[:]
    info.audio_features.extend(features)
    info.stereo = models.AudioTrackFeature.TF_STEREO in features
    info.disable_dtx = models.AudioTrackFeature.TF_NO_DTX in features
    participant.announce(now)


def update_video_track(
    participant: "Participant", request: rtc.UpdateLocalVideoTrack, now: float
) -> None:
    info = participant.publications.find(request.track_sid)
    if info is None:
        participant.send(refusal(Reason.NOT_FOUND, update_video_track=request))
    elif (info.width, info.height) != (request.width, request.height):
        info.width, info.height = request.width, request.height
        participant.announce(now)


def _add_codec(participant: "Participant", request: rtc.AddTrackRequest, now: float) -> None:
    """A second codec for a track that exists (LiveKit)."""
    info = participant.publications.find(request.sid)
    if info is None:
        participant.send(refusal(Reason.NOT_FOUND, add_track=request))
        return
    publications = participant.publications
    publication = publications.live.get(request.sid)
    if publication is None or not publications.announce_backup(publication, request):
        add_codecs(info, request, participant.rules)
    participant.send(messages.track_published(request.cid, info))
    participant.connection.receive_pending(now)
