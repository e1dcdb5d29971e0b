"""LiveKit's configuration file, every key of it, so that existing files load.

A key made with `later` loads too, but its feature is not here yet: a value that differs from the
default is reported by name. Keys that nobody knows are kept aside and reported (`unknown_keys`).
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    model_validator,
)

from api.rules.durations import parse_duration

Port = Annotated[int, Field(ge=0, le=65535)]  # 0: the system chooses
Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(gt=0)]  # bytes
Secret = Annotated[str, Field(repr=False)]
Seconds = Annotated[float, BeforeValidator(parse_duration)]


def later(default: Any = None) -> Any:
    """The default of a key whose feature is not here yet."""
    return Field(default, json_schema_extra={"later": True})


class Section(BaseModel):
    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)


class Logging(Section):
    level: str = ""
    json_lines: Annotated[bool, Field(alias="json")] = False
    sample: bool = later(False)
    pion_level: str = later("error")


class Selection(Section):
    includes: list[str] = []
    excludes: list[str] = []


class Networks(Section):
    includes: list[IPvAnyNetwork] = []
    excludes: list[IPvAnyNetwork] = []


class PliThrottle(Section):
    low_quality: Seconds = 0.5
    mid_quality: Seconds = 1.0
    high_quality: Seconds = 1.0


class Rtc(Section):
    port_range_start: Port = later(0)
    port_range_end: Port = later(0)
    tcp_port: Port = 7881
    udp_port: Port | str = 7882  # or a range, a media process for each
    use_external_ip: bool = later(False)
    advertise_internal_ip: bool = later(False)
    external_ip_only: bool = later(False)
    skip_external_ip_validation: bool = later(False)
    node_ip: IPvAnyAddress | None = None
    use_ice_lite: bool = True  # we are never anything else
    use_mdns: bool = later(False)
    stun_servers: list[str] = []
    turn_servers: list["TurnServer"] = []
    interfaces: Selection = Selection()
    ips: Networks = Networks()
    enable_loopback_candidate: bool = False
    packet_buffer_size: int = later(500)
    packet_buffer_size_video: int = later(500)
    packet_buffer_size_audio: int = later(200)
    pli_throttle: PliThrottle = PliThrottle()
    congestion_control: dict[str, Any] = later({})
    allow_tcp_fallback: bool = True
    tcp_fallback_rtt_threshold: int = later(0)
    allow_udp_unstable_fallback: bool = later(False)
    reconnect_on_publication_error: bool = False
    reconnect_on_subscription_error: bool = False
    reconnect_on_data_channel_error: bool = False
    strict_acks: bool = later(False)
    batch_io: dict[str, Any] = later({})
    datachannel_slow_threshold: int = later(0)
    datachannel_lossy_target_latency: Seconds = 0.0
    datachannel_data_track_target_latency: Seconds = 0.1
    forward_stats: dict[str, Any] = later({})


class TurnServer(Section):
    host: str
    port: Port = 3478
    protocol: str = "udp"  # udp | tcp | tls
    username: str = ""
    credential: Secret = ""
    secret: Secret = ""
    secret_file: str = ""
    ttl: int = 0


class Turn(Section):
    """Our own relay."""

    enabled: bool | None = None  # None: when `domain` or a port is given, or without a file
    domain: str = ""
    cert_file: str = ""
    key_file: str = ""
    udp_port: Port | None = None
    tcp_port: Port | None = None
    tls_port: Port | None = None
    external_tls: bool = False
    bind_addresses: list[str] = []
    relay_range_start: Port = 0
    relay_range_end: Port = 0
    ttl_seconds: int = 300
    per_user_relay_allocation_limit: int = 12
    per_user_bandwidth: Annotated[float, Field(ge=0)] = 12_500_000.0  # bytes per second
    allow_restricted_peer_cidrs: list[str] = []
    deny_peer_cidrs: list[str] = []
    realm: str = ""
    users: Annotated[dict[str, str], Field(repr=False)] = {}
    secrets: Annotated[list[str], Field(repr=False)] = []

    @model_validator(mode="before")
    @classmethod
    def spell_out(cls, values: Any) -> Any:
        """Short names of two keys."""
        if isinstance(values, dict):
            short = {"bind": "bind_addresses", "allow_peers": "allow_restricted_peer_cidrs"}
            return {short.get(key, key): value for key, value in values.items()}
        return values


class EnabledCodec(Section):
    mime: str
    fmtp_line: str = ""


class PlayoutDelay(Section):
    enabled: bool = False
    min: Count = 0
    max: Count = 0


class Room(Section):
    auto_create: bool = True
    enabled_codecs: list[EnabledCodec] = []
    max_participants: Count = 0
    empty_timeout: Count = 300
    departure_timeout: Count = 20
    enable_remote_unmute: bool = False
    playout_delay: PlayoutDelay = PlayoutDelay()
    sync_streams: bool = False
    enable_full_room_in_webhooks: bool = False
    create_room_enabled: bool = later(True)
    create_room_timeout: Seconds = later(10.0)
    create_room_attempts: int = later(3)
    update_batch_target_size: Count = 131072
    room_configurations: dict[str, dict[str, Any]] = {}


class Audio(Section):
    active_level: int = 35
    min_percentile: int = 40
    update_interval: int = 400
    smooth_intervals: int = 2
    active_red_encoding: bool = False
    enable_loss_proxying: bool = later(False)


class Video(Section):
    dynacast_pause_delay: Seconds = 5.0
    codec_regression_threshold: int = 5
    stream_tracker_manager: dict[str, Any] = later({})


class Limit(Section):
    num_tracks: int = -1  # none
    bytes_per_sec: float = 1_000_000_000  # LiveKit's
    subscription_limit_video: Count = 0
    subscription_limit_audio: Count = 0
    max_metadata_size: Count = 512 * 1024
    max_attributes_size: Count = 64 * 1024
    max_room_name_length: Count = 256
    max_participant_identity_length: Count = 256
    max_participant_name_length: Count = 256
    signal_message_size_limit: Size = 2 * 1024 * 1024
    agent_signal_message_size_limit: Size = 2 * 1024 * 1024
    max_api_request_body_size: Size = 10 * 1024 * 1024


class EventFilter(Section):
    include_events: list[str] = []
    exclude_events: list[str] = []


class Webhook(Section):
    urls: list[str] = []
    api_key: str = ""  # one of `keys`
    filter_params: EventFilter = EventFilter()
    url_notifier: dict[str, Any] = later({})
    resource_url_notifier: dict[str, Any] = later({})


class Agents(Section):
    enable_user_data_recording: bool = False
    enable_user_data_redaction: bool = later(False)
    target_load: float = later(0.7)


class Prometheus(Section):
    port: Port = 0  # 0: none
    username: str = ""
    password: Secret = ""


class LiveKit(Section):
    """The top level of the file."""

    port: Port = 7880
    bind_addresses: list[str] = []
    region: str = ""
    keys: Annotated[dict[str, str], Field(repr=False)] = {}
    key_file: str = ""
    log_level: str = ""
    logging: Logging = Logging()
    development: bool = later(False)
    rtc: Rtc = Rtc()
    room: Room = Room()
    audio: Audio = Audio()
    video: Video = Video()
    limit: Limit = Limit()
    redis: dict[str, Any] = later({})
    turn: Turn = Turn()
    ingress: dict[str, Any] = later({})
    sip: dict[str, Any] = later({})
    whip: dict[str, Any] = later({})
    webhook: Webhook = Webhook()
    agents: Agents = Agents()
    api: dict[str, Any] = later({})
    node_selector: dict[str, Any] = later({})
    signal_relay: dict[str, Any] = later({})
    psrpc: dict[str, Any] = later({})
    prometheus: Prometheus = Prometheus()
    prometheus_port: Port = 0  # LiveKit's old name for `prometheus.port`
    debug_handler: dict[str, Any] = later({})
    node_stats: dict[str, Any] = later({})
    metric: dict[str, Any] = later({})
    trace: dict[str, Any] = later({})
    enable_data_tracks: bool = True
    enable_participant_data_blob: bool = False

    @property
    def metrics_port(self) -> int:
        return self.prometheus_port or self.prometheus.port


def key_of(model: type[BaseModel], name: str) -> str:
    """A field's name in the file."""
    return model.model_fields[name].alias or name


