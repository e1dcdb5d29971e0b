"""Which RTP header extensions a media section gets, with the offer's numbers (RFC 8285)."""

from collections.abc import Sequence

from sfu.extensions import (
    ABS_CAPTURE_TIME,
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    DEPENDENCY_DESCRIPTOR,
    MID,
    PLAYOUT_DELAY,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
)
from sfu.media import Kind
from signaling.negotiation.outcome import ClientRules
from signaling.negotiation.sdp import Section, number

# What we read in a client's packets, and what we write into ours. Anything else would only make
# packets longer.
FROM_CLIENT = {
    Kind.AUDIO: (MID, AUDIO_LEVEL, ABS_CAPTURE_TIME),
    Kind.VIDEO: (
        MID,
        RID,
        REPAIRED_RID,
        TRANSPORT_CC,
        DEPENDENCY_DESCRIPTOR,
        ABS_CAPTURE_TIME,
    ),
}
TO_CLIENT = {
    Kind.AUDIO: (MID, ABS_CAPTURE_TIME),
    Kind.VIDEO: (MID, ABS_SEND_TIME, TRANSPORT_CC, DEPENDENCY_DESCRIPTOR, ABS_CAPTURE_TIME),
}

# A v0 subscriber's numbers are ours to choose.
OFFERED = {
    MID: 4,
    ABS_SEND_TIME: 2,
    TRANSPORT_CC: 3,
    DEPENDENCY_DESCRIPTOR: 5,
    PLAYOUT_DELAY: 6,
    ABS_CAPTURE_TIME: 7,
}

MIRRORED = {"sendonly": "recvonly", "recvonly": "sendonly", "sendrecv": "sendrecv"}

Extensions = dict[str, int]  # URI -> id


def to_client(kind: Kind, rules: ClientRules) -> tuple[str, ...]:
    """What we write into packets for this client."""
    is_delayed = kind is Kind.VIDEO and rules.delay is not None
    return (*TO_CLIENT[kind], PLAYOUT_DELAY) if is_delayed else TO_CLIENT[kind]


def both(kind: Kind, rules: ClientRules) -> tuple[str, ...]:
    """On a connection with both directions every section is answered both.

    Chromium offers on new sections only what was answered on earlier ones, and without RID cannot
    offer simulcast at all.
    """
    return tuple(dict.fromkeys(FROM_CLIENT[kind] + to_client(kind, rules)))


class Numbers:
    """One id means one URI on all sections of a bundle (RFC 9143, 7.1.1): the first one counts."""

    def __init__(self) -> None:
        self._uris: dict[int, str] = {}

    def agree(self, uri: str, number: int) -> bool:
        return self._uris.setdefault(number, uri) == uri


def read(section: Section, numbers: Numbers) -> Extensions:
    """The section's extensions that we know. Ids above 14 would ask for two-byte headers."""
    found: Extensions = {}
    for line in section.values("extmap"):
        head, _, rest = line.partition(" ")
        text, _, direction = head.partition("/")
        uri = rest.partition(" ")[0]
        identity = number(text, 14)
        if identity and direction in ("", *MIRRORED) and numbers.agree(uri, identity):
            found.setdefault(uri, identity)
    return found


def choose(offered: Extensions, wanted: Sequence[str]) -> Extensions:
    return {uri: offered[uri] for uri in wanted if uri in offered}


def write(section: Section, extensions: Extensions, offer: Section | None = None) -> None:
    """Write the lines; a direction in the offer's line is mirrored (RFC 8285, section 6)."""
    directions = _directions(offer) if offer else {}
    for uri, identity in extensions.items():
        direction = MIRRORED.get(directions.get(identity, ""), "")
        section.add("extmap", f"{identity}/{direction} {uri}" if direction else f"{identity} {uri}")


def _directions(offer: Section) -> dict[int, str]:
    heads = (line.partition(" ")[0].partition("/") for line in offer.values("extmap"))
    return {number(text, 14) or 0: direction for text, _, direction in heads}
