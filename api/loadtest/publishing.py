"""The streams that a participant sends: a voice, and a picture in three layers."""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.loadtest.clips import Clip, Recording
from api.loadtest.control import Control, Sent
from api.loadtest.conversation import AUDIO_CID, VIDEO_CID
from api.loadtest.description import OPUS, RTX, VP8
from api.loadtest.headers import (
    LEVEL_ID,
    MID_ID,
    REPAIRED_ID,
    RID_ID,
    VOICE_LEVEL,
    template,
)
from api.loadtest.plan import RIDS

ENCODING = 0.004  # seconds from one layer of a picture to the next

Elements = Sequence[tuple[int, bytes]]  # header extensions


class Stream(NamedTuple):
    row: int  # in the outgoing table
    later: float  # seconds behind the participant's first


def add_streams(
    control: Control, recording: Recording, mids: Mapping[str, str], sound: int
) -> list[Stream]:
    """Rows that do not run yet; `mids` by the tracks' names, `sound` is the voice's SSRC."""
    added = []
    if AUDIO_CID in mids:
        mid = (MID_ID, mids[AUDIO_CID].encode())
        level = (LEVEL_ID, bytes([VOICE_LEVEL]))
        row = _add(control, recording.sound, OPUS, sound, [level, mid], [level], [])
        added.append(Stream(row, 0.0))
    if VIDEO_CID in mids:
        mid = (MID_ID, mids[VIDEO_CID].encode())
        for layer, (rid, clip) in enumerate(zip(RIDS, recording.layers, strict=True)):
            first = [mid, (RID_ID, rid.encode())]
            repaired = [mid, (REPAIRED_ID, rid.encode())]
            row = _add(control, clip, VP8, random_ssrc(), first, [], repaired)
            added.append(Stream(row, layer * ENCODING))
    return added


def _add(
    control: Control,
    clip: Clip,
    kind: int,
    ssrc: int,
    first: Elements,
    then: Elements,
    repaired: Elements,
) -> int:
    """`first`: in headers until the server knows the stream, `then`: afterwards; and in RTX."""
    # Below half of its range, so that a receiver that misses the first packets cannot be wrong
    # about how often the number has wrapped (RFC 3711, section 3.3.1).
    sequence, time = random.getrandbits(15), random.getrandbits(32)
    head, rtx = template(kind, ssrc, first), template(RTX, random_ssrc(), repaired)
    row = control.outgoing.add(control.link, clip, ssrc, head, sequence=sequence, time=time)
    control.sent[ssrc] = Sent(row, template(kind, ssrc, then), rtx)
    return row


def random_ssrc() -> int:
    return random.randrange(2, 1 << 32)
