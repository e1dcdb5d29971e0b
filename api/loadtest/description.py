"""What a client says in its descriptions, and what it reads in the server's (RFC 8829)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from api.loadtest.headers import (
    LEVEL_ID,
    MID_ID,
    REPAIRED_ID,
    RID_ID,
    SEND_TIME_ID,
    TRANSPORT_CC_ID,
)
from api.loadtest.link import Link, Remote
from api.loadtest.plan import RIDS
from sfu import extensions
from sfu.media import Candidate, Kind, NodeInfo, Setup
from signaling.negotiation import connection
from signaling.negotiation.outcome import NegotiationError
from signaling.negotiation.sdp import Description, Section

PROTOCOL = "UDP/TLS/RTP/SAVPF"
OPUS, VP8, RTX = 111, 96, 97  # payload types, as Chromium's
FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
AUDIO_EXTENSIONS = {
    LEVEL_ID: extensions.AUDIO_LEVEL,
    SEND_TIME_ID: extensions.ABS_SEND_TIME,
    TRANSPORT_CC_ID: extensions.TRANSPORT_CC,
    MID_ID: extensions.MID,
}
VIDEO_EXTENSIONS = {
    SEND_TIME_ID: extensions.ABS_SEND_TIME,
    TRANSPORT_CC_ID: extensions.TRANSPORT_CC,
    MID_ID: extensions.MID,
    RID_ID: extensions.RID,
    REPAIRED_ID: extensions.REPAIRED_RID,
}
ANSWERED = {"sendonly": "recvonly", "recvonly": "inactive", "sendrecv": "recvonly"}
COPIED = ("rtpmap", "fmtp", "rtcp-fb", "extmap", "rtcp-mux", "rtcp-rsize", "extmap-allow-mixed")


@dataclass(slots=True)
class Line:
    """One media section of our offers."""

    mid: str
    kind: str  # "audio", "video" or "application"
    track: str = ""  # its id when we send on it
    ssrc: int = 0  # of what we send, unless there are layers, which rids tell apart


@dataclass(slots=True)
class Offers:
    """The offers of one connection: each has the sections of the one before, and perhaps more."""

    link: Link
    lines: list[Line] = field(default_factory=list)
    version: int = 0

    def add(self, kind: str, track: str = "", ssrc: int = 0) -> str:
        """Another section; returns its mid."""
        mid = str(len(self.lines))
        self.lines.append(Line(mid, kind, track, ssrc))
        return mid

    def make(self) -> str:
        self.version += 1
        description = Description(session=1, version=self.version)
        description.add("group", " ".join(["BUNDLE", *(line.mid for line in self.lines)]))
        description.add("extmap-allow-mixed")
        description.add("msid-semantic", "WMS *")
        local = describe(self.link, "actpass")
        description.sections = [WRITERS[line.kind](line, local) for line in self.lines]
        return str(description)


@dataclass(frozen=True, slots=True)
class Down:
    """A track that the server sends."""

    track: str
    kind: Kind
    ssrc: int
    rtx_ssrc: int
    transport_cc: int  # the number of the extension, 0 without


def describe(link: Link, setup: str) -> connection.Local:
    return connection.Local(NodeInfo("", [], link.fingerprint), link.local, setup)


def new_section(kind: str, formats: list[str], mid: str, local: connection.Local) -> Section:
    section = Section(kind, PROTOCOL, formats)
    section.add("mid", mid)
    local.write(section, with_candidates=False)
    return section


def write_data(line: Line, local: connection.Local) -> Section:
    section = new_section("application", ["webrtc-datachannel"], line.mid, local)
    section.proto = "UDP/DTLS/SCTP"
    connection.write_sctp(section)
    return section


def write_media(section: Section, line: Line, numbers: dict[int, str]) -> None:
    section.add("sendonly" if line.track else "recvonly")
    section.add("rtcp-mux")
    section.add("rtcp-rsize")
    for number, uri in numbers.items():
        section.add("extmap", f"{number} {uri}")
    if line.track:
        section.add("msid", f"- {line.track}")
    if line.ssrc:
        section.add("ssrc", f"{line.ssrc} cname:load")
        section.add("ssrc", f"{line.ssrc} msid:- {line.track}")


def write_audio(line: Line, local: connection.Local) -> Section:
    section = new_section("audio", [str(OPUS)], line.mid, local)
    write_media(section, line, AUDIO_EXTENSIONS)
    section.add("rtpmap", f"{OPUS} opus/48000/2")
    section.add("rtcp-fb", f"{OPUS} transport-cc")
    section.add("fmtp", f"{OPUS} minptime=10;useinbandfec=1")
    return section


def write_video(line: Line, local: connection.Local) -> Section:
    section = new_section("video", [str(VP8), str(RTX)], line.mid, local)
    write_media(section, line, VIDEO_EXTENSIONS)
    section.add("rtpmap", f"{VP8} VP8/90000")
    for feedback in FEEDBACK:
        section.add("rtcp-fb", f"{VP8} {feedback}")
    section.add("rtpmap", f"{RTX} rtx/90000")
    section.add("fmtp", f"{RTX} apt={VP8}")
    if line.track:
        for rid in RIDS:
            section.add("rid", f"{rid} send")
        section.add("simulcast", f"send {';'.join(RIDS)}")
    return section


WRITERS: dict[str, Callable[[Line, connection.Local], Section]] = {
    "audio": write_audio,
    "video": write_video,
    "application": write_data,
}


def make_answer(offer: Description, link: Link) -> str:
    """Take whatever is offered, and be the one that starts DTLS if we may (as Chromium)."""
    answer = Description(session=1, version=offer.version)
    mids = [section.mid for section in offer.sections if not section.is_refused]
    answer.add("group", " ".join(["BUNDLE", *mids]))
    answer.add("extmap-allow-mixed")
    answer.add("msid-semantic", "WMS *")
    offered = next((value for each in offer.sections for value in each.values("setup")), "")
    local = describe(link, "passive" if offered == "active" else "active")
    answer.sections = [answer_section(section, local) for section in offer.sections]
    return str(answer)


def answer_section(offered: Section, local: connection.Local) -> Section:
    section = new_section(offered.kind, offered.formats, offered.mid, local)
    section.proto = offered.proto
    section.port = 0 if offered.is_refused else 9
    if offered.kind == "application":
        connection.write_sctp(section)
        return section
    section.add(ANSWERED.get(offered.direction, "inactive"))
    for name in COPIED:
        for value in offered.values(name):
            section.add(name, value)
    return section


def read_remote(description: Description) -> Remote:
    """The server's end. Raises NegotiationError."""
    section = next((each for each in description.sections if not each.is_refused), None)
    if section is None:
        raise NegotiationError("the description refuses every section")
    remote = connection.Remote.read(description, section)
    lines = [line for each in description.sections for line in each.values("candidate")]
    return Remote(
        remote.ice,
        remote.fingerprint,
        Setup.PASSIVE if remote.setup == "active" else Setup.ACTIVE,
        tuple(read_candidates(lines)),
        "ice-lite" in description.attributes,
        any(each.kind == "application" and not each.is_refused for each in description.sections),
    )


