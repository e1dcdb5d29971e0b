"""Payload formats of a media section: read those we know, write those we answer (RFC 8829)."""

from collections.abc import Iterable

from sfu.media import Codec
from signaling.negotiation.sdp import Section, number

OPUS, RED = "audio/opus", "audio/red"
PCMU, PCMA = "audio/pcmu", "audio/pcma"
VP8, H264 = "video/vp8", "video/h264"
VP9, AV1, H265 = "video/vp9", "video/av1", "video/h265"
NAMES = {
    OPUS: "opus",
    RED: "red",
    PCMU: "PCMU",
    PCMA: "PCMA",
    VP8: "VP8",
    H264: "H264",
    VP9: "VP9",
    AV1: "AV1",
    H265: "H265",
}
# Of these one profile: the one that every decoder has, and the one that is meant without a word.
# Parameter, and its value.
MAIN_PROFILES = {VP9: ("profile-id", "0"), AV1: ("profile", "0"), H265: ("profile-id", "1")}
# Parameters that tell variants apart, and what is meant without them.
VARIANTS = {
    H264: {"packetization-mode": "0", "profile-level-id": "420010"},
    VP9: {"profile-id": "0"},
    AV1: {"profile": "0"},
    H265: {"profile-id": "1", "tier-flag": "0"},
}

Parameters = dict[str, str]


def parameters(fmtp: str) -> Parameters:
    found = {}
    for part in fmtp.split(";"):
        name, _, value = part.strip().partition("=")
        if name:
            found[name.lower()] = value
    return found


def join(values: Parameters) -> str:
    return ";".join(f"{name}={value}" if value else name for name, value in values.items())


def _by_payload_type(lines: Iterable[str]) -> dict[str, str]:
    """`111 minptime=10` of all lines; the first counts."""
    found: dict[str, str] = {}
    for line in lines:
        payload_type, _, rest = line.partition(" ")
        found.setdefault(payload_type, rest)
    return found


def read(section: Section) -> list[Codec]:
    """The section's formats that we know, in its order, each with its RTX; others are left out."""
    names = _by_payload_type(section.values("rtpmap"))
    fmtps = _by_payload_type(section.values("fmtp"))
    codecs: dict[int, Codec] = {}
    repairs: dict[int, int] = {}
    for text in section.formats:
        payload_type = number(text, 127)
        name, *rates = names.get(text, "").split("/")
        clock_rate = number(rates[0], 1_000_000) if rates else None
        if payload_type is None or payload_type in codecs or not clock_rate:
            continue
        if name.lower() == "rtx":
            repaired = number(parameters(fmtps.get(text, "")).get("apt", ""), 127)
            repairs.setdefault(-1 if repaired is None else repaired, payload_type)
            continue
        mime = f"{section.kind}/{name.lower()}"
        if mime in NAMES:
            channels = number(rates[1], 8) if len(rates) > 1 else None
            fmtp = fmtps.get(text, "")
            codecs[payload_type] = Codec(mime, payload_type, clock_rate, channels or 0, fmtp)
    feedback = _feedback(section)
    for codec in codecs.values():
        codec.rtx = repairs.get(codec.payload_type)
        codec.feedback = [each for to, each in feedback if to in ("*", str(codec.payload_type))]
    return [codec for codec in codecs.values() if _is_sound(codec, codecs)]


def _feedback(section: Section) -> list[tuple[str, str]]:
    """Payload type or `*`, and what may be sent for it."""
    lines = (line.partition(" ") for line in section.values("rtcp-fb"))
    return [(to, rest.strip()) for to, _, rest in lines]


def _is_sound(codec: Codec, codecs: dict[int, Codec]) -> bool:
    """RED must hold the Opus of this section, else we could not unpack it (RFC 2198)."""
    if codec.mime in MAIN_PROFILES:
        name, main = MAIN_PROFILES[codec.mime]
        return parameters(codec.fmtp).get(name, main) == main
    if codec.mime != RED:
        return True
    inner = [number(part, 127) for part in codec.fmtp.split("/")]
    return all(each is not None and each in codecs and codecs[each].mime == OPUS for each in inner)


def is_variant(codec: Codec, fmtp: str) -> bool:
    """Is it the variant of its codec that these parameters name?

    Others (limits, hints) do not make another variant. An H.264 level is no more than a limit
    either: of its `profile-level-id` the first four digits count (RFC 6184, section 8.1).
    """
    named, own = parameters(fmtp), parameters(codec.fmtp)
    return all(
        name not in named or named[name][:4].lower() == own.get(name, usual)[:4].lower()
        for name, usual in VARIANTS.get(codec.mime, {}).items()
    )


def packetization_mode(codec: Codec) -> int:
    return number(parameters(codec.fmtp).get("packetization-mode", ""), 2) or 0


def write(section: Section, codecs: Iterable[Codec]) -> None:
    """Make the codecs the section's formats."""
    section.formats = []
    for codec in codecs:
        name = NAMES[codec.mime]
        channels = f"/{codec.channels}" if codec.channels else ""
        _write_format(section, codec.payload_type, f"{name}/{codec.clock_rate}{channels}")
        if codec.fmtp:
            section.add("fmtp", f"{codec.payload_type} {codec.fmtp}")
        for feedback in codec.feedback:
            section.add("rtcp-fb", f"{codec.payload_type} {feedback}")
        if codec.rtx is not None:
            _write_format(section, codec.rtx, f"rtx/{codec.clock_rate}")
            section.add("fmtp", f"{codec.rtx} apt={codec.payload_type}")


def _write_format(section: Section, payload_type: int, rtpmap: str) -> None:
    section.formats.append(str(payload_type))
    section.add("rtpmap", f"{payload_type} {rtpmap}")
