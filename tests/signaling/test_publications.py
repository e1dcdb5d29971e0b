import random
from typing import Any

import pytest
from livekit.protocol import models, rtc

from sfu.commands import AddSubscription
from signaling.config import Limits, RoomDefaults, SignalingConfig
from signaling.messages import Reason
from signaling.negotiation.outcome import Published
from signaling.publications import Publications
from signaling.trackinfo import track_info
from tests.signaling.stage import Stage


def add(cid: str = "cam", **fields: Any) -> rtc.AddTrackRequest:
    return rtc.AddTrackRequest(cid=cid, **({"type": "VIDEO", "source": "CAMERA"} | fields))


def publications(**limits: int) -> Publications:
    return Publications("PA_1", Limits(**limits), random.Random(1).randbytes)


def announced(pubs: Publications, request: rtc.AddTrackRequest) -> models.TrackInfo:
    info = pubs.announce(request)
    assert isinstance(info, models.TrackInfo)
    return info


def published(cid: str, info: models.TrackInfo) -> Published:
    return Published(cid=cid, track=info.sid, mid="7", mimes=["video/vp8"], sdp_cid=cid)


def test_a_track_is_described_as_it_was_asked_for() -> None:
    layers = [
        models.VideoLayer(quality="HIGH", width=1280, height=720),
        models.VideoLayer(quality="LOW", width=320, height=180),
    ]
    codec = rtc.SimulcastCodec(codec="vp8", cid="cam")
    info = track_info(
        "TR_1", add(name="front", width=1280, height=720, layers=layers, simulcast_codecs=[codec])
    )
    assert [layer.quality for layer in info.layers] == [0, 2]
    assert info.simulcast
    assert info.stream == "camera"
    assert info.codecs[0].mime_type == "video/vp8"
    assert [layer.quality for layer in info.codecs[0].layers] == [0, 2]
    assert info.codecs[0].video_layer_mode == models.VideoLayer.Mode.ONE_SPATIAL_LAYER_PER_STREAM


def test_old_and_new_flags_of_audio_agree() -> None:
    info = track_info("TR_1", add(type="AUDIO", stereo=True, disable_dtx=True))
    assert set(info.audio_features) == {0, 1}
    info = track_info("TR_1", add(type="AUDIO", audio_features=["TF_STEREO", "TF_NO_DTX"]))
    assert info.stereo
    assert info.disable_dtx


@pytest.mark.parametrize(
    ("wanted", "kind", "given"),
    [
        ("VP8", "VIDEO", "video/vp8"),
        ("video/h264", "VIDEO", "video/h264"),
        ("av1", "VIDEO", "video/av1"),
        ("theora", "VIDEO", "video/vp8"),
        ("", "AUDIO", "audio/opus"),
    ],
)
def test_a_codec_that_we_lack_becomes_the_first_of_its_kind(
    wanted: str, kind: str, given: str
) -> None:
    request = add(type=kind, simulcast_codecs=[rtc.SimulcastCodec(codec=wanted, cid="x")])
    assert track_info("TR_1", request).codecs[0].mime_type == given


def test_a_track_becomes_live_with_its_media_section() -> None:
    pubs = publications()
    info = announced(pubs, add())
    assert [p.cid for p in pubs.pending] == ["cam"]
    assert pubs.find(info.sid) is info

    publication = pubs.confirm(published("cam", info))

    assert pubs.pending == []
    assert pubs.find(info.sid) is publication.info
    assert (info.mid, info.mime_type) == ("7", "video/VP8")
    assert publication.stream == f"PA_1|{info.sid}"


def test_only_audio_and_video_can_be_published() -> None:
    assert publications().announce(add(type="DATA")) == Reason.UNSUPPORTED_TYPE


def test_a_cid_in_use_is_queued_until_it_is_free() -> None:
    pubs = publications(queued_tracks=2)
    info = announced(pubs, add())
    pubs.confirm(published("cam", info))
    assert [pubs.announce(add(name=str(n))) for n in range(3)] == [
        Reason.QUEUED,
        Reason.QUEUED,
        Reason.LIMIT_EXCEEDED,
    ]
    assert pubs.take_unblocked() == []

    pubs.end(info.sid)

    assert [request.name for request in pubs.take_unblocked()] == ["0"]
    announced(pubs, add(name="0"))
    assert pubs.take_unblocked() == []


def test_announcements_have_an_end() -> None:
    pubs = publications(pending_tracks=2)
    announced(pubs, add("a")), announced(pubs, add("b"))
    assert pubs.announce(add("c")) == Reason.LIMIT_EXCEEDED


