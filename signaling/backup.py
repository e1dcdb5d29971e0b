"""A second codec of a track, for those who cannot decode its first one (LiveKit).

Its publisher announces it and sends it only once somebody needs it. To the media plane it is a
publication of its own. Where few are in the room, everybody gets it then: to encode twice costs the
publisher more than the better codec saves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from livekit.protocol import models

from signaling.dynacast import NONE, Dynacast

Policy = models.BackupCodecPolicy


def unwanted() -> Dynacast:
    """Nobody has asked for it yet, and nothing of it is sent."""
    return Dynacast(told=NONE)


@dataclass(slots=True)
class Backup:
    track: str  # its name in the media plane
    info: models.TrackInfo  # what negotiation has to know: this codec alone
    mime: str
    dynacast: Dynacast = field(default_factory=unwanted)
    mimes: list[str] = field(default_factory=list)  # as negotiated
    is_live: bool = False
    replaces: bool = False  # everybody gets it


def backup_of(info: models.TrackInfo) -> Backup | None:
    """Of a track that announces two codecs."""
    if len(info.codecs) < 2:
        return None
    mime = info.codecs[1].mime_type
    if mime == info.codecs[0].mime_type:
        return None
    alone = models.TrackInfo()
    alone.CopyFrom(info)
    alone.sid = f"{info.sid}/{mime.partition('/')[2]}"
    alone.mime_type = mime
    return Backup(alone.sid, alone, mime)


def announce(
    backup: Backup, info: models.TrackInfo, cid: str, layers: Sequence[models.VideoLayer]
) -> None:
    """The publisher is about to send it."""
    announced = info.codecs[1]
    announced.cid = cid
    for described in (announced, backup.info):
        if layers:
            del described.layers[:]
            described.layers.extend(layers)
    del backup.info.codecs[:]
    backup.info.codecs.append(announced)
    backup.info.muted = info.muted


def replaces(info: models.TrackInfo, participants: int, threshold: int) -> bool:
    """Shall all get it, once somebody does? `threshold`: participants up to which; 0: always."""
    policy = info.backup_codec_policy
    is_small = threshold == 0 or participants < threshold
    return policy == Policy.REGRESSION or (policy == Policy.PREFER_REGRESSION and is_small)
