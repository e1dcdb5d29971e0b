import pytest
from livekit.protocol import models

from sfu.media import PlayoutDelay
from signaling.config import EnabledCodec, RoomDefaults, SignalingConfig
from signaling.room import RoomSettings
from signaling.rules import may_publish, no_publish, rules_for

SETTINGS = RoomSettings(empty_timeout=300, departure_timeout=20, max_participants=0)


@pytest.mark.parametrize(
    ("browser", "system", "mimes"),
    [
        ("Firefox", "Linux", ("video/h264",)),
        ("firefox", "android", ("video/h264",)),
        ("Firefox", "Windows", ()),
        ("Chrome", "Linux", ()),
        ("", "", ()),
    ],
)
def test_firefox_without_an_encoder_does_not_publish_h264(
    browser: str, system: str, mimes: tuple[str, ...]
) -> None:
    assert no_publish(models.ClientInfo(browser=browser, os=system)) == mimes


@pytest.mark.parametrize(
    ("version", "mimes"),
    [("17.6", ()), ("18.3", ()), ("18.3.1", ("video/vp9",)), ("26.1", ("video/vp9",)), ("x", ())],
)
def test_safari_has_no_av1_and_newer_ones_publish_no_vp9(
    version: str, mimes: tuple[str, ...]
) -> None:
    safari = models.ClientInfo(browser="Safari", os="macOS", browser_version=version)
    rules = rules_for(safari, SignalingConfig(), SETTINGS, b"")

    assert rules.no_publish == mimes
    assert rules.barred == ("video/av1",)
    assert "video/av1" not in rules.enabled
    assert "video/vp9" in rules.enabled


def test_one_telephone_publishes_no_h264() -> None:
    client = models.ClientInfo(device_model="Xiaomi 2201117TI", os="Android", browser="chrome")
    assert no_publish(client) == ("video/h264",)


def test_the_operator_s_codecs_are_the_only_ones() -> None:
    codecs = (EnabledCodec("audio/opus"), EnabledCodec("video/H264"))
    config = SignalingConfig(room=RoomDefaults(enabled_codecs=codecs))
    rules = rules_for(models.ClientInfo(), config, SETTINGS, b"")
    assert set(rules.enabled) == {"audio/opus", "video/h264"}
    assert rules.formats == {}


def test_a_codec_may_be_confined_to_variants() -> None:
    names = [("video/VP8", ""), ("video/H264", "a"), ("video/h264", "b"), ("video/VP9", "c"),
             ("video/vp9", "")]  # fmt: skip
    codecs = tuple(EnabledCodec(*name) for name in names)
    config = SignalingConfig(room=RoomDefaults(enabled_codecs=codecs))
    rules = rules_for(models.ClientInfo(), config, SETTINGS, b"")
    assert rules.formats == {"video/h264": ("a", "b")}


def test_a_client_is_told_what_it_may_publish_the_most_usual_first() -> None:
    def told(client: models.ClientInfo) -> list[str]:
        rules = rules_for(client, SignalingConfig(), SETTINGS, b"")
        names = (codec.mime for codec in may_publish(codecs, rules))
        return [name.partition("/")[2] for name in names]

    names = ("audio/opus", "video/AV1", "video/VP9", "video/H264", "audio/red", "video/VP8")
    codecs = [EnabledCodec(name) for name in names]
    assert told(models.ClientInfo()) == ["VP8", "H264", "AV1", "VP9", "opus", "red"]
    safari = models.ClientInfo(browser="Safari", browser_version="26")
    assert told(safari) == ["VP8", "H264", "opus", "red"]
    firefox = models.ClientInfo(browser="Firefox", os="Linux")
    assert told(firefox) == ["VP8", "AV1", "VP9", "opus", "red"]


def test_only_pion_s_clients_have_tracks_opened_for_them() -> None:
    go, js = (
        rules_for(models.ClientInfo(sdk=sdk), SignalingConfig(), SETTINGS, b"trailer")
        for sdk in (models.ClientInfo.GO, models.ClientInfo.JS)
    )
    assert (go.is_opened, go.trailer) == (True, b"trailer")
    assert not js.is_opened


def test_firefox_is_not_asked_to_hold_back_pictures_that_belong_to_sound() -> None:
    delay = PlayoutDelay(100, 200)
    alone = RoomSettings(300, 20, 0, playout_delay=delay)
    in_step = RoomSettings(300, 20, 0, playout_delay=delay, sync_streams=True)
    firefox, chrome = (models.ClientInfo(browser=name) for name in ("Firefox", "Chrome"))

    def told(client: models.ClientInfo, settings: RoomSettings) -> PlayoutDelay | None:
        return rules_for(client, SignalingConfig(), settings, b"").delay

    assert (told(firefox, alone), told(firefox, in_step)) == (delay, None)
    assert (told(chrome, alone), told(chrome, in_step)) == (delay, delay)
    assert told(chrome, SETTINGS) is None


def test_a_client_says_whether_it_knows_metadata_behind_frames() -> None:
    knows = models.ClientInfo(capabilities=[models.ClientInfo.CAP_PACKET_TRAILER])
    for client, takes in ((knows, True), (models.ClientInfo(), False)):
        assert rules_for(client, SignalingConfig(), SETTINGS, b"").takes_trailers == takes


def test_obs_is_known_by_its_name() -> None:
    for browser, lacks in (("OBS-Studio", True), ("Chrome", False)):
        client = models.ClientInfo(browser=browser)
        rules = rules_for(client, SignalingConfig(), SETTINGS, b"")
        assert rules.lacks_reports == lacks