def read_candidates(lines: Sequence[str]) -> list[Candidate]:
    """UDP host candidates, in their order (RFC 8839, section 5.1)."""
    fields = [line.removeprefix("candidate:").split() for line in lines]
    return [
        Candidate("udp", each[4], int(each[5]))
        for each in fields
        if len(each) > 7 and each[1] == "1" and each[2].lower() == "udp" and each[7] == "host"
    ]


def read_down(description: Description) -> list[Down]:
    """The tracks that the server's description says it sends."""
    return [
        down
        for section in description.sections
        if section.direction in ("sendonly", "sendrecv") and not section.is_refused
        for down in read_section(section)
    ]


def read_section(section: Section) -> list[Down]:
    track = (section.value("msid") or "").rpartition(" ")[2]
    ssrcs = [int(line.split()[0]) for line in section.values("ssrc")]
    groups = [line.split() for line in section.values("ssrc-group")]
    repairs = {int(group[1]): int(group[2]) for group in groups if group[0] == "FID"}
    media = next((ssrc for ssrc in ssrcs if ssrc not in repairs.values()), None)
    if not track or media is None or section.kind not in ("audio", "video"):
        return []
    number = next(
        (line.split()[0] for line in section.values("extmap") if extensions.TRANSPORT_CC in line),
        "0",
    )
    identity = int(number.partition("/")[0])
    return [Down(track, Kind(section.kind), media, repairs.get(media, 0), identity)]
