"""What both sides of the seam say about media: codecs, layers, credentials, candidates.

Everything here is made of plain values only, since commands and events carry it between processes
later.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class Setup(StrEnum):
    """Our DTLS role (RFC 5763, `a=setup`)."""

    ACTIVE = "active"  # we send the ClientHello
    PASSIVE = "passive"


@dataclass(slots=True)
class Codec:
    """One negotiated payload format, with the payload type of one transport (RFC 8829)."""

    mime: str  # lower case, "video/vp8"
    payload_type: int
    clock_rate: int  # Hz
    channels: int = 0  # 0 for video
    fmtp: str = ""
    rtx: int | None = None  # payload type of its retransmission format (RFC 4588)
    feedback: list[str] = field(default_factory=list)  # "nack", "nack pli", "transport-cc", ...


@dataclass(slots=True)
class Encoding:
    """One layer that a publisher sends: a simulcast stream, or the only one."""

    quality: int  # livekit.VideoQuality: LOW 0, MEDIUM 1, HIGH 2
    rid: str = ""  # RFC 8851; empty when there is but one
    ssrc: int = 0  # 0 while unknown: learnt from rid or mid
    rtx_ssrc: int = 0
    width: int = 0  # pixels, as announced
    height: int = 0


@dataclass(slots=True)
class PlayoutDelay:
    """How long a viewer shall hold pictures back at least and at most, in milliseconds."""

    minimum: int
    maximum: int  # 0: not said


@dataclass(slots=True)
class IceCredentials:
    """A user name fragment and its password (RFC 8445, section 5.3)."""

    ufrag: str
    password: str


@dataclass(slots=True)
class Fingerprint:
    """A certificate's hash as SDP writes it (RFC 8122, section 5)."""

    algorithm: str  # "sha-256"
    value: str  # upper-case hex pairs with colons


@dataclass(slots=True)
class Candidate:
    """An address that clients may send to."""

    protocol: str  # "udp" | "tcp" (passive, RFC 6544)
    ip: str
    port: int


@dataclass(slots=True)
class NodeInfo:
    """What signaling must know of a media node before it can answer an offer without asking it."""

    node_id: str
    candidates: list[Candidate]
    fingerprint: Fingerprint
