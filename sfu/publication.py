"""A published track, and the streams of packets that carry it."""

from typing import TYPE_CHECKING

from sfu.client import Client
from sfu.commands import AddPublication
from sfu.config import PlaneConfig
from sfu.feedback.clock import SenderClock
from sfu.feedback.keyframes import KeyframeRequests
from sfu.formats import LAYERED, Format, Payload, PayloadTypes
from sfu.levels import AudioLevel
from sfu.loops.voices import Voices
from sfu.media import Encoding, Kind
from sfu.numbering import Removals, TemporalDrops
from sfu.quality import TrackQuality, loss_weight
from sfu.tables import CAPS, Streams
from simulcast.layers import HIGH, LOW
from simulcast.tracker import Tracker

if TYPE_CHECKING:
    from sfu.layering import Layering
    from sfu.layout import Layout
    from sfu.subscription import Subscription
    from sfu.translation import Translator
    from sfu.views import Splitter


class Stream:
    """One layer of a publication as packets, a translation of it into another format, or a view.

    Its numbers stand in `tables.Streams`, row `row`.
    """

    __slots__ = (
        "clock",
        "drops",
        "forced_at",
        "is_capped",
        "is_restarted",
        "keys",
        "layering",
        "layout",
        "old",
        "payload",
        "payload_type",
        "publication",
        "quality",
        "recapping",
        "removals",
        "row",
        "rows",
        "rtx_ssrc",
        "splitter",
        "ssrc",
        "table",
        "translator",
        "viewed",
        "waiting",
    )

    def __init__(
        self, table: Streams, row: int, publication: "Publication", quality: int, ssrc: int
    ) -> None:
        self.table = table
        self.row = row
        self.publication = publication
        self.quality = quality
        self.ssrc = ssrc  # 0: only its RTX has been seen
        self.rtx_ssrc = 0
        self.payload: Payload | None = None  # of the last packet; None before the first
        self.payload_type = -1
        self.clock = SenderClock(table, row, publication.clock_rate)
        self.keys = KeyframeRequests(publication.config.key_frame_intervals[quality])
        self.forced_at = -1.0  # when a key frame was last asked for past the throttle
        self.layout: Layout | None = None  # what its packets have in common
        self.removals = Removals()  # of sequence numbers: padding
        self.is_capped = False  # a subscriber does not want all temporal layers
        self.drops: list[TemporalDrops] = []  # by cap, once that matters
        self.is_restarted = False  # its next packet begins another numbering
        self.old = 0  # packets in a row that were too old: the numbering may have begun anew
        self.translator: Translator | None = None
        self.layering: Layering | None = None  # of a layered video
        self.splitter: Splitter | None = None  # has its views: subscriptions get those
        self.viewed: Stream | None = None  # of a view, the stream that comes in
        self.rows: list[int] = []  # subscriptions that get its packets
        self.waiting: list[int] = []  # subscriptions that begin here at the next chance
        self.recapping: list[int] = []  # subscriptions that wait to change their temporal cap

    @property
    def has_nack(self) -> bool:
        return self.payload is not None and self.payload.has_nack

    @property
    def format(self) -> Format:
        return Format.OTHER if self.payload is None else self.payload.format

    def settle(self) -> bool:
        """Look whether it is steady, and note it.

        Then its usual packets go the usual way to the subscriptions that it has, and many are taken
        together. Whoever may change that calls `unsettle`.
        """
        is_steady = self.is_steady
        self.table.is_steady[self.row] = is_steady
        return is_steady

    def unsettle(self) -> None:
        """It may not be steady any more."""
        self.table.is_steady[self.row] = False

    @property
    def is_steady(self) -> bool:
        publication = self.publication
        return (
            self.layout is not None
            and self.format not in LAYERED
            and not self.has_beginners
            and not self.recapping
            and self.translator is None
            and not self.is_capped
            and not self.is_restarted
            and publication.is_started
            and not publication.is_muted
            and (publication.is_audio or publication.tracker.flows(self.quality))
        )

    @property
    def has_beginners(self) -> bool:
        """Does somebody begin with its next packet, whatever it is?

        With video they wait for one that is not usual; and who is not connected yet waits on.
        """
        if not (self.waiting and self.publication.is_audio):
            return False
        subscriptions = self.publication.subscriptions
        return any(one.client.is_ready for one in subscriptions if one.row in self.waiting)

    def note_start(self) -> None:
        """A key frame has begun, and whoever could begin with it did.

        The next one is a usual frame unless somebody waits for it: for a picture (`await_start`),
        or to be rid of what is missing before it.
        """
        is_idle = not self.waiting and self.keys.next_timeout() is None
        self.table.passes_starts[self.row] = is_idle

    def await_start(self) -> None:
        """The next key frame matters."""
        self.table.passes_starts[self.row] = False

    def set_payload(self, payload_type: int, payload: Payload) -> None:
        if payload.clock_rate != self.clock.rate:
            self.clock.restart(payload.clock_rate)
        self.payload = payload
        self.payload_type = payload_type

    def restart(self) -> None:
        """Another numbering begins, and other timestamps may."""
        self.clock.restart(self.clock.rate)
        self.is_restarted = False
        self.old = 0

    @property
    def origin(self) -> "Stream":
        """The stream that comes in: of a view the one that it is a part of, else itself."""
        return self if self.viewed is None else self.viewed

    def follow(self, origin: "Stream") -> None:
        """It is a view of that stream: what it has in common with it."""
        assert origin.payload is not None
        self.viewed = origin
        self.clock = origin.clock
        self.table.clock[self.row] = origin.row
        self.set_payload(origin.payload_type, origin.payload)

    def start_temporal(self, number: int) -> None:
        """What is left out for whom counts from the packet of this number on."""
        self.drops = [TemporalDrops(cap, number - 1) for cap in range(CAPS)]


