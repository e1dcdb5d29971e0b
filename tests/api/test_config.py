"""What the folders below are told of the settings."""

import sys

from api.config import engine_configs, plane_config, signaling_config
from sfu.config import PlaneConfig
from sfu.gather import GatherRule
from sfu.media import PlayoutDelay
from sfu.speakers import SpeakerRules
from signaling.config import IceServer, Reconnect, SignalingConfig
from tests.api.planning import make


def test_the_engine_gets_addresses_and_ports() -> None:
    (config,) = engine_configs(make({"rtc": {"udp_port": "9000-9010", "tcp_port": 0}}))

    assert (config.addresses, config.advertise) == (["192.0.2.1"], ["203.0.113.1"])
    assert (config.udp_port, config.tcp_port) == (9000, None)
    assert config.node_id.startswith("ND_")


def test_the_engine_is_told_how_packets_come_and_go() -> None:
    (usual,) = engine_configs(make())
    assert (usual.gather, usual.portable) == (GatherRule(), False)

    media = {"gather": "0", "gather_below": 100, "portable": True}
    for config in engine_configs(make({"media": media}, workers=[9000, 9001])):
        assert (config.gather, config.portable) == (GatherRule(0, 100), True)


def test_each_media_process_gets_a_port_and_a_name_of_its_own() -> None:
    first, second = engine_configs(make(workers=[9000, 9001]))

    assert (first.udp_port, second.udp_port) == (9000, 9001)
    assert first.node_id != second.node_id


def test_signaling_defaults_are_those_of_the_file() -> None:
    assert signaling_config(make().settings) == SignalingConfig()


def test_signaling_gets_rooms_limits_and_servers() -> None:
    config = signaling_config(
        make(
            {
                "region": "north",
                "room": {
                    "max_participants": 8,
                    "enabled_codecs": [{"mime": "audio/opus", "fmtp_line": "a=1"}],
                },
                "limit": {"max_room_name_length": 0, "max_metadata_size": 10},
                "rtc": {
                    "stun_servers": ["stun.example:3478"],
                    "turn_servers": [
                        {"host": "turn.example", "port": 443, "protocol": "tls", "username": "u"},
                        {"host": "turn.example"},
                        {"host": "turn.example", "secret": " hush ", "username": "u"},
                        {"host": "turn.example", "secret": "hush", "ttl": 60},
                        {"host": "turn.example", "secret": "hush", "ttl": -1},
                    ],
                },
            }
        ).settings
    )

    assert config.region == "north"
    assert (config.room.max_participants, config.room.enabled_codecs) == (
        8,
        (("audio/opus", "a=1"),),
    )
    assert (config.limits.room_name_length, config.limits.metadata_size) == (sys.maxsize, 10)
    assert config.ice_servers == (
        IceServer(("stun:stun.example:3478",)),
        IceServer(("turns:turn.example:443?transport=tcp",), "u"),
        IceServer(("turn:turn.example:3478?transport=udp",)),
        IceServer(("turn:turn.example:3478?transport=udp",), secret="hush", ttl=14_400),
        IceServer(("turn:turn.example:3478?transport=udp",), secret="hush", ttl=60),
        IceServer(("turn:turn.example:3478?transport=udp",), secret="hush", ttl=300),
    )


def test_the_files_ideas_of_speech_and_key_frames_reach_the_media_plane() -> None:
    audio = {"active_level": 40, "min_percentile": 50, "update_interval": 200}
    throttle = {"low_quality": "250ms", "mid_quality": "2s"}
    config = plane_config(make({"audio": audio, "rtc": {"pli_throttle": throttle}}).settings)

    assert config.speakers == SpeakerRules(interval=0.2, active_level=40, least_active=0.5)
    assert config.key_frame_intervals == (0.25, 2.0, 1.0)
    assert plane_config(make().settings) == PlaneConfig()


def test_sound_can_be_repeated_for_those_who_know_how_to_read_it() -> None:
    config = signaling_config(make({"audio": {"active_red_encoding": True}}).settings)
    assert config.room.adds_red


def test_data_tracks_can_be_had_or_not() -> None:
    keys = {"enable_data_tracks": False, "enable_participant_data_blob": True}
    config = signaling_config(make(keys).settings)
    assert (config.enable_data_tracks, config.enable_data_blobs) == (False, True)


def test_a_delay_of_pictures_counts_when_it_is_enabled() -> None:
    delay = {"enabled": True, "min": 100, "max": 300}
    for room, expected in (
        ({"playout_delay": delay}, PlayoutDelay(100, 300)),
        ({"playout_delay": delay | {"enabled": False}}, None),
    ):
        assert signaling_config(make({"room": room}).settings).room.playout_delay == expected


def test_what_makes_a_client_begin_anew() -> None:
    assert signaling_config(make().settings).reconnect == Reconnect()
    keys = ("publication", "subscription", "data_channel")
    rtc = {f"reconnect_on_{key}_error": True for key in keys}
    assert signaling_config(make({"rtc": rtc}).settings).reconnect == Reconnect(True, True, True)


def test_how_long_data_may_wait_for_a_slow_reader() -> None:
    config = signaling_config(make().settings)
    assert (config.lossy_latency, config.frame_latency) == (0.0, 0.1)
    rtc = {"lossy_target": "250ms", "data_track_target": "1s"}
    keys = {"rtc": {f"datachannel_{name}_latency": value for name, value in rtc.items()}}
    config = signaling_config(make(keys).settings)
    assert (config.lossy_latency, config.frame_latency) == (0.25, 1.0)
