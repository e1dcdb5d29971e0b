"""What a video packet says of its frame: written into its columns, and told to the layer choice."""

from collections.abc import Callable

from sfu.formats import LAYERED, Format
from sfu.layered import Layered
from sfu.publication import Stream
from sfu.rewrite.ids import places
from sfu.rtp import Header
from sfu.state import State
from sfu.tables import LATE, STARTS, STARTS_KEY, SYNC
from sfu.temporal import leave_out
from simulcast.descriptors import h264, vp8


class Frames:
    """`on_flow(stream, is_key, now)`: a layer flows that did not before.

    `is_key`: a decoder may begin with its first packet.
    """

    def __init__(
        self, state: State, layered: Layered, on_flow: Callable[[Stream, bool, float], None]
    ) -> None:
        self._state = state
        self._layered = layered
        self._on_flow = on_flow
        self._descriptor = vp8.Descriptor()

    def describe(
        self, stream: Stream, slot: int, data: bytes, header: Header, now: float, *, is_late: bool
    ) -> bool:
        """False: the payload is not what its type promises. Number and timestamp are set."""
        if stream.format in LAYERED:
            return self._layered.describe(stream, slot, data, header, now, is_late=is_late)
        temporal = 0
        if stream.format is Format.VP8:
            if not self._descriptor.read(data, header.payload, header.end):
                return False
            temporal = self._describe_vp8(slot, header)
        elif stream.format is Format.H264:
            self._describe_h264(stream, slot, data, header)
        else:
            self._describe_other(stream, slot, header)
        if stream.is_capped and (temporal or stream.drops):
            leave_out(self._state, stream, slot, temporal, is_late=is_late)
        if not is_late:
            self._state.stream_table.timestamp[stream.row] = header.timestamp
        self._track(stream, slot, now)
        return True

    def _describe_vp8(self, slot: int, header: Header) -> int:
        """Returns the temporal layer."""
        found, table, start = self._descriptor, self._state.packets, header.payload
        picture_at = tl0_at = key_at = 0
        if found.picture_id >= 0:
            picture_at = found.picture_id_at - start
            table.picture[slot] = found.picture_id
        if found.tl0 >= 0:
            tl0_at = found.tl0_at - start
            table.tl0[slot] = found.tl0
        if found.key_index >= 0:
            key_at = found.temporal_at - start
            table.key[slot] = found.key_index
        table.ids_at[slot] = places(picture_at, found.is_wide, tl0_at, key_at)
        if found.starts:
            table.flags[slot] |= STARTS | STARTS_KEY if found.is_key else STARTS
        if found.sync:
            table.flags[slot] |= SYNC
        table.temporal[slot] = found.temporal
        return found.temporal

    def _describe_h264(self, stream: Stream, slot: int, data: bytes, header: Header) -> None:
        start, end = header.payload, header.end
        starts = self._is_new_frame(stream, header)
        if starts:
            self._state.packets.flags[slot] |= STARTS
        # Parameter sets come in the first packet of a key frame or just before its slices; an IDR
        # at the very start of a frame comes from an encoder that sent them earlier.
        if h264.has_parameters(data, start, end) or (
            starts and h264.is_key_frame(data, start, end)
        ):
            self._state.packets.flags[slot] |= STARTS_KEY

    def _describe_other(self, stream: Stream, slot: int, header: Header) -> None:
        """A codec that we cannot look into: any frame may be a start."""
        if self._is_new_frame(stream, header):
            self._state.packets.flags[slot] |= STARTS | STARTS_KEY

    def _is_new_frame(self, stream: Stream, header: Header) -> bool:
        return header.timestamp != self._state.stream_table.timestamp[stream.row]

    def _track(self, stream: Stream, slot: int, now: float) -> None:
        """Count the packet for its layer. A muted track counts as not flowing."""
        publication = stream.publication
        if publication.is_muted:
            return
        table = self._state.packets
        is_key = table.flags[slot] & (STARTS_KEY | LATE) == STARTS_KEY
        if is_key:
            stream.keys.receive_key_frame()
            self._state.nacks.forget(stream.row, self._state.stream_table.highest[stream.row])
        if publication.tracker.receive(stream.quality, now):
            self._on_flow(stream, is_key, now)
