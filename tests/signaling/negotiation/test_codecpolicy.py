from typing import Any

import pytest
from livekit.protocol.models import AudioTrackFeature, SimulcastCodecInfo

from sfu.media import Codec, Kind
from signaling.negotiation import codecs
from signaling.negotiation.codecpolicy import (
    for_offer,
    for_publishing,
    for_subscribing,
    with_one_estimate,
)
from signaling.negotiation.outcome import ClientRules
from tests.signaling.negotiation.negotiating import audio, sections, text, video

RULES = ClientRules()
AUDIO = codecs.read(sections(text("chromium_join"))["0"])
VIDEO = codecs.read(sections(text("chromium_join"))["3"])


def mimes(found: list[Codec]) -> list[str]:
    return list(dict.fromkeys(codec.mime for codec in found))


def h264(payload_type: int, profile: str, mode: int) -> Codec:
    fmtp = f"packetization-mode={mode};profile-level-id={profile}"
    return Codec("video/h264", payload_type, 90000, fmtp=fmtp)


def test_a_publisher_shall_send_red_first() -> None:
    assert mimes(for_publishing(AUDIO, audio(), RULES)) == ["audio/red", "audio/opus"]


def test_a_track_that_must_not_be_in_red_is_answered_opus_alone() -> None:
    assert mimes(for_publishing(AUDIO, audio(disable_red=True), RULES)) == ["audio/opus"]


def test_an_unannounced_track_is_answered_opus_first() -> None:
    assert mimes(for_publishing(AUDIO, None, RULES)) == ["audio/opus", "audio/red"]


def test_opus_is_answered_with_dtx_and_nack() -> None:
    opus = for_publishing(AUDIO, audio(), RULES)[1]
    assert opus.fmtp == "minptime=10;useinbandfec=1;usedtx=1"
    assert opus.feedback == ["nack"]


@pytest.mark.parametrize(
    "fields",
    [{"disable_dtx": True}, {"audio_features": [AudioTrackFeature.TF_NO_DTX]}],
)
def test_a_track_without_dtx_is_not_asked_for_it(fields: dict[str, Any]) -> None:
    assert "usedtx" not in for_publishing(AUDIO, audio(**fields), RULES)[-1].fmtp


@pytest.mark.parametrize(
    "fields", [{"stereo": True}, {"audio_features": [AudioTrackFeature.TF_STEREO]}]
)
def test_a_stereo_track_is_asked_for_stereo(fields: dict[str, Any]) -> None:
    opus = for_publishing(AUDIO, audio(**fields), RULES)[-1]
    assert opus.fmtp.endswith("usedtx=1;stereo=1;maxaveragebitrate=510000")


def test_a_client_s_limits_as_a_receiver_are_not_answered() -> None:
    firefox = sections(text("firefox_publishing"))
    [opus] = for_publishing(codecs.read(firefox["7"]), audio(), RULES)
    vp8 = for_publishing(codecs.read(firefox["8"]), video(), RULES)[0]
    assert vp8.mime == "video/vp8"
    assert opus.fmtp == "useinbandfec=1;usedtx=1"
    assert vp8.fmtp == ""


@pytest.mark.parametrize("name", ["h264", "video/H264"])
def test_the_codec_that_add_track_names_comes_first(name: str) -> None:
    track = video(codecs=[SimulcastCodecInfo(mime_type=name), SimulcastCodecInfo(mime_type="vp8")])
    found = for_publishing(VIDEO, track, RULES)
    assert mimes(found) == ["video/h264", "video/vp8", "video/vp9", "video/av1"]
    assert "42e01f" in found[0].fmtp
    assert "packetization-mode=1" in found[0].fmtp


def test_a_codec_that_the_client_does_not_have_leaves_its_order() -> None:
    track = video(codecs=[SimulcastCodecInfo(mime_type="video/h265")])
    found = for_publishing(VIDEO, track, RULES)
    assert mimes(found) == ["video/vp8", "video/vp9", "video/h264", "video/av1"]


@pytest.mark.parametrize(("name", "fmtp"), [("vp9", "profile-id=0"), ("av1", "profile=0")])
def test_vp9_and_av1_come_first_when_they_are_asked_for(name: str, fmtp: str) -> None:
    track = video(codecs=[SimulcastCodecInfo(mime_type=f"video/{name}")])
    found = for_publishing(VIDEO, track, RULES)[0]
    assert found.mime == f"video/{name}"
    assert fmtp in found.fmtp


def test_telephone_codecs_are_for_those_who_ask_or_have_nothing_else() -> None:
    assert mimes(for_publishing(AUDIO, audio(), RULES)) == ["audio/red", "audio/opus"]
    track = audio(codecs=[SimulcastCodecInfo(mime_type="audio/pcma")])
    assert mimes(for_publishing(AUDIO, track, RULES))[0] == "audio/pcma"
    old = [codec for codec in AUDIO if codec.mime == "audio/pcmu"]
    assert mimes(for_publishing(old, audio(), RULES)) == ["audio/pcmu"]
    assert mimes(for_subscribing(AUDIO, ["audio/pcmu"], RULES)) == ["audio/pcmu"]


def test_a_start_rate_is_answered_to_the_publisher() -> None:
    offered = [Codec("video/vp8", 96, 90000, fmtp="x-google-start-bitrate=1000")]
    assert for_publishing(offered, video(), RULES)[0].fmtp == "x-google-start-bitrate=1000"
    assert for_subscribing(offered, ["video/vp8"], RULES)[0].fmtp == ""


