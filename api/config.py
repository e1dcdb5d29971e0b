"""The settings as each folder's own configuration."""

import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from google.protobuf import json_format
from livekit.protocol.room import RoomConfiguration

from api.plan import Plan, public_ports
from api.rules.publicity import PublicPorts
from api.rules.workers import udp_ports
from api.schema import TurnServer
from api.settings import Settings, SettingsError
from api.sharing import Sharing, shared_candidates
from sfu.aio.listening import EngineConfig
from sfu.config import PlaneConfig
from sfu.gather import GatherRule
from sfu.media import PlayoutDelay
from sfu.speakers import SpeakerRules
from signaling.config import (
    EnabledCodec,
    IceServer,
    Limits,
    OwnRelay,
    Reconnect,
    RoomDefaults,
    SignalingConfig,
    Timers,
)
from signaling.webhooks import WebhookConfig

SHORTEST = 300  # seconds
DAY = 86_400  # seconds
FOUR_HOURS = 14_400
UNLIMITED = sys.maxsize  # 0 in the file, as in LiveKit


def engine_configs(plan: Plan) -> list[EngineConfig]:
    """One for each media process; or the one for the main process, when there are none.

    Raises SettingsError, ListenError.
    """
    ports = plan.workers or udp_ports(plan.settings.rtc.udp_port)[:1]
    configs = [engine_config(plan, port) for port in ports]
    outside = public_ports(plan.settings)
    check_mapping(plan, outside, configs)
    if (sharing := Sharing.of(plan)).has(plan.settings.rtc.tcp_port):
        shared = shared_candidates(sharing, configs[0], outside)
        return [replace(config, tcp_port=None, elsewhere=shared) for config in configs]
    return configs


def check_mapping(plan: Plan, outside: PublicPorts, configs: list[EngineConfig]) -> None:
    """Raises SettingsError: what media itself listens on is what clients are told."""
    mapped = [c.udp_port for c in configs if outside.udp(c.udp_port) != c.udp_port]
    tcp = plan.settings.rtc.tcp_port
    if not Sharing.of(plan).has(tcp) and outside.tcp(tcp) != tcp:
        mapped.append(tcp)
    if mapped:
        raise SettingsError(
            f"public.ports: media is told the port {mapped[0]} that it listens on: let it be the "
            "same outside, or give media over TCP the port of HTTP"
        )


def engine_config(plan: Plan, udp_port: int) -> EngineConfig:
    media = plan.settings.media
    return EngineConfig(
        node_id=f"ND_{secrets.token_hex(6)}",
        addresses=plan.media.bound,
        advertise=plan.media.advertised,
        udp_port=udp_port,
        tcp_port=plan.settings.rtc.tcp_port or None,
        plane=plane_config(plan.settings),
        gather=GatherRule(media.gather, media.gather_below),
        portable=media.portable,
    )


def plane_config(settings: Settings) -> PlaneConfig:
    audio, throttle = settings.audio, settings.rtc.pli_throttle
    return PlaneConfig(
        speakers=SpeakerRules(
            interval=audio.update_interval / 1000,
            active_level=audio.active_level,
            least_active=audio.min_percentile / 100,
            smooth_intervals=audio.smooth_intervals,
        ),
        key_frame_intervals=(throttle.low_quality, throttle.mid_quality, throttle.high_quality),
    )