class Publication:
    __slots__ = (
        "client",
        "config",
        "encodings",
        "expected_before",
        "first_at",
        "is_encrypted",
        "is_muted",
        "is_screen",
        "is_started",
        "kind",
        "level",
        "lost_before",
        "mid",
        "number",
        "peer",
        "score",
        "spatial_qualities",
        "streams",
        "subscriptions",
        "track",
        "tracker",
        "types",
    )

    def __init__(
        self,
        number: int,
        client: Client,
        command: AddPublication,
        config: PlaneConfig,
        voices: Voices,
    ) -> None:
        self.config = config
        self.number = number  # a key for deadlines
        self.client = client
        self.peer = command.peer
        self.track = command.track
        self.kind = command.kind
        self.streams: dict[int, Stream] = {}  # by quality
        self.subscriptions: list[Subscription] = []
        self.tracker = Tracker(is_screen=command.is_screen)
        self.first_at = -1.0  # when its first packet came
        self.is_started = False
        self.is_muted = command.muted
        self.update(command)
        self.level: AudioLevel | None = None
        if self.is_audio:
            self.level = AudioLevel(voices, config.speakers, self.clock_rate)
        first = next(iter(self.types.payloads.values()), None)
        weight = loss_weight(first.mime, has_fec=first.has_fec) if first else loss_weight("")
        self.score = TrackQuality(weight)
        self.expected_before = 0  # packets, at the last score
        self.lost_before = 0

    def update(self, command: AddPublication) -> None:
        """What a renegotiation can change."""
        self.mid = command.mid
        self.types = PayloadTypes(command.codecs)
        self.encodings: list[Encoding] = list(command.encodings)
        self.spatial_qualities = list(command.spatial_qualities)
        self.is_screen = command.is_screen
        self.is_encrypted = command.is_encrypted

    @property
    def clock_rate(self) -> int:
        """Hz, of the first format: what it is most likely to send."""
        first = next(iter(self.types.payloads.values()), None)
        return 90000 if first is None else first.clock_rate

    @property
    def is_audio(self) -> bool:
        return self.kind is Kind.AUDIO

    @property
    def qualities(self) -> list[int]:
        """Of all layers that were announced, or are known by now."""
        if self.is_audio:
            return [0]
        announced = {encoding.quality for encoding in self.encodings}
        for stream in self.streams.values():
            if stream.splitter is not None:
                announced.discard(stream.quality)
                announced.update(stream.splitter.qualities)
        return sorted(announced)

    @property
    def layers(self) -> dict[int, Stream]:
        """The streams that subscriptions may get, by quality."""
        found: dict[int, Stream] = {}
        for quality, stream in self.streams.items():
            if stream.splitter is None:
                found[quality] = stream
            else:
                found.update(stream.splitter.streams)
        return found

    def quality_of(self, stream: Stream, spatial: int, count: int) -> int:
        """Of a spatial layer in a stream that has `count` of them.

        As announced, when there are as many; else the top one is the best there is.
        """
        if count == 1:
            return stream.quality
        if count == len(self.spatial_qualities):
            return self.spatial_qualities[spatial]
        return max(LOW, HIGH + 1 - count + spatial)

    def unsettle(self) -> None:
        """All of its streams."""
        for stream in self.streams.values():
            stream.unsettle()

    @property
    def flowing(self) -> list[int]:
        """The layers that come now."""
        if self.is_audio:
            return [0] if self.streams else []
        return self.tracker.flowing
