"""What signaling tells the media plane. With `sfu/events.py` this is the whole seam.

Signaling chooses every identifier (sids, SSRCs, ICE credentials), so that it can answer a client's
offer at once, without waiting for the media plane.
"""

from dataclasses import dataclass, field

from sfu.media import Codec, Encoding, Fingerprint, IceCredentials, Kind, PlayoutDelay, Setup


@dataclass(slots=True)
class AddPeer:
    """A participant enters a room. Its transports follow."""

    room: str  # room sid
    peer: str  # participant sid, the key of everything below
    identity: str
    hidden: bool = False  # its data packets carry no sender
    can_publish_data: bool = True
    is_agent: bool = False  # may speak for others in transcriptions and chat
    is_bare: bool = False  # gets the payloads of user packets alone, on the first channel it opens


@dataclass(slots=True)
class UpdatePeer:
    """Permissions changed."""

    peer: str
    hidden: bool
    can_publish_data: bool
    is_agent: bool = False


@dataclass(slots=True)
class MovePeer:
    """The participant goes to another room with all that it has; subscriptions follow."""

    peer: str
    room: str  # room sid


@dataclass(slots=True)
class RemovePeer:
    """The participant has left: its transports, publications and subscriptions end."""

    peer: str


@dataclass(slots=True)
class AddTransport:
    """A peer connection, known by our own credentials until the client's arrive."""

    transport: str  # "<participant sid>/0" publisher or single, "<participant sid>/1" subscriber
    peer: str
    local: IceCredentials
    carries_data: bool = True  # what is sent to the peer leaves by this transport's channels
    opens_channels: bool = False  # v0 subscriber: we open the data channels; else the client does
    lossy_latency: float = 0.0  # seconds that lossy packets may wait; 0: whatever it takes
    frame_latency: float = 0.1  # the same of data tracks


@dataclass(slots=True)
class ConnectTransport:
    """The client's description is known. Sent again after a renegotiation: equal values do nothing.

    New `local` and `remote` credentials are an ICE restart (RFC 8445, section 9): DTLS, SRTP and
    SCTP go on.
    """

    transport: str
    local: IceCredentials
    remote: IceCredentials
    fingerprint: Fingerprint
    setup: Setup
    sctp_port: int = 5000
    max_message_size: int = 65536  # bytes, what the client takes
    has_data: bool = True  # the description has an application section
    extensions: dict[str, int] = field(default_factory=dict)  # URI -> id, for what the client sends


@dataclass(slots=True)
class RemoveTransport:
    transport: str


@dataclass(slots=True)
class AddPublication:
    """A track that the client sends on one m-line. Sent again when its description changes."""

    transport: str
    peer: str
    track: str  # track sid
    mid: str
    kind: Kind
    codecs: list[Codec]  # all that the client may send on this m-line, its numbers
    encodings: list[Encoding]  # lowest quality first
    muted: bool = False
    is_screen: bool = False
    is_encrypted: bool = False  # E2EE: the payload is opaque
    # Where one stream has all layers (SVC): the quality of each spatial layer, lowest first.
    spatial_qualities: list[int] = field(default_factory=list)


@dataclass(slots=True)
class MutePublication:
    track: str
    muted: bool


@dataclass(slots=True)
class RemovePublication:
    track: str


@dataclass(slots=True)
class AddSubscription:
    """Forward a track to a peer on one of its m-lines. `(peer, track)` is its key.

    Sent again when the m-line was renegotiated (another mid or other payload types): numbering
    goes on without a gap.
    """

    transport: str
    peer: str
    track: str
    mid: str
    codecs: list[Codec]  # what this m-line negotiated, its numbers; RED and Opus may both be there
    ssrc: int
    rtx_ssrc: int = 0  # 0: no RTX was negotiated, retransmissions leave on `ssrc`
    cname: str = ""
    extensions: dict[str, int] = field(default_factory=dict)  # URI -> id on this m-line
    disabled: bool = False
    quality: int = 2  # highest wanted, as in UpdateSubscription
    fps: int = 0
    is_opened: bool = (
        False  # the client learns of a track by its first packet: make some if need be
    )
    trailer: bytes = b""  # behind silence of ours in an encrypted track, for the client to know it
    strips_trailers: bool = False  # the client does not know metadata behind frames
    delay: PlayoutDelay | None = None  # told where `extensions` has room for it


@dataclass(slots=True)
class UpdateSubscription:
    """The subscriber's wish (UpdateTrackSettings), dimensions already turned into a quality."""

    peer: str
    track: str
    disabled: bool
    quality: int  # highest wanted: LOW 0, MEDIUM 1, HIGH 2
    fps: int = 0  # highest wanted, 0 for no limit


@dataclass(slots=True)
class RemoveSubscription:
    peer: str
    track: str
    goes_on: bool = False  # its SSRC gets another publication of the same track


@dataclass(slots=True)
class AddDataTrack:
    """The peer sends frames of this data track under its number `handle`."""

    peer: str
    track: str  # track sid
    handle: int  # 16 bits


@dataclass(slots=True)
class RemoveDataTrack:
    """With all that subscribe to it."""

    track: str


@dataclass(slots=True)
class AddDataSubscription:
    """Forward a data track to a peer, under the number that this peer has been told."""

    peer: str
    track: str
    handle: int  # 16 bits


@dataclass(slots=True)
class RemoveDataSubscription:
    peer: str
    track: str


@dataclass(slots=True)
class TellSequence:
    """Tell how many of a peer's reliable packets have arrived (SequenceTold); always answered."""

    peer: str


@dataclass(slots=True)
class SendData:
    """A server-made data packet: an encoded livekit.DataPacket for some peers, or for a room."""

    room: str
    payload: bytes
    reliable: bool
    peers: list[str] = field(default_factory=list)  # participant sids; empty: everybody
    call: str = ""  # id of the RPC that it begins: what its one peer answers is a CallAnswered


Command = (
    AddPeer
    | UpdatePeer
    | MovePeer
    | RemovePeer
    | AddTransport
    | ConnectTransport
    | RemoveTransport
    | AddPublication
    | MutePublication
    | RemovePublication
    | AddSubscription
    | UpdateSubscription
    | RemoveSubscription
    | AddDataTrack
    | RemoveDataTrack
    | AddDataSubscription
    | RemoveDataSubscription
    | TellSequence
    | SendData
)
