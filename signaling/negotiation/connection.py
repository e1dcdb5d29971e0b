"""The part of a description that is about the connection: ICE, DTLS and SCTP, read and written."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sfu.media import Candidate, Fingerprint, IceCredentials, NodeInfo, Setup
from signaling.negotiation.outcome import NegotiationError
from signaling.negotiation.sdp import Description, Section, number

SCTP_PORT = 5000
MAX_MESSAGE_SIZE = 65536  # bytes, of ours and of a client that names none (RFC 8841, section 6)
ANY_SIZE = 1 << 30  # bytes; the client says 0: it takes whatever its memory holds

ICE_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){19,63}")
ALGORITHMS = ("sha-256", "sha-384", "sha-512")

Randbytes = Callable[[int], bytes]


def new_credentials(randbytes: Randbytes) -> IceCredentials:
    """72 bits of name, which also finds the transport among all others, and 192 of password."""
    return IceCredentials(_ice_string(randbytes(12)), _ice_string(randbytes(32)))


def _ice_string(data: bytes) -> str:
    return "".join(ICE_CHARS[byte & 63] for byte in data)


@dataclass(slots=True)
class Remote:
    """What the client says of its end."""

    ice: IceCredentials
    fingerprint: Fingerprint
    setup: str  # "actpass", "active" or "passive"

    @classmethod
    def read(cls, description: Description, section: Section) -> "Remote":
        """From the section that carries the bundle, or the session. Raises NegotiationError."""
        ufrag = next(iter(description.values("ice-ufrag", section)), "")
        password = next(iter(description.values("ice-pwd", section)), "")
        if not UFRAG.fullmatch(ufrag) or not PASSWORD.fullmatch(password):
            raise NegotiationError("the description has no usable ICE credentials")
        setup = next(iter(description.values("setup", section)), "actpass")
        if setup not in ("actpass", "active", "passive"):
            raise NegotiationError("the description has no usable setup attribute")
        fingerprint = _fingerprint(description.values("fingerprint", section))
        return cls(IceCredentials(ufrag, password), fingerprint, setup)

    def role(self, ours: Setup | None) -> Setup:
        """Our DTLS role: what the client leaves us, else what it has been, else active."""
        if self.setup == "actpass":
            return ours or Setup.ACTIVE
        return Setup.PASSIVE if self.setup == "active" else Setup.ACTIVE


def _fingerprint(lines: list[str]) -> Fingerprint:
    found = {
        name.lower(): value.upper() for name, _, value in (each.partition(" ") for each in lines)
    }
    for algorithm in ALGORITHMS:
        if FINGERPRINT.fullmatch(found.get(algorithm, "")):
            return Fingerprint(algorithm, found[algorithm])
    raise NegotiationError("the description has no usable certificate fingerprint")


@dataclass(slots=True)
class Local:
    """What we say of our end."""

    node: NodeInfo
    ice: IceCredentials
    setup: str

    def write(self, section: Section, *, with_candidates: bool) -> None:
        section.add("ice-ufrag", self.ice.ufrag)
        section.add("ice-pwd", self.ice.password)
        section.add(
            "fingerprint", f"{self.node.fingerprint.algorithm} {self.node.fingerprint.value}"
        )
        section.add("setup", self.setup)
        if with_candidates:  # all share the bundle, so once is enough
            for line in candidate_lines(self.node.candidates):
                section.add("candidate", line)
            section.add("end-of-candidates")


def candidate_lines(candidates: list[Candidate]) -> Iterator[str]:
    """Host candidates, the first the best; UDP before passive TCP (RFC 8839, RFC 6544)."""
    for at, candidate in enumerate(candidates):
        if candidate.protocol == "udp":
            priority = (126 << 24) | ((0xFFFF - at) << 8) | 255
            kind = "typ host"
        else:  # passive has direction preference 4 (RFC 6544, section 4.2)
            priority = (90 << 24) | (((4 << 13) + 0x1FFF - at) << 8) | 255
            kind = "typ host tcptype passive"
        yield f"{at + 1} 1 {candidate.protocol} {priority} {candidate.ip} {candidate.port} {kind}"


def is_data(section: Section) -> bool:
    """A data channel section of RFC 8841."""
    return (
        section.kind == "application"
        and section.proto in ("UDP/DTLS/SCTP", "TCP/DTLS/SCTP")
        and section.formats == ["webrtc-datachannel"]
    )


def write_sctp(section: Section) -> None:
    section.add("sctp-port", SCTP_PORT)
    section.add("max-message-size", MAX_MESSAGE_SIZE)


def read_sctp(section: Section | None) -> tuple[int, int]:
    """The client's SCTP port and the largest message it takes, in bytes."""
    if section is None:
        return SCTP_PORT, MAX_MESSAGE_SIZE
    port = number(section.value("sctp-port") or "", 0xFFFF) or SCTP_PORT
    size = number(section.value("max-message-size") or "", 1 << 62)
    return port, MAX_MESSAGE_SIZE if size is None else min(size or ANY_SIZE, ANY_SIZE)
