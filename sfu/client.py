"""One peer connection as the media plane sees it."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from sfu import extensions
from sfu.feedback.remb import ReceiveEstimate
from sfu.path import Path

if TYPE_CHECKING:
    from sfu.publication import Publication, Stream
    from sfu.subscription import Subscription


class Protection(Protocol):
    """SRTP of one peer connection; None: refused."""

    def protect(self, packet: bytes) -> bytes | None: ...
    def unprotect(self, packet: bytes) -> bytes | None: ...
    def protect_rtcp(self, packet: bytes) -> bytes | None: ...
    def unprotect_rtcp(self, packet: bytes) -> bytes | None: ...


class Endpoint(Protocol):
    """Where a client is and how its packets are sealed: a `Transport` is one."""

    @property
    def protection(self) -> Protection | None: ...
    @property
    def send_path(self) -> Path | None: ...


class Source(NamedTuple):
    """What an incoming SSRC stands for."""

    stream: "Stream"
    is_rtx: bool


class Retired(NamedTuple):
    """Where a stream that we sent has stopped."""

    next: int  # number
    timestamp: int  # of its last packet, NEVER without one
    time: float  # seconds, when that left


class ExtensionIds:
    """The numbers of the header extensions that a client sends; 0: it does not."""

    __slots__ = ("capture", "descriptor", "level", "mid", "repaired_rid", "rid", "transport_cc")

    def __init__(self, ids: dict[str, int]) -> None:
        self.mid = ids.get(extensions.MID, 0)
        self.rid = ids.get(extensions.RID, 0)
        self.repaired_rid = ids.get(extensions.REPAIRED_RID, 0)
        self.level = ids.get(extensions.AUDIO_LEVEL, 0)
        self.capture = ids.get(extensions.ABS_CAPTURE_TIME, 0)
        self.descriptor = ids.get(extensions.DEPENDENCY_DESCRIPTOR, 0)
        self.transport_cc = ids.get(extensions.TRANSPORT_CC, 0)


class Client:
    """Its numbers stand in `tables.Clients`, row `row`."""

    __slots__ = (
        "controls",
        "endpoint",
        "estimate",
        "ids",
        "keys",
        "name",
        "octets_before",
        "paths",
        "peer",
        "publications",
        "retired",
        "room",
        "route",
        "row",
        "sources",
        "ssrc",
        "subscriptions",
    )

    def __init__(
        self, row: int, name: str, peer: str, room: str, endpoint: Endpoint, ssrc: int
    ) -> None:
        self.row = row
        self.name = name  # of the transport
        self.peer = peer
        self.room = room
        self.endpoint = endpoint
        self.ssrc = ssrc  # ours, as the sender of feedback
        self.keys: Protection | None = None  # what the sealer has
        self.route: Path | None = None  # what the address in the table is made of
        self.ids = ExtensionIds({})
        self.paths: set[Path] = set()
        self.publications: dict[str, Publication] = {}  # by track
        self.sources: dict[int, Source] = {}  # by SSRC, what the client sends
        self.controls: set[int] = set()  # SSRCs that it sends RTCP with
        self.subscriptions: dict[int, Subscription] = {}  # by SSRC and RTX SSRC, what it gets
        self.retired: dict[int, Retired] = {}  # by SSRC that it got once
        self.estimate: ReceiveEstimate | None = None  # where transport-cc was not negotiated
        self.octets_before = 0  # received at the last estimate

    @property
    def is_ready(self) -> bool:
        """Can packets be sent to it?"""
        return self.endpoint.protection is not None and self.endpoint.send_path is not None
