"""The file, over it the environment, over that the command line."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schema import ignored_keys, unknown_keys
from api.settings import Settings, SettingsError, load, parse

LIVEKIT_FILE = """
port: 8000
bind_addresses: ["127.0.0.1"]
keys: {devkey: 0123}
logging: {level: debug, json: true}
rtc:
  tcp_port: 8001
  udp_port: 8002
  port_range_start: 50000
  use_external_ip: true
  interfaces: {includes: [lo]}
  turn_servers: [{host: turn.example, port: 443, protocol: tls, username: u, credential: c}]
room:
  empty_timeout: 60
  enabled_codecs: [{mime: video/vp8}, {mime: audio/opus}]
redis: {address: "localhost:6379"}
turn: {enabled: false}
ingress:
audio: {active_level: 35}
"""


def given_file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_livekit_file_is_understood(tmp_path: Path) -> None:
    settings = load({}, {}, given_file(tmp_path / "livekit.yaml", LIVEKIT_FILE))

    assert settings.port == 8000
    assert settings.keys == {"devkey": "0123"}  # text, not the number eighty-three
    assert settings.rtc.interfaces.includes == ["lo"]
    assert settings.rtc.turn_servers[0].host == "turn.example"
    assert [codec.mime for codec in settings.room.enabled_codecs] == ["video/vp8", "audio/opus"]
    assert settings.logging.json_lines


def test_a_json_file_is_yaml_too(tmp_path: Path) -> None:
    file = given_file(tmp_path / "livekit.json", '{"port": 8000, "keys": {"a": "b"}, "rtc": null}')

    assert load({}, {}, file).port == 8000


def test_what_has_no_feature_yet_is_told_by_name_unless_it_changes_nothing(tmp_path: Path) -> None:
    settings = load({}, {}, given_file(tmp_path / "livekit.yaml", LIVEKIT_FILE))

    assert sorted(ignored_keys(settings)) == [
        "redis",
        "rtc.port_range_start",
        "rtc.use_external_ip",
    ]


def test_unknown_keys_are_told_by_name(tmp_path: Path) -> None:
    file = given_file(
        tmp_path / "a.yaml", "foo: 1\nrtc: {bar: 2, turn_servers: [{host: a, baz: 3}]}"
    )

    assert unknown_keys(load({}, {}, file)) == ["foo", "rtc.bar", "rtc.turn_servers.0.baz"]


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = given_file(tmp_path / "a.yaml", "port: 1\nrtc: {tcp_port: 1, udp_port: 1}")
    environ = {"LIVEKIT_RTC_TCP_PORT": "2", "HOUSECALL_RTC_UDP_PORT": "2"}
    settings = load({"rtc": {"udp_port": 3}}, environ, file)

    assert (settings.port, settings.rtc.tcp_port, settings.rtc.udp_port) == (1, 2, 3)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("LIVEKIT_PORT", "81", lambda s: s.port == 81),
        ("LIVEKIT_KEYS", "key: secret", lambda s: s.keys == {"key": "secret"}),
        ("LIVEKIT_CONFIG", "port: 82", lambda s: s.port == 82),
        ("NODE_IP", "192.0.2.7", lambda s: str(s.rtc.node_ip) == "192.0.2.7"),
        ("LIVEKIT_LOGGING_JSON", "true", lambda s: s.logging.json_lines),
        ("LIVEKIT_BIND_ADDRESSES", "127.0.0.1,::1", lambda s: s.bind_addresses[1] == "::1"),
        ("HOUSECALL_BIND", "['127.0.0.1']", lambda s: s.bind_addresses == ["127.0.0.1"]),
        ("HOUSECALL_DATA", "here", lambda s: s.data == Path("here")),
        ("HOUSECALL_DEV", "1", lambda s: s.dev),
        ("HOUSECALL_MEDIA_GATHER", "250us", lambda s: s.media.gather == pytest.approx(250e-6)),
        ("HOUSECALL_MEDIA_GATHER_BELOW", "5000", lambda s: s.media.gather_below == 5000),
        ("HOUSECALL_MEDIA_PORTABLE", "true", lambda s: s.media.portable),
        ("HOUSECALL_TLS_SELF_SIGNED", "true", lambda s: s.tls.is_on),
        ("HOUSECALL_TLS_CERT", "a.pem", lambda s: s.tls.cert_file == Path("a.pem")),
        (
            "LIVEKIT_RTC_PLI_THROTTLE_LOW_QUALITY",
            "1s",
            lambda s: s.rtc.pli_throttle.low_quality == 1,
        ),
    ],
)
def test_names_in_the_environment(name: str, value: str, found: Any) -> None:
    assert found(load({}, {name: value}, None))


def test_our_name_wins_over_livekits() -> None:
    assert load({}, {"LIVEKIT_PORT": "1", "HOUSECALL_PORT": "2"}, None).port == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port: many", "port: Input should be a valid integer"),
        ("rtc: {node_ip: here}", "rtc.node_ip: value is not a valid IPv4 or IPv6 address"),
        ("rtc: {tcp_port: 70000}", "rtc.tcp_port: Input should be less than or equal to 65535"),
        ("media: {gather: 21ms}", "media.gather: .*0.021s is longer than 20ms"),
        ("media: {gather: 1}", "media.gather: .*'1' is not a duration"),
        ("media: {gather_below: -1}", "media.gather_below: Input should be greater than or equal"),
        ("a: [", "is not YAML"),
        ("- a", "must hold keys and values"),
        ("start_room: a.b", "start_room: String should match pattern"),
    ],
)
def test_a_bad_file_is_told_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load({}, {}, given_file(tmp_path / "a.yaml", text))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load({}, {}, tmp_path / "none.yaml")


def test_keys_without_the_space_are_told() -> None:
    with pytest.raises(SettingsError, match="with a space after the colon"):
        load({}, {"LIVEKIT_KEYS": "key:secret"}, None)


def test_secrets_stay_out_of_the_settings_repr() -> None:
    settings = load({}, {"LIVEKIT_KEYS": "key: hush", "LIVEKIT_TURN": "{secret: x}"}, None)

    assert "hush" not in repr(settings)


@given(st.text())
def test_any_text_is_settings_or_refused(text: str) -> None:
    with contextlib.suppress(SettingsError, ValueError):
        Settings.model_validate(parse(text, "file"))
