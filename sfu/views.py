"""A layered video as several: one stream for each spatial layer that somebody may look at.

All layers of such a video (SVC) come under one SSRC. A view leaves out what its layer does not
need, has numbers without gaps of its own, and ends each picture with a marker. To everything behind
it, it is a stream like those of simulcast, so switching between layers is switching between
streams. Only packets of views that somebody gets, or waits for, are made.
"""

from sfu.layering import Layering
from sfu.numbering import Removals
from sfu.publication import Stream
from sfu.state import State
from sfu.tables import LATE, OPENS, STARTS, STARTS_KEY
from sfu.temporal import leave_out

MARKER = 0x80
PASSED = LATE | STARTS | STARTS_KEY  # flags of the packet that hold for its views too


class View:
    """What one spatial layer's viewers get. `last` and `frame` are those of its last packet."""

    __slots__ = ("frame", "is_leaving_out", "last", "removals", "spatial", "stream")

    def __init__(self, stream: Stream, spatial: int) -> None:
        self.stream = stream
        self.spatial = spatial
        self.removals = Removals()
        self.last = -1
        self.frame = -1
        self.is_leaving_out = False

    def number(self, number: int, frame: int, *, is_wanted: bool, is_late: bool) -> int:
        """The packet's number among those of the view; -1: it has none there.

        A late one that is not wanted may have one: what followed it was numbered already.
        """
        if is_late and number <= self.last:
            found = self.removals.find(number)
            return -1 if found is None else number - found[0]
        if self.is_leaving_out and not is_wanted and frame == self.frame != -1:
            # What is missing in between is of the same frame, so nobody here misses it.
            self.removals.remove(self.last + 1, number)
        self.last, self.frame, self.is_leaving_out = number, frame, not is_wanted
        if is_wanted:
            return number - self.removals.count
        self.removals.remove(number, number + 1)
        return -1


class Splitter:
    """`views` are those of one stream, by quality, the highest first."""

    def __init__(self, state: State, layering: Layering, count: int) -> None:
        self.count = count  # spatial layers
        self.views: list[View] = []
        self._state = state
        self._layering = layering

    @property
    def streams(self) -> dict[int, Stream]:
        """By quality, lowest first."""
        return {view.stream.quality: view.stream for view in reversed(self.views)}

    @property
    def qualities(self) -> list[int]:
        """Of the layers that the sender sends now, as far as it says so."""
        active = self._layering.active
        views = self.views if active is None else [v for v in self.views if v.spatial in active]
        return [view.stream.quality for view in views]

    def split(self, slot: int) -> list[tuple[Stream, int]]:
        """The packet in `slot`, which the layering has read last, for those who are there."""
        found = []
        packets, layering = self._state.packets, self._layering
        number, is_late = packets.number[slot], packets.flags[slot] & LATE != 0
        for view in self.views:
            stream = view.stream
            if not (stream.rows or stream.waiting):
                view.is_leaving_out = False
                continue
            is_wanted = layering.concerns(view.spatial)
            own = view.number(number, layering.frame, is_wanted=is_wanted, is_late=is_late)
            if own >= 0:
                size = packets.size[slot] if is_wanted else 0
                found.append((stream, self._store(slot, view, own, size)))
        return found

    def _store(self, slot: int, view: View, number: int, size: int) -> int:
        """A packet of its own, since marker and numbers are others.

        An empty one (RFC 3550 has no word against it) only fills the gap that would be asked for.
        """
        state, layering = self._state, self._layering
        packets, ring = state.packets, state.ring
        start = packets.payload[slot]
        new, at = ring.keep(ring.data[start : start + size])
        packets.clear(new)
        packets.stream[new] = view.stream.row
        packets.number[new] = number
        packets.timestamp[new] = packets.timestamp[slot]
        packets.payload[new] = at
        packets.size[new] = size
        packets.temporal[new] = layering.temporal
        is_last = layering.ends and layering.spatial == view.spatial
        packets.marker[new] = MARKER if is_last else packets.marker[slot]
        flags = packets.flags[slot] & PASSED
        if layering.opens(view.spatial):
            flags |= OPENS
        packets.flags[new] = flags
        if size:
            details = layering.descriptor(view.spatial), state.descriptors.capture(slot)
            state.descriptors.put(new, size, *details)
        stream = view.stream
        if stream.is_capped and (layering.temporal or stream.drops):
            leave_out(state, stream, new, layering.temporal, is_late=flags & LATE != 0)
        return new
