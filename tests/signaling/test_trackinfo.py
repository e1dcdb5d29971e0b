"""How a track's layers, streams and codecs are described."""

from typing import Any

import pytest
from livekit.protocol import models, rtc

from sfu.events import LayersChanged, LayerStream, TrackStarted
from sfu.media import Encoding
from signaling.negotiation.outcome import ClientRules
from signaling.trackinfo import name_layers, name_streams, spelled, track_info
from tests.signaling.stage import Client, Stage

Mode = models.VideoLayer.Mode
LAYERS = [models.VideoLayer(quality=quality) for quality in ("LOW", "MEDIUM", "HIGH")]


def add(**fields: Any) -> rtc.AddTrackRequest:
    return rtc.AddTrackRequest(cid="cam", **({"type": "VIDEO", "source": "CAMERA"} | fields))


@pytest.mark.parametrize(
    ("rids", "named"),
    [
        (["2", "1", "0"], ["2", "1", "0"]),
        (["q", "h", "f"], ["q", "h", "f"]),
        ([""], ["q", "h", "f"]),  # one stream
        (["a", "b"], ["a", "b", "b"]),
    ],
)
def test_layers_have_numbers_and_rids_from_the_lowest_on(rids: list[str], named: list[str]) -> None:
    info = track_info("TR_1", add(layers=LAYERS))
    name_layers(info.layers, [Encoding(0, rid=rid) for rid in rids])
    assert [layer.spatial_layer for layer in info.layers] == [0, 1, 2]
    assert [layer.rid for layer in info.layers] == named


def test_two_layers_are_numbered_without_a_gap() -> None:
    info = track_info("TR_1", add(layers=[LAYERS[0], LAYERS[2]]))
    name_layers(info.layers, [Encoding(0, rid="q"), Encoding(2, rid="h")])
    assert [(layer.quality, layer.spatial_layer, layer.rid) for layer in info.layers] == [
        (0, 0, "q"),
        (2, 1, "h"),
    ]


def test_the_first_stream_of_a_layer_is_the_one_that_is_told() -> None:
    codec = track_info("TR_1", add(layers=LAYERS)).codecs[0]
    name_streams(codec, [LayerStream(2, 30)])
    name_streams(codec, [LayerStream(0, 10, 11), LayerStream(2, 31, 32)])
    told = [(layer.ssrc, layer.repair_ssrc) for layer in codec.layers]
    assert told == [(10, 11), (0, 0), (30, 32)]


def test_layers_in_one_stream_have_it_at_the_lowest() -> None:
    codecs = [rtc.SimulcastCodec(codec="vp9", cid="cam")]
    codec = track_info("TR_1", add(layers=LAYERS, simulcast_codecs=codecs)).codecs[0]
    name_streams(codec, [LayerStream(2, 30)])
    assert [layer.ssrc for layer in codec.layers] == [30, 0, 0]


def published(single: bool) -> tuple[Stage, Client, str]:
    stage = Stage()
    ann = stage.join("ann", single=single)
    codecs = [rtc.SimulcastCodec(codec="vp8", cid="cam")]
    track = ann.publish("cam", layers=LAYERS, simulcast_codecs=codecs)
    return stage, ann, track


def test_media_tells_the_ssrcs_of_a_track(single: bool) -> None:
    stage, ann, track = published(single)
    streams = [LayerStream(0, 10, 11), LayerStream(1, 20)]
    stage.tell(LayersChanged(ann.sid, track, [0, 1], streams))

    (info,) = stage.join("ben").participants()["ann"].tracks
    for layers in (info.layers, info.codecs[0].layers):
        assert [(layer.rid, layer.spatial_layer) for layer in layers] == [
            ("q", 0),
            ("h", 1),
            ("f", 2),
        ]
        assert [(layer.ssrc, layer.repair_ssrc) for layer in layers] == [(10, 11), (20, 0), (0, 0)]


def test_nothing_is_told_of_a_track_that_has_ended(single: bool) -> None:
    stage, ann, _ = published(single)
    stage.tell(LayersChanged(ann.sid, "TR_unknown", [0], [LayerStream(0, 10)]))
    (info,) = stage.join("ben").participants()["ann"].tracks
    assert not any(layer.ssrc for layer in info.layers)


def test_a_track_has_the_version_of_when_it_was_published(single: bool) -> None:
    stage, ann, _ = published(single)
    stage.wait(3)
    ann.publish("share", source=models.TrackSource.SCREEN_SHARE)

    first, second = (track.version for track in stage.join("ben").participants()["ann"].tracks)
    assert first.unix_micro > 1_790_000_000_000_000
    assert second.unix_micro - first.unix_micro == pytest.approx(3_000_000, abs=2)


def test_tracks_of_one_moment_have_versions_of_their_own() -> None:
    stage = Stage()
    ann = stage.join("ann")
    for cid in ("mic", "call"):
        ann.say(add_track=rtc.AddTrackRequest(cid=cid, type="AUDIO", source="MICROPHONE"))
        ann.offers.send("audio", cid, "")
    ann.offer()
    versions = [track.version for track in stage.join("ben").participants()["ann"].tracks]
    assert len({(version.unix_micro, version.ticks) for version in versions}) == 2


@pytest.mark.parametrize(
    ("mime", "told"),
    [
        ("video/vp8", "video/VP8"),
        ("video/h264", "video/H264"),
        ("audio/opus", "audio/opus"),
        ("audio/red", "audio/red"),
        ("audio/pcmu", "audio/PCMU"),
    ],
)
def test_codecs_are_spelled_as_livekit_does(mime: str, told: str) -> None:
    assert spelled(mime) == told


def test_what_media_says_of_the_codec_is_spelled_so_too(single: bool) -> None:
    stage, ann, track = published(single)
    stage.tell(TrackStarted(ann.sid, track, "video/h264"))
    (info,) = stage.join("ben").participants()["ann"].tracks
    assert (info.mime_type, info.codecs[0].mime_type) == ("video/H264", "video/H264")


@pytest.mark.parametrize("codec", ["", "vp8"])
def test_obs_sends_reports_of_some_layers_only(codec: str) -> None:
    codecs = [rtc.SimulcastCodec(codec=codec, cid="cam")] if codec else []
    info = track_info("TR_1", add(simulcast_codecs=codecs), ClientRules(lacks_reports=True))
    assert info.codecs[0].video_layer_mode == Mode.ONE_SPATIAL_LAYER_PER_STREAM_INCOMPLETE_RTCP_SR
