"""What each subscription has sent lately, so that it can be sent again.

The packets themselves stay in the ring; here stands how they were numbered. An entry is found by
its sequence number, modulo the depth.
"""

from typing import Annotated

import numpy as np

from sfu.tables import Table

AUDIO_DEPTH = 128  # packets: 2.5 s at 50 a second
VIDEO_DEPTH = 512  # the ring seldom holds more of one layer


class AudioHistory(Table):
    """One row for each audio subscription."""

    depth = AUDIO_DEPTH

    reference: Annotated[memoryview, np.int64, AUDIO_DEPTH]  # of the packet, `Ring.reference`
    stamp: Annotated[memoryview, np.int64, AUDIO_DEPTH]  # sequence number << 32 | timestamp
    ids: Annotated[memoryview, np.uint32, AUDIO_DEPTH]  # key << 24 | tl0 << 16 | picture, as sent
    resent: Annotated[memoryview, np.uint8, AUDIO_DEPTH]  # how often
    resent_at: Annotated[memoryview, np.uint32, AUDIO_DEPTH]  # milliseconds


class VideoHistory(Table):
    """One row for each video subscription; the columns of `AudioHistory`."""

    depth = VIDEO_DEPTH

    reference: Annotated[memoryview, np.int64, VIDEO_DEPTH]
    stamp: Annotated[memoryview, np.int64, VIDEO_DEPTH]
    ids: Annotated[memoryview, np.uint32, VIDEO_DEPTH]
    resent: Annotated[memoryview, np.uint8, VIDEO_DEPTH]
    resent_at: Annotated[memoryview, np.uint32, VIDEO_DEPTH]


History = AudioHistory | VideoHistory
