"""Word the sections of an answer (RFC 8829, section 5.3; LiveKit)."""

from collections.abc import Sequence

from sfu.extensions import TRANSPORT_CC
from sfu.media import Codec, Kind
from signaling.negotiation import codecpolicy, codecs, encodings, extmap
from signaling.negotiation.connection import Local, write_sctp
from signaling.negotiation.downstream import Placement
from signaling.negotiation.offer import MediaSection
from signaling.negotiation.outcome import ClientRules
from signaling.negotiation.sdp import Section

# (the client's track is taken, a track of ours is placed) -> what we do
DIRECTIONS = {
    (True, True): "sendrecv",
    (True, False): "recvonly",
    (False, True): "sendonly",
    (False, False): "inactive",
}


def refused(offered: Section) -> Section:
    """A section that we shall never use."""
    section = Section(offered.kind, offered.proto, offered.formats, port=0)
    section.add("mid", offered.mid)
    section.add("inactive")
    return section


def data(offered: Section, local: Local, *, is_first: bool) -> Section:
    section = Section(offered.kind, offered.proto, offered.formats)
    section.add("mid", offered.mid)
    local.write(section, with_candidates=is_first)
    write_sctp(section)
    return section


def media(
    offered: MediaSection,
    local: Local,
    rules: ClientRules,
    *,
    sent: Sequence[Codec],
    placement: Placement | None,
    is_first: bool,
) -> Section:
    """`sent`: what the client may send on it, empty when we do not receive.

    A section without use is inactive, never refused, so that a later offer can use it.
    """
    section = Section(offered.kind, offered.section.proto, [])
    section.add("mid", offered.mid)
    local.write(section, with_candidates=is_first)
    section.add(DIRECTIONS[bool(sent), placement is not None])
    for flag in ("rtcp-mux", "rtcp-rsize", "extmap-allow-mixed"):
        if flag in offered.section.attributes:
            section.add(flag)
    extensions = extmap.choose(offered.extensions, extmap.both(offered.kind, rules))
    extmap.write(section, extensions, offered.section)
    _write_codecs(section, offered, _codecs(offered, rules, sent, placement))
    if sent and offered.kind is Kind.VIDEO:
        _write_rids(section, encodings.rids(offered.section), offered.section)
    if placement is not None:
        placement.write(section)
    return section


def _codecs(
    offered: MediaSection,
    rules: ClientRules,
    sent: Sequence[Codec],
    placement: Placement | None,
) -> list[Codec]:
    received = placement.codecs if placement else []
    if not sent and not received:
        idle = codecpolicy.for_subscribing(offered.codecs, rules.enabled, rules)
        return codecpolicy.with_one_estimate(idle, TRANSPORT_CC in offered.extensions)
    known = {codec.payload_type for codec in sent}
    return [*sent, *(codec for codec in received if codec.payload_type not in known)]


def _write_codecs(section: Section, offered: MediaSection, chosen: list[Codec]) -> None:
    if chosen:
        codecs.write(section, chosen)
        return
    # Nothing that we know. Refusing it with port 0 would break the bundle when it is the first, so
    # the client's first format stands for an agreement that is never used.
    name = offered.section.formats[0]
    section.formats = [name]
    for line in offered.section.values("rtpmap"):
        if line.startswith(f"{name} "):
            section.add("rtpmap", line)


def _write_rids(section: Section, rids: list[str], offered: Section) -> None:
    for rid in rids:
        section.add("rid", f"{rid} recv")
    if rids and "simulcast" in offered.attributes:
        section.add("simulcast", f"recv {';'.join(rids)}")
