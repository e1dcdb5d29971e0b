"""A layered video's packets in: described, counted by layer, and given to views (`views.py`)."""

from sfu.keyframes import KeyFrames
from sfu.layering import Layering
from sfu.layers import Layers
from sfu.learning import Learner
from sfu.publication import Stream
from sfu.router import Router
from sfu.rtp import Header
from sfu.state import State
from sfu.tables import LATE, STARTS, STARTS_KEY
from sfu.views import Splitter, View


class Layered:
    def __init__(
        self, state: State, learner: Learner, router: Router, keys: KeyFrames, layers: Layers
    ) -> None:
        self._state = state
        self._learner = learner
        self._router = router
        self._keys = keys
        self._layers = layers

    def describe(
        self, stream: Stream, slot: int, data: bytes, header: Header, now: float, *, is_late: bool
    ) -> bool:
        """False: it cannot be understood, perhaps since the key frame before it was lost."""
        layering = stream.layering
        if layering is None:
            layering = stream.layering = Layering()
        if not layering.read(stream.format, data, header, is_late=is_late):
            self._keys.request(stream, now)
            return False
        packets = self._state.packets
        packets.temporal[slot] = layering.temporal
        if layering.starts:
            packets.flags[slot] |= STARTS
        if layering.is_key:
            packets.flags[slot] |= STARTS | STARTS_KEY
        if is_late:
            return True
        self._state.stream_table.timestamp[stream.row] = header.timestamp
        if layering.is_key and packets.flags[slot] & LATE == 0:
            stream.keys.receive_key_frame()
            highest = self._state.stream_table.highest[stream.row]
            self._state.nacks.forget(stream.row, highest)
        is_new = self._arrange(stream, layering)
        self._track(stream, layering, now, is_new=is_new)
        return True

    def _arrange(self, stream: Stream, layering: Layering) -> bool:
        """Have a view for each spatial layer. True: they are others than before."""
        splitter = stream.splitter
        if splitter is not None and splitter.count == layering.count:
            return False
        if not layering.count:
            return False
        self._router.forget_views(stream)
        publication = stream.publication
        stream.splitter = splitter = Splitter(self._state, layering, layering.count)
        for spatial in reversed(range(layering.count)):
            quality = publication.quality_of(stream, spatial, layering.count)
            if quality in splitter.streams:
                continue  # more layers than qualities: the lowest ones have no viewers of their own
            view = self._learner.add(publication, quality, stream.ssrc)
            view.follow(stream)
            splitter.views.append(View(view, spatial))
        stream.unsettle()
        return True

    def _track(self, stream: Stream, layering: Layering, now: float, *, is_new: bool) -> None:
        """Which layers flow. A muted track counts as not flowing."""
        publication, splitter = stream.publication, stream.splitter
        if publication.is_muted or splitter is None:
            return
        tracker, active = publication.tracker, layering.active
        began = is_new
        ended = False
        for view in splitter.views:
            quality = view.stream.quality
            is_active = active is None or view.spatial in active
            if not is_active:
                ended = tracker.end(quality) or ended
            elif layering.is_key:
                tracker.reset(quality)
            if is_active and (layering.is_key or view.spatial == layering.spatial):
                began = tracker.receive(quality, now) or began
        if began:
            self._layers.flows(splitter.views[0].stream, layering.is_key, now)
        elif ended:
            self._layers.change(publication, now)
