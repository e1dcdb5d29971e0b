import pytest
from livekit.protocol import models

from signaling.config import RoomDefaults, SignalingConfig
from signaling.rules import no_publish, rules_for


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


def test_the_operator_s_codecs_are_the_only_ones() -> None:
    config = SignalingConfig(room=RoomDefaults(enabled_codecs=("audio/opus", "video/H264")))
    rules = rules_for(models.ClientInfo(), config)
    assert set(rules.enabled) == {"audio/opus", "video/h264"}


def test_only_pion_s_clients_have_tracks_opened_for_them() -> None:
    go = rules_for(models.ClientInfo(sdk=models.ClientInfo.GO), SignalingConfig(), b"trailer")
    other = rules_for(models.ClientInfo(sdk=models.ClientInfo.JS), SignalingConfig(), b"trailer")
    assert (go.is_opened, go.trailer) == (True, b"trailer")
    assert not other.is_opened
