"""A client's side of the negotiation, just enough of it: offers and answers that look real."""

from dataclasses import dataclass, field

FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)

AUDIO = """\
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtcp-fb:111 transport-cc
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"""

VIDEO = """\
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"""

VP9 = """\
a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=0
a=rtcp-fb:98 nack pli"""

FORMATS = {"audio": ("111 63", AUDIO), "video": ("96 97", VIDEO)}


@dataclass
class Line:
    kind: str  # "audio", "video" or "application"
    direction: str = "recvonly"
    cid: str = ""
    rids: list[str] = field(default_factory=list)


class Offers:
    """The peer connection on which a client offers."""

    def __init__(self, audios: int = 3, videos: int = 3) -> None:
        self.ice = 1
        self.has_vp9 = False  # beside VP8
        self.has_red = True  # beside Opus
        self.lines = [Line("audio") for _ in range(audios)]
        self.lines += [Line("video") for _ in range(videos)]
        self.lines.append(Line("application"))

    def send(self, kind: str, cid: str, rids: str = "") -> None:
        self.lines.append(Line(kind, "sendonly", cid, list(rids)))

    def stop(self, cid: str) -> None:
        for line in self.lines:
            if line.cid == cid:
                line.direction, line.cid, line.rids = "inactive", "", []

    def add_receivers(self, audios: int, videos: int) -> None:
        self.lines += [Line("audio") for _ in range(audios)]
        self.lines += [Line("video") for _ in range(videos)]

    def sdp(self) -> str:
        mids = " ".join(str(mid) for mid in range(len(self.lines)))
        head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        head += [f"a=group:BUNDLE {mids}", "a=extmap-allow-mixed", "a=msid-semantic: WMS *"]
        body = [self._section(mid, line) for mid, line in enumerate(self.lines)]
        return "\r\n".join([*head, *(line for section in body for line in section), ""])

    def _section(self, mid: int, line: Line) -> list[str]:
        transport = [
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:ufr{self.ice}",
            f"a=ice-pwd:passwordpasswordpassw{self.ice:03}",
            f"a=fingerprint:{FINGERPRINT}",
            "a=setup:actpass",
            f"a=mid:{mid}",
        ]
        if line.kind == "application":
            first = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"
            return [first, *transport, "a=sctp-port:5000", "a=max-message-size:262144"]
        numbers, formats = FORMATS[line.kind]
        if self.has_vp9 and line.kind == "video":
            numbers += " 98"
        if line.kind == "audio" and not self.has_red:
            numbers = numbers.removesuffix(" 63")
            formats = "\n".join(one for one in formats.splitlines() if ":63 " not in one)
        first = f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {numbers}"
        section = [first, *transport, f"a={line.direction}", "a=rtcp-mux", "a=rtcp-rsize"]
        section += formats.splitlines()
        if self.has_vp9 and line.kind == "video":
            section += VP9.splitlines()
        if line.cid:
            section.append(f"a=msid:- {line.cid}")
        section += [f"a=rid:{rid} send" for rid in line.rids]
        if line.rids:
            section.append(f"a=simulcast:send {';'.join(line.rids)}")
        elif line.cid:
            section.append(f"a=ssrc:{1000 + mid} cname:me")
        return section


def answer(offer: str) -> str:
    """Take everything that a v0 server offers."""
    kept: list[str] = []
    for line in offer.splitlines():
        if line.startswith(("a=candidate", "a=ice-lite", "a=ssrc", "a=msid", "a=end-of")):
            continue
        if line.startswith("a=ice-ufrag"):
            line = "a=ice-ufrag:answ"
        elif line.startswith("a=ice-pwd"):
            line = "a=ice-pwd:passwordpasswordpassword"
        elif line.startswith("a=fingerprint"):
            line = f"a=fingerprint:{FINGERPRINT}"
        elif line.startswith("a=setup"):
            line = "a=setup:passive"
        elif line == "a=sendonly":
            line = "a=recvonly"
        kept.append(line)
    return "\r\n".join([*kept, ""])


def direction(sdp: str, mid: int) -> str:
    """Of one section of a description."""
    section = sdp.split(f"a=mid:{mid}\r\n")[1].split("\r\nm=")[0]
    directions = ("sendonly", "recvonly", "sendrecv", "inactive")
    return next(d for d in directions if f"a={d}" in section)
