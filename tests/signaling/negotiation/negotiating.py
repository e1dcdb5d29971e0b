"""Offers of real clients, and what one needs to answer them.

The files in `offers/` are what livekit-client 2.23 in Chromium 156 and Firefox 153 and PyPI livekit
1.2 sent to a server; candidates and addresses were taken out.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from livekit.protocol.models import TrackInfo, TrackType, VideoLayer, VideoQuality

from sfu.media import Candidate, Fingerprint, Kind, NodeInfo
from signaling.negotiation.answerer import Answerer
from signaling.negotiation.outcome import ClientRules, Outcome, PendingTrack, Wish
from signaling.negotiation.sdp import Description, Section

T = TypeVar("T")

OFFERS = Path(__file__).parent / "offers"

# cids of chromium_publishing, chromium_h264 and pypi_publishing
CHROMIUM_MICROPHONE = "6c95cf36-0355-46be-925a-c7b9d566d31a"
CHROMIUM_CAMERA = "04caa987-aa8b-4823-9c1f-233bfc3938f5"
CHROMIUM_H264_CAMERA = "db1f9ee8-8a23-4b97-a8e1-41c81ed7f8e5"
PYPI_MICROPHONE = "64d14e66-ccb9-4ec3-9188-5aee13c0b1a9"
PYPI_CAMERA = "871c2d8c-4793-43e7-b4e0-3a66544c780f"
PYPI_SCREEN = "55263b21-0202-49b8-9d20-5b2d0e727805"

NODE = NodeInfo(
    "ND_test",
    [Candidate("udp", "192.0.2.1", 7882), Candidate("tcp", "192.0.2.1", 7881)],
    Fingerprint("sha-256", ":".join(["CD"] * 32)),
)
LAYERS = [
    VideoLayer(quality=VideoQuality.LOW, width=320, height=180),
    VideoLayer(quality=VideoQuality.MEDIUM, width=640, height=360),
    VideoLayer(quality=VideoQuality.HIGH, width=1280, height=720),
]


def text(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_bytes().decode()


def offer_names() -> list[str]:
    return sorted(path.stem for path in OFFERS.glob("*.sdp") if "answer" not in path.stem)


def answerer(rules: ClientRules | None = None, *, single: bool = True) -> Answerer:
    randbytes = random.Random(3).randbytes
    return Answerer("PA_me/0", "PA_me", NODE, rules or ClientRules(), randbytes, single=single)


def audio(cid: str = "", sid: str = "TR_a", **fields: Any) -> PendingTrack:
    return PendingTrack(cid, TrackInfo(sid=sid, type=TrackType.AUDIO, **fields))


def video(
    cid: str = "", sid: str = "TR_v", layers: Sequence[VideoLayer] = LAYERS, **fields: Any
) -> PendingTrack:
    info = TrackInfo(sid=sid, type=TrackType.VIDEO, layers=layers, **fields)
    return PendingTrack(cid, info)


def hear(track: str, mimes: Sequence[str] = ("audio/red", "audio/opus")) -> Wish:
    return Wish(track, "PA_you", Kind.AUDIO, list(mimes), f"PA_you|{track}")


def see(track: str, mime: str = "video/vp8") -> Wish:
    return Wish(track, "PA_you", Kind.VIDEO, [mime], f"PA_you|{track}")


def sections(sdp: str) -> dict[str, Section]:
    return {section.mid: section for section in Description.parse(sdp).sections}


def only(outcome: Outcome, kind: type[T]) -> list[T]:
    return [command for command in outcome.commands if isinstance(command, kind)]


def with_direction(sdp: str, directions: dict[str, str]) -> str:
    """The same offer with other directions on some sections."""
    description = Description.parse(sdp)
    for section in description.sections:
        if section.mid in directions:
            section.attributes.pop(section.direction, None)
            section.add(directions[section.mid])
    return str(description)


def without(sdp: str, *mids: str) -> str:
    description = Description.parse(sdp)
    description.sections = [each for each in description.sections if each.mid not in mids]
    group = [mid for mid in description.bundle if mid not in mids]
    description.attributes["group"] = [" ".join(["BUNDLE", *group])]
    return str(description)
