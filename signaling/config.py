"""What signaling can be told. `api` fills it in from the operator's file (LiveKit)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from livekit.protocol.room import RoomConfiguration

from sfu.media import PlayoutDelay


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server that clients shall use."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)  # makes each participant a password of its own
    ttl: int = 14400  # seconds that it is good for


class EnabledCodec(NamedTuple):
    mime: str
    fmtp: str = ""  # format parameters: no other variant of it is allowed; empty: any is


@dataclass(frozen=True, slots=True)
class OwnRelay:
    """Our own TURN server. Each participant gets a password of its own for it."""

    urls: tuple[str, ...]
    key: str  # an API key and its secret make the passwords
    secret: str = field(repr=False)
    ttl: float = 300.0  # seconds within which a client has to begin


@dataclass(frozen=True, slots=True)
class RoomDefaults:
    """For all rooms (YAML `room`)."""

    auto_create: bool = True
    max_participants: int = 0  # 0: no limit
    empty_timeout: int = 300  # seconds, for a room that nobody has entered yet
    departure_timeout: int = 20  # seconds after the last one has left
    enabled_codecs: tuple[EnabledCodec, ...] = (
        EnabledCodec("video/VP8"),
        EnabledCodec("video/H264"),
        EnabledCodec("video/VP9"),
        EnabledCodec("video/AV1"),
        EnabledCodec("video/H265"),
        EnabledCodec("audio/opus"),
        EnabledCodec("audio/red"),
        EnabledCodec("audio/PCMU"),
        EnabledCodec("audio/PCMA"),
    )
    regression_threshold: int = 5  # participants from which on a track may have two codecs
    adds_red: bool = False  # those who can have plain Opus with repetitions (LiveKit)
    sync_streams: bool = False  # a publisher's camera and microphone are one stream
    playout_delay: PlayoutDelay | None = None  # that viewers are asked for
    update_size: int = 128 * 1024  # bytes of a message about many participants
    full_in_events: bool = False  # webhooks about tracks tell the room in full
    enable_remote_unmute: bool = False  # may the server API unmute?
    presets: Mapping[str, RoomConfiguration] = field(default_factory=dict)  # by name


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one client can make us hold or do (YAML `limit`, and our own)."""

    name_length: int = 256  # of a participant
    identity_length: int = 256
    room_name_length: int = 256
    metadata_size: int = 512 * 1024  # bytes
    attributes_size: int = 64 * 1024  # bytes, keys and values together
    participants: int = 0  # on this node; 0: no limit
    joins_per_second: float = 50.0  # from one address, refused ones included; 0: no limit
    joins_burst: int = 1000  # a whole hospital may share an address
    tracks: int = 50  # published by one participant
    pending_tracks: int = 20  # announced, without media yet
    queued_tracks: int = 3  # announced again under a cid that is in use
    subscriptions: int = 500  # of one participant
    video_subscriptions: int = 0  # of these; 0: no limit
    audio_subscriptions: int = 0
    node_tracks: int = 0  # published and subscribed to, all together; 0: no limit
    node_bytes: float = 1e9  # per second, in and out, of all media together; 0: no limit
    data_tracks: int = 500  # published by one participant
    data_subscriptions: int = 1000  # of one participant
    requests_per_second: float = 100.0  # of every kind, on one connection
    requests_burst: float = 500.0
    fanouts_per_second: float = 10.0  # requests that everybody in the room hears of
    fanouts_burst: float = 40.0
    publishes_per_second: float = 10.0  # tracks of any kind: everybody in the room negotiates
    publishes_burst: float = 600.0
    message_size: int = 2 * 1024 * 1024  # bytes, one frame (LiveKit)
    worker_message_size: int = 2 * 1024 * 1024  # bytes, of an agent worker
    send_queue: int = 4 * 1024 * 1024  # bytes waiting for a socket that does not read


@dataclass(frozen=True, slots=True)
class Reconnect:
    """What makes a client begin anew (YAML `rtc.reconnect_on_...`)."""

    on_publication_error: bool = False
    on_subscription_error: bool = False
    on_data_channel_error: bool = False


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds; LiveKit's where it has the setting."""

    ping_interval: int = 5  # told to the client
    ping_timeout: int = 15  # told to the client
    never_active: float = 60.0  # from the join until the media must be up
    channels: float = 3.0  # ACTIVE without data channels when they do not open
    disconnected: float = 10.0  # without media until the removal, if no failure is reported
    failed: float = 5.0  # from the failure of the media until the removal
    resumed: float = 15.0  # from a resume until the media must be back
    refresh_token: float = 300.0
    track_not_found: float = 60.0
    unpublished: float = 30.0  # until the media of an announced track is missed
    unbound: float = 15.0  # until the media section of a subscription is missed
    second_codec: float = 15.0  # until a track's second codec, asked for, is missed
    requirement: float = 3.0  # until an unanswered request for an offer is repeated
    negotiation: float = 15.0  # until an unanswered offer ends in a full reconnect
    offer_debounce: float = 0.15  # between the offers to a v0 subscriber
    quality_lowering: float = 5.0  # dynacast: fewer layers only after this long
    # From the first media of a track: which layers of it are wanted is said again. Before a client
    # has finished publishing it knows nothing of the track, and lets the word pass.
    quality_repeats: tuple[float, ...] = (1.0, 10.0)
    room_refresh: float = 5.0  # participant counts
    news: float = 0.5  # of those who publish nothing, in a large room


@dataclass(frozen=True, slots=True)
class SignalingConfig:
    version: str = "1.13.5"  # JavaScript clients refuse anything below 1.8.0 (LiveKit)
    protocol: int = 17
    region: str = ""
    tells_events: bool = False  # somebody wants webhooks
    quiet_room: str = ""  # the server's own, to look at itself: told to nobody
    agents_record: bool = False  # agents may keep what they hear (YAML `agents`)
    ice_servers: tuple[IceServer, ...] = ()
    relay: OwnRelay | None = None
    allow_tcp_fallback: bool = True  # who loses UDP soon comes back by TCP, then by TLS
    reconnect: Reconnect = Reconnect()
    lossy_latency: float = 0.0  # seconds that lossy data may wait for a slow reader; 0: any time
    frame_latency: float = 0.1  # the same of data tracks
    enable_data_tracks: bool = True
    enable_data_blobs: bool = False  # YAML `enable_participant_data_blob`
    room: RoomDefaults = RoomDefaults()
    limits: Limits = Limits()
    timers: Timers = Timers()
