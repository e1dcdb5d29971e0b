"""Which layers a media section announces: simulcast by rid, by SSRC group, or one stream."""

import re
from collections.abc import Sequence
from itertools import pairwise

from livekit.protocol.models import TrackInfo, VideoLayer

from sfu.media import Encoding, Kind
from signaling.negotiation.sdp import Section, number

# Names that LiveKit clients give their layers, lowest quality first (LiveKit).
LADDERS = (("q", "h", "f"), ("2", "1", "0"))
LAYERS = 3
HIGH = 2

RID = re.compile(r"[A-Za-z0-9_-]{1,32}")


def rids(section: Section) -> list[str]:
    """The rids that the section sends, in its order, at most three (RFC 8851, RFC 8853).

    Of alternatives the first counts. A paused one (`~`) is sent later, so it counts.
    """
    lines = (line.split(" ") for line in section.values("rid"))
    sent = [line[0] for line in lines if len(line) > 1 and line[1] == "send"]
    listed = _simulcast(section)
    chosen = [rid for rid in listed if rid in sent] if listed else sent
    return [rid for rid in dict.fromkeys(chosen) if RID.fullmatch(rid)][:LAYERS]


def _simulcast(section: Section) -> list[str]:
    """`send q;~h,x;f recv a` -> q, h, f."""
    words = (section.value("simulcast") or "").split(" ")
    listed = next((after for word, after in pairwise(words) if word == "send"), "")
    return [each.partition(",")[0].lstrip("~") for each in listed.split(";") if each]


def by_quality(names: Sequence[str], layers: Sequence[VideoLayer]) -> list[str]:
    """Put rids in the order of their quality, lowest first.

    By a known ladder, else by the rids that AddTrack gave its layers, else in the order of the SDP.
    """
    announced = [layer.rid for layer in sorted(layers, key=lambda layer: layer.quality)]
    for ladder in (*LADDERS, announced):
        if all(name in ladder for name in names):
            return sorted(names, key=ladder.index)
    return list(names)


def qualities(count: int, layers: Sequence[VideoLayer]) -> list[int]:
    """The quality of each of `count` streams: those declared when there are as many, else 0, 1, 2.

    A single stream is HIGH unless declared otherwise.
    """
    declared = sorted({int(layer.quality) for layer in layers if 0 <= layer.quality <= HIGH})
    if len(declared) == count:
        return declared
    return [HIGH] if count == 1 else list(range(count))


def read(section: Section, info: TrackInfo, kind: Kind) -> list[Encoding]:
    """The layers of a section, lowest quality first; never empty.

    SSRCs are 0 where the description does not give them, as with rids: the client's rid extension
    tells which is which, and the order of its ssrc lines is not promised by any standard.
    """
    layers = _layers(info)
    names = by_quality(rids(section), layers) if kind is Kind.VIDEO else []
    if names:
        encodings = [Encoding(0, rid=name) for name in names]
    else:
        encodings = [Encoding(0, ssrc=ssrc, rtx_ssrc=rtx) for ssrc, rtx in _streams(section)]
    for encoding, quality in zip(encodings, qualities(len(encodings), layers), strict=True):
        encoding.quality = quality
        encoding.width, encoding.height = _size(quality, layers, info)
    return encodings


def _layers(info: TrackInfo) -> Sequence[VideoLayer]:
    return info.layers or (info.codecs[0].layers if info.codecs else ())


def spatial(encodings: Sequence[Encoding], info: TrackInfo) -> list[int]:
    """The qualities of a lone stream's spatial layers, as announced, lowest first."""
    if len(encodings) != 1:
        return []
    return sorted({int(layer.quality) for layer in _layers(info) if 0 <= layer.quality <= HIGH})


def _size(quality: int, layers: Sequence[VideoLayer], info: TrackInfo) -> tuple[int, int]:
    for layer in layers:
        if layer.quality == quality:
            return layer.width, layer.height
    return info.width, info.height


def _groups(section: Section, semantics: str) -> list[list[int]]:
    groups = (line.split() for line in section.values("ssrc-group"))
    return [
        [number(each, 0xFFFFFFFF) or 0 for each in members]
        for name, *members in (group for group in groups if group)
        if name == semantics
    ]


def _streams(section: Section) -> list[tuple[int, int]]:
    """Media and RTX SSRC of each stream: the older SIM group, a FID group, or a lone SSRC."""
    repairs = {group[0]: group[1] for group in _groups(section, "FID") if len(group) == 2}
    group = next((each for each in _groups(section, "SIM") if all(each)), [])[:LAYERS]
    if not group:
        lines = (number(line.partition(" ")[0], 0xFFFFFFFF) for line in section.values("ssrc"))
        known = [ssrc for ssrc in (*repairs, *lines) if ssrc]
        group = known[:1] or [0]
    return [(ssrc, repairs.get(ssrc, 0)) for ssrc in dict.fromkeys(group)]
