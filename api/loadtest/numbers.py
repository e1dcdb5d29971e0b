"""Where the transport-wide number stands in the headers of each stream."""

import numpy as np

from api.loadtest.columns import PADDING, Headers, Rows, Slots
from api.loadtest.memory import Ints, anywhere
from api.loadtest.streams import UNKNOWN, Streams
from sfu.extensions import locate
from sfu.rtp import Header

HEADER_MOST = 200  # bytes


class Numbers:
    """Learns a place, and looks there as long as the header has the same shape."""

    def __init__(self, slots: Slots, streams: Streams) -> None:
        capacity = len(streams.link)
        self._slots, self._streams = slots, streams
        self._words = anywhere(slots.flat, ">u4")
        self._offset = np.zeros(capacity, np.int64)  # of the element; 0: there is none
        self._shape = np.full(capacity, UNKNOWN)  # profile and length for which that holds

    def read(self, rows: Rows, stream: Ints, headers: Headers) -> Ints:
        """The number of each packet; -1 where it has none."""
        wanted = self._streams.number_id[stream]
        offsets = self._offset[stream]
        changed = (self._shape[stream] != headers.extension) & (wanted > 0)
        if changed.any():
            for index in np.flatnonzero(changed).tolist():
                shape = int(headers.extension[index])
                offsets[index] = self._learn(int(rows[index]), int(stream[index]), shape)
        # The element begins with its identity and its length less one, in the second byte here.
        words = self._words[self._slots.bases[rows] + offsets - 1].astype(np.int64)
        is_it = (words >> 16 & 0xFF) == (wanted << 4 | 1)
        is_it &= offsets > 0
        result: Ints = np.where(is_it, words & 0xFFFF, -1)
        return result

    def _learn(self, row: int, stream: int, shape: int) -> int:
        packet = bytearray(self._slots.content(row, HEADER_MOST))
        packet[0] &= ~PADDING & 0xFF  # its length is encrypted
        header = Header()
        found = 0
        if header.read(packet, len(packet)):
            places = locate(packet, header.profile, header.extension, header.extension_end)
            place = places.get(int(self._streams.number_id[stream]))
            found = place[0] - 1 if place else 0
        self._shape[stream], self._offset[stream] = shape, found
        return found