def test_tracks_have_an_end() -> None:
    pubs = publications(tracks=1)
    pubs.confirm(published("a", announced(pubs, add("a"))))
    assert pubs.announce(add("b")) == Reason.LIMIT_EXCEEDED


@pytest.mark.parametrize(
    ("codec", "mode"),
    [
        ("vp8", models.VideoLayer.Mode.ONE_SPATIAL_LAYER_PER_STREAM),
        ("vp9", models.VideoLayer.Mode.MULTIPLE_SPATIAL_LAYERS_PER_STREAM),
        ("av1", models.VideoLayer.Mode.MULTIPLE_SPATIAL_LAYERS_PER_STREAM),
    ],
)
def test_vp9_and_av1_have_all_layers_in_one_stream(codec: str, mode: int) -> None:
    request = add(type="VIDEO", simulcast_codecs=[rtc.SimulcastCodec(codec=codec, cid="x")])
    assert track_info("TR_1", request).codecs[0].video_layer_mode == mode


@pytest.mark.parametrize(("codec", "simulcast"), [("vp8", True), ("vp9", False), ("", True)])
def test_layers_in_one_stream_are_no_simulcast(codec: str, simulcast: bool) -> None:
    layers = [models.VideoLayer(quality="HIGH"), models.VideoLayer(quality="LOW")]
    names = [codec, "vp8"] if codec else []
    codecs = [rtc.SimulcastCodec(codec=name, cid=f"x{at}") for at, name in enumerate(names)]
    request = add(layers=layers, simulcast_codecs=codecs)
    assert track_info("TR_1", request).simulcast == simulcast
    assert not track_info("TR_1", add(layers=layers[:1], simulcast_codecs=codecs)).simulcast


@pytest.mark.parametrize(
    ("source", "stream"),
    [("SCREEN_SHARE", "screen"), ("SCREEN_SHARE_AUDIO", "screen"), ("UNKNOWN", "unknown")],
)
def test_what_belongs_together_is_one_stream(source: str, stream: str) -> None:
    assert track_info("TR_1", add(source=source)).stream == stream
    assert track_info("TR_1", add(source=source, stream="mine")).stream == "mine"


def test_each_kind_of_metadata_is_named_once() -> None:
    features = ["PTF_FRAME_ID", "PTF_USER_TIMESTAMP", "PTF_FRAME_ID"]
    info = track_info("TR_1", add(packet_trailer_features=features))
    assert list(info.packet_trailer_features) == [0, 1]


def test_who_names_no_codec_has_one_that_its_media_tells() -> None:
    pubs = publications()
    layers = [models.VideoLayer(quality="LOW", width=320)]
    info = announced(pubs, add(layers=layers))
    (codec,) = info.codecs
    assert (codec.cid, codec.mime_type, codec.mid) == ("cam", "", "")
    assert [layer.width for layer in codec.layers] == [320]
    assert codec.video_layer_mode == models.VideoLayer.Mode.ONE_SPATIAL_LAYER_PER_STREAM

    pubs.confirm(published("cam", info))
    assert (codec.mime_type, codec.mid, codec.sdp_cid) == ("video/VP8", "7", "cam")


def test_a_second_codec_is_on_no_section_before_it_is_sent() -> None:
    pubs = publications()
    codecs = [rtc.SimulcastCodec(codec="vp9", cid="cam"), rtc.SimulcastCodec(codec="vp8")]
    info = announced(pubs, add(simulcast_codecs=codecs))
    pubs.confirm(published("cam", info))
    assert [(codec.mime_type, codec.mid) for codec in info.codecs] == [
        ("video/vp9", "7"),
        ("video/vp8", ""),
    ]


@pytest.mark.parametrize(
    ("fields", "adds_red", "mimes"),
    [
        ({}, True, ["audio/red", "audio/opus"]),
        ({}, False, ["audio/opus"]),
        ({"disable_red": True}, True, ["audio/opus"]),
        ({"encryption": "GCM"}, True, ["audio/opus"]),
    ],
)
def test_plain_opus_can_be_repeated_where_it_can_be_read(
    single: bool, fields: dict[str, Any], adds_red: bool, mimes: list[str]
) -> None:
    stage = Stage(SignalingConfig(room=RoomDefaults(adds_red=adds_red)))
    ann, ben = (stage.join(name, single=single) for name in ("ann", "ben"))
    ann.offers.has_red = False
    track = ann.publish("mic", "audio", **fields)
    stage.wait(1)
    ben.settle()

    got = [s for s in stage.sent(AddSubscription) if (s.peer, s.track) == (ben.sid, track)]
    assert [codec.mime for codec in got[-1].codecs] == mimes