def signaling_config(settings: Settings, relay: OwnRelay | None = None) -> SignalingConfig:
    room, limit = settings.room, settings.limit
    delay = room.playout_delay
    codecs = tuple(EnabledCodec(codec.mime, codec.fmtp_line) for codec in room.enabled_codecs)
    defaults = RoomDefaults(
        auto_create=room.auto_create,
        max_participants=room.max_participants,
        empty_timeout=room.empty_timeout,
        departure_timeout=room.departure_timeout,
        enabled_codecs=codecs or RoomDefaults().enabled_codecs,
        regression_threshold=settings.video.codec_regression_threshold,
        adds_red=settings.audio.active_red_encoding,
        sync_streams=room.sync_streams,
        playout_delay=PlayoutDelay(delay.min, delay.max) if delay.enabled else None,
        update_size=room.update_batch_target_size,
        full_in_events=room.enable_full_room_in_webhooks,
        enable_remote_unmute=room.enable_remote_unmute,
        presets={name: _preset(name, keys) for name, keys in room.room_configurations.items()},
    )
    return SignalingConfig(
        region=settings.region,
        allow_tcp_fallback=settings.rtc.allow_tcp_fallback,
        lossy_latency=settings.rtc.datachannel_lossy_target_latency,
        frame_latency=settings.rtc.datachannel_data_track_target_latency,
        reconnect=Reconnect(
            on_publication_error=settings.rtc.reconnect_on_publication_error,
            on_subscription_error=settings.rtc.reconnect_on_subscription_error,
            on_data_channel_error=settings.rtc.reconnect_on_data_channel_error,
        ),
        enable_data_tracks=settings.enable_data_tracks,
        enable_data_blobs=settings.enable_participant_data_blob,
        tells_events=bool(settings.webhook.urls),
        agents_record=settings.agents.enable_user_data_recording,
        ice_servers=tuple(_ice_servers(settings)),
        relay=relay,
        room=defaults,
        limits=Limits(
            name_length=limit.max_participant_name_length or UNLIMITED,
            identity_length=limit.max_participant_identity_length or UNLIMITED,
            room_name_length=limit.max_room_name_length or UNLIMITED,
            metadata_size=limit.max_metadata_size or UNLIMITED,
            attributes_size=limit.max_attributes_size or UNLIMITED,
            video_subscriptions=limit.subscription_limit_video,
            audio_subscriptions=limit.subscription_limit_audio,
            node_tracks=max(0, limit.num_tracks),
            node_bytes=max(0.0, limit.bytes_per_sec),
            message_size=limit.signal_message_size_limit,
            worker_message_size=limit.agent_signal_message_size_limit,
        ),
        timers=Timers(quality_lowering=settings.video.dynacast_pause_delay),
    )


def own_relay(plan: Plan, urls: list[str]) -> OwnRelay:
    """As signaling tells of it. Lifetimes are bounded as LiveKit has it."""
    key, secret = next(iter(plan.keys.items()))
    ttl = max(plan.settings.turn.ttl_seconds, SHORTEST)  # who joins has to have time to begin
    return OwnRelay(tuple(urls), key, secret, _lifetime(ttl))


def _lifetime(seconds: int) -> int:
    """Of a password for a relay, within bounds."""
    return min(seconds, DAY) if seconds > 0 else SHORTEST


def webhook_config(plan: Plan) -> WebhookConfig:
    webhook = plan.settings.webhook
    return WebhookConfig(
        urls=tuple(dict.fromkeys(webhook.urls)),
        key=webhook.api_key,
        secret=plan.keys.get(webhook.api_key, ""),
        include=frozenset(webhook.filter_params.include_events),
        exclude=frozenset(webhook.filter_params.exclude_events),
    )


def _preset(name: str, keys: Mapping[str, Any]) -> RoomConfiguration:
    """Raises SettingsError."""
    try:
        preset = json_format.ParseDict(dict(keys or {}), RoomConfiguration())
    except (json_format.ParseError, TypeError, ValueError) as error:
        raise SettingsError(f"room.room_configurations.{name}: {error}") from None
    preset.name = name
    return preset


def _ice_servers(settings: Settings) -> Iterator[IceServer]:
    for server in settings.rtc.stun_servers:
        yield IceServer((server if server.startswith(("stun:", "stuns:")) else f"stun:{server}",))
    for turn in settings.rtc.turn_servers:
        url = (_turn_url(turn),)
        if secret := turn.secret.strip():
            yield IceServer(url, secret=secret, ttl=_lifetime(turn.ttl or FOUR_HOURS))
        else:
            yield IceServer(url, turn.username, turn.credential)


def _turn_url(server: TurnServer) -> str:
    scheme = "turns" if server.protocol == "tls" else "turn"
    transport = "udp" if server.protocol == "udp" else "tcp"
    return f"{scheme}:{server.host}:{server.port}?transport={transport}"
