"""A client's offer, read as far as it can be used: everything that can be wrong is found here."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sfu.media import Codec, Kind
from signaling.negotiation import codecs, extmap
from signaling.negotiation.connection import Remote, is_data
from signaling.negotiation.outcome import NegotiationError
from signaling.negotiation.sdp import Description, SdpError, Section

PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF")


@dataclass(slots=True)
class MediaSection:
    """An audio or video section that belongs to the bundle."""

    section: Section
    mid: str
    kind: Kind
    sends: bool  # the client has a track on it
    receives: bool
    track_id: str  # of the client's own track, empty when it has none
    codecs: list[Codec]  # those that we know; may be empty
    extensions: dict[str, int]

    @classmethod
    def read(cls, section: Section, numbers: extmap.Numbers) -> "MediaSection":
        track_id = _track_id(section)
        direction = section.direction
        return cls(
            section,
            section.mid,
            Kind(section.kind),
            bool(track_id) and direction in ("sendrecv", "sendonly"),
            direction in ("sendrecv", "recvonly"),
            track_id,
            codecs.read(section),
            extmap.read(section, numbers),
        )


def _track_id(section: Section) -> str:
    """The second word of `msid` (RFC 8830), in old descriptions `ssrc:1 msid:stream track`."""
    old = (line.partition(" msid:") for line in section.values("ssrc"))
    lines = section.values("msid") or [value for _, found, value in old if found]
    words = lines[0].split() if lines else []
    return words[1] if len(words) > 1 else ""


@dataclass(slots=True)
class Offer:
    description: Description
    remote: Remote
    media: dict[str, MediaSection] = field(default_factory=dict)  # by mid, in order
    data: Section | None = None

    @property
    def accepted(self) -> list[str]:
        """The mids that we take, in order: our BUNDLE group."""
        mids = (section.mid for section in self.description.sections)
        return [mid for mid in mids if mid in self.media or (self.data and mid == self.data.mid)]

    @classmethod
    def parse(cls, text: str) -> "Offer":
        """Raises NegotiationError."""
        try:
            description = Description.parse(text)
        except SdpError as error:
            raise NegotiationError(f"unreadable description: {error}") from None
        usable = list(_usable(description))
        if not usable:
            raise NegotiationError("the offer has no section that we can use")
        offer = cls(description, Remote.read(description, usable[0]))
        numbers = extmap.Numbers()
        for section in usable:
            if not is_data(section):
                offer.media[section.mid] = MediaSection.read(section, numbers)
            elif offer.data is None:
                offer.data = section
        return offer


def _usable(description: Description) -> Iterator[Section]:
    """Sections on the one transport that we have: without a group that is the first's."""
    bundle = set(description.bundle or [section.mid for section in description.sections[:1]])
    for section in description.sections:
        if section.is_refused or section.mid not in bundle:
            continue
        if is_data(section) or _is_media(section):
            yield section


def _is_media(section: Section) -> bool:
    return (
        section.kind in ("audio", "video")
        and section.proto in PROTOCOLS
        and "rtcp-mux" in section.attributes
    )