def walk(section: BaseModel, path: str = "") -> Iterator[tuple[str, BaseModel]]:
    """A section and those within it, each with its path: "rtc.", "rtc.turn_servers.0."."""
    yield path, section
    for name in type(section).model_fields:
        value = getattr(section, name)
        key = f"{path}{key_of(type(section), name)}."
        if isinstance(value, BaseModel):
            yield from walk(value, key)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from walk(item, f"{key}{number}.")


def unknown_keys(settings: BaseModel) -> list[str]:
    return [path + key for path, section in walk(settings) for key in section.model_extra or {}]


def ignored_keys(settings: BaseModel) -> list[str]:
    """Keys with a value of their own whose feature is not here yet."""
    return [
        path + key_of(type(section), name)
        for path, section in walk(settings)
        for name in type(section).model_fields
        if is_later(type(section), name) and _asks_for_something(section, name)
    ]


def is_later(model: type[BaseModel], name: str) -> bool:
    extra = model.model_fields[name].json_schema_extra
    return isinstance(extra, dict) and "later" in extra


def _asks_for_something(section: BaseModel, name: str) -> bool:
    value = getattr(section, name)
    if name not in section.model_fields_set or value == type(section).model_fields[name].default:
        return False
    return not (isinstance(value, dict) and value.get("enabled") in (False, "false"))
