"""How a track is described to everybody: from the request that announces it, and from its media.

The rules are LiveKit's.
"""

from collections.abc import Iterable, Sequence

from livekit.protocol import models, rtc

from sfu.events import LayerStream
from sfu.media import Encoding
from signaling.backup import Policy
from signaling.negotiation.encodings import LADDERS
from signaling.negotiation.outcome import ClientRules

_STREAMS = {
    models.TrackSource.CAMERA: "camera",
    models.TrackSource.MICROPHONE: "camera",
    models.TrackSource.SCREEN_SHARE: "screen",
    models.TrackSource.SCREEN_SHARE_AUDIO: "screen",
}

MAX_CODECS = 8  # of a track: everybody is told of each
USUAL = ClientRules()
_Mode = models.VideoLayer.Mode
_SVC = ("video/vp9", "video/av1")


def track_info(
    sid: str, request: rtc.AddTrackRequest, rules: ClientRules = USUAL
) -> models.TrackInfo:
    """As the client asks for it. The flags for stereo and DTX exist twice; both are filled."""
    features = set(request.audio_features)
    if request.stereo:
        features.add(models.AudioTrackFeature.TF_STEREO)
    if request.disable_dtx:
        features.add(models.AudioTrackFeature.TF_NO_DTX)
    info = models.TrackInfo(
        sid=sid,
        type=request.type,
        name=request.name,
        muted=request.muted,
        width=request.width,
        height=request.height,
        source=request.source,
        layers=lowest_first(request.layers),
        disable_dtx=models.AudioTrackFeature.TF_NO_DTX in features,
        stereo=models.AudioTrackFeature.TF_STEREO in features,
        disable_red=request.disable_red,
        encryption=request.encryption,
        stream=request.stream or _STREAMS.get(request.source, "unknown"),
        audio_features=sorted(features),
        backup_codec_policy=_policy(request),
        packet_trailer_features=sorted(set(request.packet_trailer_features)),
    )
    add_codecs(info, request, rules)
    if not info.codecs:
        layers = lowest_first(request.layers)
        info.codecs.add(cid=request.cid, layers=layers, video_layer_mode=_mode("", rules))
    info.simulcast = _is_simulcast(info)
    return info


def _is_simulcast(info: models.TrackInfo) -> bool:
    """Of its first codec: layers in one stream (SVC) are something else (LiveKit)."""
    first = info.codecs[0]
    return len(first.layers) > 1 and not is_svc(first)


def is_svc(codec: models.SimulcastCodecInfo) -> bool:
    """All its layers come in one stream."""
    return codec.video_layer_mode == _Mode.MULTIPLE_SPATIAL_LAYERS_PER_STREAM


def _mode(mime: str, rules: ClientRules) -> models.VideoLayer.Mode:
    if mime in _SVC:
        return _Mode.MULTIPLE_SPATIAL_LAYERS_PER_STREAM
    if rules.lacks_reports:
        return _Mode.ONE_SPATIAL_LAYER_PER_STREAM_INCOMPLETE_RTCP_SR
    return _Mode.ONE_SPATIAL_LAYER_PER_STREAM


def _policy(request: rtc.AddTrackRequest) -> models.BackupCodecPolicy:
    """Sound in two forms costs little."""
    policy = request.backup_codec_policy
    if request.type == models.TrackType.AUDIO and policy == Policy.PREFER_REGRESSION:
        return Policy.SIMULCAST
    return policy


def add_codecs(
    info: models.TrackInfo, request: rtc.AddTrackRequest, rules: ClientRules = USUAL
) -> None:
    """Take over the codecs of a request, also of one for a track that exists (backup codec)."""
    kind = "video" if info.type == models.TrackType.VIDEO else "audio"
    known = {codec.cid for codec in info.codecs}
    for codec in request.simulcast_codecs:
        if codec.cid in known or len(info.codecs) >= MAX_CODECS:
            continue
        mime = _enabled(codec.codec, kind, rules.enabled)
        info.codecs.append(
            models.SimulcastCodecInfo(
                mime_type=mime,
                cid=codec.cid,
                layers=lowest_first(codec.layers or request.layers),
                video_layer_mode=codec.video_layer_mode or _mode(mime, rules),
            )
        )


def lowest_first(layers: Iterable[models.VideoLayer]) -> list[models.VideoLayer]:
    return sorted(layers, key=lambda layer: layer.quality)


def name_layers(layers: Iterable[models.VideoLayer], encodings: Sequence[Encoding]) -> None:
    """Number a video's layers from the lowest, and give each its rid: the client's own where it
    sends by rid, else the usual one (LiveKit)."""
    rids = [encoding.rid for encoding in encodings if encoding.rid] or LADDERS[0]
    for number, layer in enumerate(layers):
        layer.spatial_layer = number
        layer.rid = rids[min(number, len(rids) - 1)]


def name_streams(codec: models.SimulcastCodecInfo, streams: Sequence[LayerStream]) -> None:
    """The SSRCs by which media has come, beside the layers; one that is known stays (LiveKit)."""
    for stream in streams:
        fitting = codec.layers[:1] if is_svc(codec) else codec.layers
        for layer in fitting:
            if layer.quality == stream.quality or is_svc(codec):
                layer.ssrc = layer.ssrc or stream.ssrc
                layer.repair_ssrc = layer.repair_ssrc or stream.rtx_ssrc


def spelled(mime: str) -> str:
    """As clients and tools are told it (LiveKit); among ourselves it is in lower case."""
    kind, _, name = mime.partition("/")
    return f"{kind}/{name.upper()}" if name not in ("opus", "red") else mime


def _enabled(codec: str, kind: str, enabled: Sequence[str]) -> str:
    """The mime of a codec that may be used; of another one, the first of its kind that may."""
    mime = f"{kind}/{codec.lower().removeprefix(f'{kind}/')}"
    others = [each for each in enabled if each.startswith(kind) and each != "audio/red"]
    return mime if mime in enabled or not others else others[0]