def test_a_codec_may_be_barred_from_publishing_alone() -> None:
    rules = ClientRules(no_publish=("video/h264",))
    assert "video/h264" not in mimes(for_publishing(VIDEO, video(), rules))
    assert mimes(for_subscribing(VIDEO, ["video/h264"], rules)) == ["video/h264"]


def test_a_codec_that_the_room_bars_is_barred_both_ways() -> None:
    rules = ClientRules(enabled=("audio/opus", "video/vp8"))
    assert mimes(for_publishing(VIDEO, video(), rules)) == ["video/vp8"]
    assert for_subscribing(VIDEO, ["video/h264"], rules) == []
    assert mimes(for_subscribing(AUDIO, ["audio/red"], rules)) == ["audio/opus"]


def test_a_subscriber_of_red_gets_opus_too_and_no_nack() -> None:
    found = for_subscribing(AUDIO, ["audio/red"], RULES)
    assert mimes(found) == ["audio/red", "audio/opus"]
    assert found[1].feedback == []


def test_a_subscriber_without_red_gets_opus_with_nack() -> None:
    [opus] = for_subscribing(codecs.read(sections(text("firefox_join"))["0"]), ["audio/red"], RULES)
    assert (opus.mime, opus.feedback) == ("audio/opus", ["nack"])


def test_red_alone_is_nothing() -> None:
    red = [Codec("audio/red", 63, 48000, 2, "111/111")]
    assert for_subscribing(red, ["audio/red"], RULES) == []


def test_a_subscriber_gets_one_h264_format_of_each_mode_that_surely_decodes() -> None:
    offered = [
        h264(1, "640032", 1),
        h264(2, "42001f", 1),
        h264(3, "42e01f", 1),
        h264(4, "4d001f", 0),
    ]
    found = for_subscribing(offered, ["video/h264"], RULES)
    assert [codec.payload_type for codec in found] == [3, 4]


def test_one_estimate_is_answered_never_both() -> None:
    vp8 = for_subscribing(VIDEO, ["video/vp8"], RULES)
    [with_tcc] = with_one_estimate(vp8, has_transport_cc=True)
    [without] = with_one_estimate(vp8, has_transport_cc=False)
    assert with_tcc.feedback == ["transport-cc", "ccm fir", "nack", "nack pli"]
    assert without.feedback == ["goog-remb", "ccm fir", "nack", "nack pli"]


def test_our_own_offers_use_the_numbers_that_clients_know() -> None:
    red, opus = for_offer(Kind.AUDIO, ["audio/red", "audio/opus"], RULES, stereo=False)
    [vp8] = for_offer(Kind.VIDEO, ["video/vp8"], RULES, stereo=False)
    first, second = for_offer(Kind.VIDEO, ["video/h264"], RULES, stereo=False)
    assert (red.payload_type, opus.payload_type) == (63, 111)
    assert (vp8.payload_type, vp8.rtx) == (96, 97)
    assert (first.payload_type, second.payload_type) == (108, 125)


def test_a_stereo_track_is_offered_as_such() -> None:
    [opus] = for_offer(Kind.AUDIO, ["audio/opus"], RULES, stereo=True)
    assert opus.fmtp == "minptime=10;useinbandfec=1;sprop-stereo=1"


LINE = "level-asymmetry-allowed=1;packetization-mode={};profile-level-id={}"
CONFINED = ClientRules(formats={"video/h264": (LINE.format(1, "42E01F"), LINE.format(0, "4d001f"))})


def variants(found: list[Codec]) -> list[tuple[int, str]]:
    """Packetization mode and profile of each H.264."""
    return [
        (codecs.packetization_mode(codec), codecs.parameters(codec.fmtp)["profile-level-id"])
        for codec in found
        if codec.mime == "video/h264"
    ]


def test_a_room_may_confine_a_codec_to_variants_of_it() -> None:
    offered = [
        h264(1, "42e034", 1),
        h264(2, "42e01f", 0),
        h264(3, "4d0015", 0),
        h264(4, "64001f", 1),
    ]
    assert variants(for_publishing(offered, video(), CONFINED)) == [(1, "42e034"), (0, "4d0015")]
    received = for_subscribing(offered, ["video/h264"], CONFINED)
    assert variants(received) == [(1, "42e034"), (0, "4d0015")]
    assert for_subscribing(offered[1:2], ["video/h264"], CONFINED) == []
    assert mimes(for_publishing(VIDEO, video(), CONFINED))[0] == "video/vp8"


def test_what_tells_variants_apart_is_no_limit_and_no_hint() -> None:
    rules = ClientRules(formats={"audio/opus": ("minptime=20",), "video/vp9": ("profile-id=2",)})
    assert "audio/opus" in mimes(for_publishing(AUDIO, audio(), rules))
    assert "video/vp9" not in mimes(for_publishing(VIDEO, video(), rules))


def test_main_profile_is_offered_where_the_room_names_it() -> None:
    usual = for_offer(Kind.VIDEO, ["video/h264"], RULES, stereo=False)
    assert variants(usual) == [(1, "42e01f"), (0, "42e01f")]
    confined = for_offer(Kind.VIDEO, ["video/h264"], CONFINED, stereo=False)
    assert variants(confined) == [(1, "42e01f"), (0, "4d001f")]
    numbers = [codec.payload_type for codec in confined] + [codec.rtx for codec in confined]
    assert len({*numbers}) == 4
