"""What the media plane tells signaling. With `sfu/commands.py` this is the whole seam."""

from dataclasses import dataclass, field
from enum import StrEnum


class TransportState(StrEnum):
    CONNECTED = "connected"  # ICE and DTLS are up
    DISCONNECTED = "disconnected"  # no check for 10 s; media may come back by itself
    FAILED = "failed"  # 15 s without a check, or the handshake cannot succeed


@dataclass(slots=True)
class TransportChanged:
    transport: str
    peer: str
    state: TransportState
    reason: str = ""  # why it failed, for the log: "consent", "fingerprint", "srtp_profile", ...
    address: str = ""  # the client's, "192.0.2.1:5000/udp", once connected


@dataclass(slots=True)
class ChannelsOpened:
    """Reliable and lossy data channels of this transport can be written."""

    transport: str
    peer: str


@dataclass(slots=True)
class ChannelsClosed:
    """The client has closed one of the two; the transport itself goes on."""

    transport: str
    peer: str


@dataclass(slots=True)
class SequenceTold:
    """The answer to TellSequence."""

    peer: str
    sequence: int  # of the last reliable packet that was accepted; 0: none


@dataclass(slots=True)
class CallAnswered:
    """A peer's word on an RPC that we have made (SendData with `call`)."""

    peer: str
    call: str
    response: bytes = b""  # an encoded livekit.RpcResponse; empty: it has got the request


@dataclass(slots=True)
class TrackStarted:
    """The first media packet of a publication came."""

    peer: str
    track: str
    mime: str  # of the payload type that is used


@dataclass(slots=True)
class StreamPaused:
    """A subscription gets nothing for want of bandwidth (`is_paused`), or something again."""

    peer: str  # the subscriber
    track: str
    is_paused: bool


@dataclass(slots=True)
class LayerStream:
    """By which streams a layer comes. With all layers in one stream it stands for the whole."""

    quality: int
    ssrc: int
    rtx_ssrc: int = 0  # 0: not known yet


@dataclass(slots=True)
class LayersChanged:
    """Which qualities of a video publication flow now."""

    peer: str
    track: str
    qualities: list[int]
    streams: list[LayerStream] = field(default_factory=list)  # all that have come by now


@dataclass(slots=True)
class Speaker:
    peer: str
    level: float  # 0..1, in steps of 1/8
    active: bool


@dataclass(slots=True)
class SpeakersChanged:
    """Only those whose level or activity changed (LiveKit)."""

    room: str
    speakers: list[Speaker]


@dataclass(slots=True)
class PeerQuality:
    peer: str
    quality: int  # livekit.ConnectionQuality: POOR 0, GOOD 1, EXCELLENT 2, LOST 3
    score: float  # MOS 1..4.5


@dataclass(slots=True)
class QualityChanged:
    room: str
    peers: list[PeerQuality]


Event = (
    TransportChanged
    | ChannelsOpened
    | ChannelsClosed
    | SequenceTold
    | CallAnswered
    | TrackStarted
    | StreamPaused
    | LayersChanged
    | SpeakersChanged
    | QualityChanged
)
