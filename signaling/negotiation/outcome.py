"""What a negotiation is told (rules, pending tracks, wishes) and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from livekit.protocol.models import AudioTrackFeature, TrackInfo, TrackSource, TrackType

from sfu.commands import Command
from sfu.media import Encoding, Kind, PlayoutDelay
from signaling.errors import SignalingError

ENABLED = (
    "audio/red",
    "audio/opus",
    "audio/pcmu",
    "audio/pcma",
    "video/vp8",
    "video/h264",
    "video/vp9",
    "video/av1",
    "video/h265",
)


class NegotiationError(SignalingError):
    """The client's description cannot be used; the text says why. Our state has not changed."""


@dataclass(slots=True)
class ClientRules:
    """What is special about this client, and which of our codecs it may use (LiveKit)."""

    enabled: tuple[str, ...] = ENABLED  # mimes, lower case; both directions
    # Of these mimes only the variants with such format parameters.
    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    barred: tuple[str, ...] = ()  # of those that the room has
    no_publish: tuple[str, ...] = ()  # not to be sent by this client, yet still received by it
    is_opened: bool = False  # learns of a track by its first packet alone
    trailer: bytes = b""  # how this client knows silence of ours in encrypted tracks
    takes_trailers: bool = True  # knows metadata behind frames
    lacks_reports: bool = False  # does not send sender reports of all its layers
    delay: PlayoutDelay | None = None  # that it is told of with video


@dataclass(slots=True)
class PendingTrack:
    """A track that AddTrack announced and whose media section has not come yet."""

    cid: str
    info: TrackInfo

    @property
    def kind(self) -> Kind:
        return Kind.VIDEO if self.info.type == TrackType.VIDEO else Kind.AUDIO

    @property
    def is_screen(self) -> bool:
        return self.info.source == TrackSource.SCREEN_SHARE

    @property
    def has_dtx(self) -> bool:
        return not (
            self.info.disable_dtx or AudioTrackFeature.TF_NO_DTX in self.info.audio_features
        )

    @property
    def is_stereo(self) -> bool:
        return self.info.stereo or AudioTrackFeature.TF_STEREO in self.info.audio_features


@dataclass(slots=True)
class Wish:
    """A track that this client should receive.

    `disabled`, `quality` and `fps` are copied into every AddSubscription.
    """

    track: str  # track sid
    publisher: str  # participant sid
    kind: Kind
    mimes: list[str]  # the publisher's, preferred first: ["audio/red", "audio/opus"]
    stream: str  # "PA_x|TR_x"
    stereo: bool = False  # the publisher sends stereo
    has_trailers: bool = False  # frames have metadata behind them
    disabled: bool = False
    quality: int = 2
    fps: int = 0
    media: str = ""  # the publication that it gets, when that is not the track's first codec

    def __post_init__(self) -> None:
        self.media = self.media or self.track


@dataclass(slots=True)
class Published:
    """A pending track has found its media section."""

    cid: str  # of the PendingTrack
    track: str  # track sid
    mid: str
    mimes: list[str]  # what it will send, for Wish too; the first is TrackInfo.mime_type
    sdp_cid: str  # the track id in the SDP: not `cid` with Firefox
    encodings: list[Encoding] = field(default_factory=list)  # lowest quality first


@dataclass(slots=True)
class Outcome:
    """What a step of a negotiation leads to. Commands are in the order they must be carried out."""

    sdp: str = ""  # the answer or offer; empty when the step makes none
    commands: list[Command] = field(default_factory=list)
    mid_to_track_id: dict[str, str] = field(default_factory=dict)  # all downstream sections
    published: list[Published] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)  # track sids whose section has ended
    bound: list[str] = field(default_factory=list)  # track sids that have got a section
    unsupported: list[str] = field(default_factory=list)  # wishes that the client cannot decode
    needs_offer: bool = False  # Answerer: send media_sections_requirement{*missing}, also if 0/0
    missing: tuple[int, int] = (0, 0)  # additional audio and video sections to ask for
