"""Which payload formats a client shall send or gets, and in which order (LiveKit)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sfu.media import Codec, Kind
from signaling.negotiation.codecs import (
    AV1,
    H264,
    H265,
    OPUS,
    PCMA,
    PCMU,
    RED,
    VP8,
    VP9,
    is_variant,
    join,
    packetization_mode,
    parameters,
)
from signaling.negotiation.outcome import ClientRules, PendingTrack
from signaling.negotiation.sdp import number

TRANSPORT_CC, REMB = "transport-cc", "goog-remb"
REPAIR = ("ccm fir", "nack", "nack pli")

# Of the client's format parameters those that mean the same in our answer. Its limits as a receiver
# (max-fs, maxplaybackrate) do not; the start rate is what libwebrtc wants to read in our answer.
KEPT = {
    OPUS: ("minptime", "useinbandfec"),
    H264: ("level-asymmetry-allowed", "packetization-mode", "profile-level-id"),
    VP9: ("profile-id",),
    AV1: ("level-idx", "profile", "tier"),
    H265: ("level-id", "profile-id", "tier-flag", "tx-mode"),
}
TELEPHONE = (PCMU, PCMA)  # for clients that have nothing better, or ask for it
START_RATE = "x-google-start-bitrate"

# What a v0 subscriber is offered: the numbers that LiveKit clients know (LiveKit).
OFFERED = (
    Codec(OPUS, 111, 48000, 2, "minptime=10;useinbandfec=1"),
    Codec(RED, 63, 48000, 2, "111/111"),
    Codec(VP8, 96, 90000, rtx=97),
    Codec(
        H264,
        108,
        90000,
        fmtp="level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        rtx=109,
    ),
    Codec(
        H264,
        125,
        90000,
        fmtp="level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
        rtx=126,
    ),
    Codec(VP9, 98, 90000, fmtp="profile-id=0", rtx=99),
    Codec(AV1, 35, 90000, rtx=36),
    Codec(H265, 116, 90000, fmtp="level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST", rtx=117),
    Codec(PCMU, 0, 8000),
    Codec(PCMA, 8, 8000),
)

# Where a room names one of these, with LiveKit's numbers; else nobody is offered them.
OFFERED_IF_NAMED = tuple(
    Codec(H264, payload_type, 90000, fmtp=f"level-asymmetry-allowed=1;{line}", rtx=payload_type + 1)
    for payload_type, line in (
        (102, "packetization-mode=1;profile-level-id=42001f"),
        (104, "packetization-mode=0;profile-level-id=42001f"),
        (106, "packetization-mode=1;profile-level-id=4d001f"),
        (39, "packetization-mode=0;profile-level-id=4d001f"),
    )
)


def for_publishing(
    offered: Sequence[Codec], track: PendingTrack | None, rules: ClientRules
) -> list[Codec]:
    """What the client may send on a section, best first (the client sends the first).

    `track` is None while AddTrack has not come; then RED stands behind Opus, since nobody has said
    whether the track may use it.
    """
    allowed = [
        codec
        for codec in offered
        if _is_enabled(codec, rules) and codec.mime not in rules.no_publish
    ]
    asked = _asked(track)
    if asked not in TELEPHONE and any(codec.mime == OPUS for codec in allowed):
        allowed = [codec for codec in allowed if codec.mime not in TELEPHONE]
    if track is not None and track.info.disable_red:
        allowed = [codec for codec in allowed if codec.mime != RED]
    if asked in TELEPHONE:
        allowed.sort(key=lambda codec: codec.mime != asked)
    else:
        allowed.sort(key=lambda codec: (_audio_rank(codec, track), codec.mime != asked))
    return _with_h264_ranked([_for_publisher(codec, track) for codec in allowed])


def _is_enabled(codec: Codec, rules: ClientRules) -> bool:
    lines = rules.formats.get(codec.mime)
    is_one = lines is None or any(is_variant(codec, line) for line in lines)
    return is_one and codec.mime in rules.enabled


def _asked(track: PendingTrack | None) -> str:
    """The mime that AddTrack names first; clients write "h264" as well as "video/h264"."""
    if track is None:
        return ""
    name = track.info.codecs[0].mime_type if track.info.codecs else track.info.mime_type
    name = name.lower()
    return name if not name or "/" in name else f"{track.kind}/{name}"


def _audio_rank(codec: Codec, track: PendingTrack | None) -> int:
    return (codec.mime == RED) if track is None else (codec.mime == OPUS)


def _for_publisher(codec: Codec, track: PendingTrack | None) -> Codec:
    if codec.mime in (RED, *TELEPHONE):
        return replace(codec, feedback=[])
    offered = parameters(codec.fmtp)
    kept = {name: offered[name] for name in KEPT.get(codec.mime, ()) if name in offered}
    if codec.mime == OPUS:
        if track is None or track.has_dtx:
            kept["usedtx"] = "1"
        if track is not None and track.is_stereo:
            kept |= {"stereo": "1", "maxaveragebitrate": "510000"}
        # Browsers do not offer NACK for audio, yet heed it in an answer (LiveKit).
        return replace(codec, fmtp=join(kept), feedback=["nack"])
    if number(offered.get(START_RATE, ""), 1_000_000):
        kept[START_RATE] = offered[START_RATE]
    feedback = [each for each in (TRANSPORT_CC, REMB, *REPAIR) if each in codec.feedback]
    return replace(codec, fmtp=join(kept), feedback=feedback)


def for_subscribing(
    offered: Sequence[Codec], mimes: Sequence[str], rules: ClientRules
) -> list[Codec]:
    """What we may send on a section for a track of these mimes, best first; empty: nothing fits.

    A track in RED can always be sent as Opus, so Opus is wanted with it.
    """
    wanted = [*mimes, OPUS] if RED in mimes and OPUS not in mimes else list(mimes)
    allowed = [codec for codec in offered if _is_enabled(codec, rules)]
    found = [codec for mime in wanted for codec in allowed if codec.mime == mime]
    if all(codec.mime == RED for codec in found):
        return []
    has_red = any(codec.mime == RED for codec in found)
    return _one_h264_per_mode([_for_subscriber(codec, has_red) for codec in found])


def _for_subscriber(codec: Codec, has_red: bool) -> Codec:
    if codec.mime in (RED, *TELEPHONE):
        return replace(codec, feedback=[])
    offered = parameters(codec.fmtp)
    kept = {name: offered[name] for name in KEPT.get(codec.mime, ()) if name in offered}
    if codec.mime == OPUS:  # RED repairs what NACK would
        return replace(codec, fmtp=join(kept), feedback=[] if has_red else ["nack"])
    feedback = [each for each in (TRANSPORT_CC, REMB, *REPAIR) if each in codec.feedback]
    return replace(codec, fmtp=join(kept), feedback=feedback)


def _h264_rank(codec: Codec) -> tuple[int, int]:
    """Constrained baseline first, since every decoder has it; in it mode 1, which may fragment."""
    profile = parameters(codec.fmtp).get("profile-level-id", "").lower()
    profiles = ("42e0", "42", "4d", "64")
    place = next((at for at, head in enumerate(profiles) if profile.startswith(head)), 4)
    return place, 1 - packetization_mode(codec)


def _with_h264_ranked(codecs: list[Codec]) -> list[Codec]:
    ranked = iter(sorted((codec for codec in codecs if codec.mime == H264), key=_h264_rank))
    return [next(ranked) if codec.mime == H264 else codec for codec in codecs]


def _one_h264_per_mode(codecs: list[Codec]) -> list[Codec]:
    """Of each packetization mode the format that most surely decodes."""
    seen: set[int] = set()
    kept = []
    for codec in _with_h264_ranked(codecs):
        mode = packetization_mode(codec) if codec.mime == H264 else -1
        if mode >= 0 and mode in seen:
            continue
        seen.add(mode)
        kept.append(codec)
    return kept


def for_offer(kind: Kind, mimes: Sequence[str], rules: ClientRules, *, stereo: bool) -> list[Codec]:
    """What a v0 subscriber is offered for a track."""
    named = OFFERED_IF_NAMED if H264 in rules.formats else ()
    offered = [
        replace(codec, feedback=[TRANSPORT_CC, REMB, *REPAIR] if kind is Kind.VIDEO else [])
        for codec in (*OFFERED, *named)
    ]
    codecs = for_subscribing(offered, mimes, rules)
    if stereo:  # makes the client decode two channels
        codecs = [
            replace(codec, fmtp=f"{codec.fmtp};sprop-stereo=1") if codec.mime == OPUS else codec
            for codec in codecs
        ]
    return codecs


def with_one_estimate(codecs: Iterable[Codec], has_transport_cc: bool) -> list[Codec]:
    """Leave one kind of bandwidth feedback: transport-cc where its header extension was agreed on.

    A client that is answered transport-cc and gets none never sends its top layer.
    """
    unwanted = REMB if has_transport_cc else TRANSPORT_CC
    return [
        replace(codec, feedback=[each for each in codec.feedback if each != unwanted])
        for codec in codecs
    ]
