"""A track as one subscriber gets it."""

from sfu.client import Client
from sfu.commands import AddSubscription
from sfu.extensions import ABS_CAPTURE_TIME, DEPENDENCY_DESCRIPTOR, Template
from sfu.formats import Format, PayloadTypes
from sfu.playout import Playout
from sfu.publication import Publication, Stream
from sfu.quality import TrackQuality, loss_weight
from sfu.rtcp import CNAME, MID, SourceDescription
from sfu.rtp import FIXED_SIZE
from simulcast.layers import NONE


class Head:
    """What is the same in every packet of a stream: room for the fixed part, and extensions.

    `data` is copied to the start of a packet; offsets count from there, 0: not there.
    """

    __slots__ = (
        "abs_send_time_at",
        "capture_at",
        "data",
        "descriptor_at",
        "flags",
        "size",
        "transport_cc_at",
    )

    def __init__(
        self,
        extensions: dict[str, int],
        mid: str,
        *,
        delay: bytes = b"",
        capture: bytes = b"",
        descriptor: bytes = b"",
    ) -> None:
        template = Template(extensions, mid, delay=delay, capture=capture, descriptor=descriptor)
        self.data = bytes(FIXED_SIZE) + template.block
        self.size = len(self.data)
        self.flags = 0x90 if template.block else 0x80
        block = FIXED_SIZE
        self.abs_send_time_at = template.abs_send_time_at and template.abs_send_time_at + block
        self.transport_cc_at = template.transport_cc_at and template.transport_cc_at + block
        self.capture_at = template.capture_at and template.capture_at + block
        self.descriptor_at = template.descriptor_at and template.descriptor_at + block

    def describe(self, descriptor: bytes, capture: bytes) -> None:
        """Take another dependency descriptor and capture time, as long as those before."""
        self._put(self.descriptor_at, descriptor)
        self._put(self.capture_at, capture)

    def _put(self, at: int, value: bytes) -> None:
        self.data = self.data[:at] + value + self.data[at + len(value) :]


class Subscription:
    """Its numbers stand in `tables.Subscriptions`, row `row`."""

    __slots__ = (
        "client",
        "cname",
        "described_heads",
        "description",
        "disabled",
        "extensions",
        "fps",
        "has_captures",
        "head",
        "is_acknowledged",
        "is_described",
        "is_opened",
        "lost_before",
        "mid",
        "packets_before",
        "peer",
        "playout",
        "publication",
        "quality",
        "row",
        "rtx_ssrc",
        "score",
        "source",
        "ssrc",
        "strips_trailers",
        "target",
        "track",
        "trailer",
        "types",
        "upstream_lost_before",
    )

    def __init__(
        self, row: int, client: Client, publication: Publication, command: AddSubscription
    ) -> None:
        self.row = row
        self.client = client
        self.publication = publication
        self.peer = command.peer
        self.track = command.track
        self.source: Stream | None = None  # where its last packet came from
        self.target = NONE  # the layer it shall get
        self.is_described = False  # its packets carry a dependency descriptor
        self.is_acknowledged = False  # a report says that packets arrive: no more mid
        self.is_opened = command.is_opened
        self.trailer = command.trailer
        self.strips_trailers = command.strips_trailers
        self.playout: Playout | None = None
        self.update(command)
        first = next(iter(self.types.payloads.values()), None)
        weight = loss_weight(first.mime, has_fec=first.has_fec) if first else loss_weight("")
        self.score = TrackQuality(weight)
        self.packets_before = 0  # at the last score
        self.lost_before = 0
        self.upstream_lost_before = 0

    def update(self, command: AddSubscription) -> None:
        """What a renegotiation can change."""
        self.mid = command.mid
        self.cname = command.cname
        self.ssrc = command.ssrc
        self.rtx_ssrc = command.rtx_ssrc
        self.types = PayloadTypes(command.codecs)
        self.extensions = command.extensions
        self.has_captures = ABS_CAPTURE_TIME in command.extensions  # its packets may tell such
        self.is_acknowledged = False
        self.write_head()
        self.description = self._describe()
        self.disabled = command.disabled
        self.quality = command.quality
        self.fps = command.fps

    def acknowledge(self) -> None:
        """No more mid in its packets."""
        self.is_acknowledged = True
        self.description = self._describe()
        self.write_head()

    def write_head(self) -> None:
        """What stands in it has changed."""
        self.head = self._head()
        # By bytes of dependency descriptor and of capture time, each with the last ones.
        self.described_heads: dict[tuple[int, int], Head] = {}

    def _head(self, descriptor: bytes = b"", capture: bytes = b"") -> Head:
        mid = "" if self.is_acknowledged else self.mid
        delay = self.playout.value if self.playout else b""
        return Head(self.extensions, mid, delay=delay, capture=capture, descriptor=descriptor)

    @property
    def has_descriptors(self) -> bool:
        """Did its m-line agree on dependency descriptors?"""
        return DEPENDENCY_DESCRIPTOR in self.extensions

    @property
    def has_details(self) -> bool:
        """May the header of a single packet have something of its own?"""
        return self.is_described or self.has_captures

    def head_with(self, descriptor: bytes, capture: bytes) -> Head:
        """That of one packet with these; good until the next call."""
        lengths = len(descriptor), len(capture)
        head = self.described_heads.get(lengths)
        if head is None:
            head = self.described_heads[lengths] = self._head(descriptor, capture)
        else:
            head.describe(descriptor, capture)
        return head

    def _describe(self) -> bytes:
        """What goes with each sender report."""
        items = [(CNAME, self.cname.encode()[:255])]
        if not self.is_acknowledged:
            items.append((MID, self.mid.encode()[:255]))
        return bytes(SourceDescription(self.ssrc, items))

    def payload_type(self, format: Format) -> int:
        """The subscriber's number for a format; -1 when it did not negotiate it."""
        return self.types.numbers.get(format, -1)

    def rtx_payload_type(self, format: Format) -> int:
        payload = self.types.payloads.get(self.payload_type(format))
        return payload.rtx if payload is not None and self.rtx_ssrc else 0
