"""Whether pictures are whole: VP8's picture ids, and what a layer begins with (RFC 7741)."""

import numpy as np
from numpy.typing import NDArray

from api.loadtest.columns import Slots
from api.loadtest.memory import Ints
from api.loadtest.streams import UNKNOWN
from api.loadtest.tally import Tally

PICTURES = 0x8000  # picture ids wrap here
FRAME_BEGINS = 0x10  # in the first byte of a descriptor (section 4.2)
NO_KEY = 0x01  # in the first byte of a frame (section 4.3)


class Pictures:
    """Rows are streams. `is_sample`: not every packet is seen."""

    def __init__(self, slots: Slots, streams: int, *, is_sample: bool) -> None:
        self.key_frames: Ints = np.zeros(streams, np.int64)
        self._flat = slots.flat
        self._is_sample = is_sample
        self._offset = np.full(streams, UNKNOWN)  # how far the ids are ahead of the frames
        self._source = np.full(streams, UNKNOWN)

    def forget(self, streams: set[int]) -> None:
        """Frames may be missing: begin to compare anew."""
        self._offset[list(streams)] = UNKNOWN

    def check(
        self,
        stream: Ints,
        begins: Ints,
        frames: Ints,
        sources: Ints,
        odd: set[int],
        tally: Tally,
    ) -> None:
        """Ids go on by one with each frame, and another layer begins with a key frame.

        `begins`: where payloads do; `sources`: who sent them; `odd`: streams that may lack frames.
        """
        flat = self._flat
        is_wide = flat[begins + 2] >> 7  # 1: a picture id of 15 bits
        is_key = (flat[begins] & FRAME_BEGINS > 0) & (flat[begins + 3 + is_wide] & NO_KEY == 0)
        np.add.at(self.key_frames, stream[is_key], 1)
        changed = self._source[stream] != sources
        if changed.any():
            self._note_sources(stream[changed], sources[changed], is_key[changed], tally)
        offset = self._offsets(stream, begins, frames)
        differs = self._offset[stream] != offset
        if differs.any():
            self._note_offsets(stream[differs], offset[differs], odd, tally)

    def _offsets(self, stream: Ints, begins: Ints, frames: Ints) -> Ints:
        """How far the ids are ahead.

        A server may write a small one with 7 bits (livekit-server does): it says as much as it can.
        """
        flat = self._flat
        high = flat[begins + 2].astype(np.int64)
        wide = ((high & 0x7F) << 8 | flat[begins + 3]) - frames
        known = self._offset[stream]
        narrow = known + ((high - frames - known) & 0x7F)
        offsets: Ints = np.where(high & 0x80, wide, narrow) % PICTURES
        return offsets

    def _note_offsets(self, stream: Ints, offset: Ints, odd: set[int], tally: Tally) -> None:
        for row, found in zip(stream.tolist(), offset.tolist(), strict=True):
            known = self._offset[row]
            if row not in odd and known not in (UNKNOWN, found):
                tally.picture_breaks += 1
            self._offset[row] = found

    def _note_sources(
        self, stream: Ints, sources: Ints, is_key: NDArray[np.bool_], tally: Tally
    ) -> None:
        rows = zip(stream.tolist(), sources.tolist(), is_key.tolist(), strict=True)
        for row, source, begins_with_key in rows:
            known = self._source[row]
            if known == source:
                continue
            self._source[row] = source
            tally.switches += int(known != UNKNOWN)
            if not begins_with_key and (not self._is_sample or known == UNKNOWN):
                tally.switch_breaks += 1
