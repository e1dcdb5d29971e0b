"""Which layers of a publication flow: told to signaling, and to those who choose among them."""

from sfu.events import LayersChanged, LayerStream
from sfu.keyframes import KeyFrames
from sfu.publication import Publication, Stream
from sfu.state import State
from sfu.switching import Switching
from simulcast.layers import NONE
from simulcast.selector import aim


class Layers:
    def __init__(self, state: State, switching: Switching, keys: KeyFrames) -> None:
        self._state = state
        self._switching = switching
        self._keys = keys

    def flows(self, stream: Stream, is_key: bool, now: float) -> None:
        """A stream's first packet, or its first after a pause. `is_key`: a decoder may begin."""
        publication = stream.publication
        if publication.first_at < 0:
            publication.first_at = now
        if not publication.is_audio:
            if not is_key:
                self._keys.start(stream, now)
            self._tell(publication)
            self._arm(publication)
        self._switching.update_all(publication, now, stream if is_key else None)

    def check(self, number: int, now: float) -> None:
        """By deadline: have layers stopped, or come back?"""
        publication = self._state.by_number[number]
        self._count_flow(publication)
        if publication.tracker.handle_timeout(now):
            self.change(publication, now)
        self._arm(publication)

    def change(self, publication: Publication, now: float) -> None:
        """Other layers flow than before."""
        publication.unsettle()
        self._stop_silent(publication)
        self._tell(publication)
        self._switching.update_all(publication, now)

    def _count_flow(self, publication: Publication) -> None:
        """What was received by batches since the last check."""
        packets = self._state.stream_table.packets
        for stream in publication.streams.values():
            if packets[stream.row]:
                publication.tracker.add(stream.quality, packets[stream.row])
                packets[stream.row] = 0

    def mute(self, publication: Publication, now: float) -> None:
        had_layers = publication.tracker.stop()
        publication.unsettle()
        if publication.level is not None:
            publication.level.reset()
        self._stop_silent(publication)
        if had_layers and not publication.is_audio:
            self._tell(publication)
        self._switching.update_all(publication, now)

    def unmute(self, publication: Publication, now: float) -> None:
        """Ask for what is wanted before its first packet is here: it saves a round trip."""
        layers = publication.layers
        known = list(layers)
        wanted = {aim(s.quality, known) for s in publication.subscriptions if not s.disabled}
        for layer in wanted - {NONE}:
            self._keys.request(layers[layer], now, forced=True)
        self._switching.update_all(publication, now)

    def wish(self, publication: Publication, highest: int) -> None:
        """Somebody wants these layers: those that stand still count again at their next packet."""
        for layer in range(highest + 1):
            if layer not in publication.flowing:
                publication.tracker.reset(layer)

    def forget(self, publication: Publication) -> None:
        self._state.deadlines.set(("layers", publication.number), None)

    def _tell(self, publication: Publication) -> None:
        streams = [
            LayerStream(stream.quality, stream.ssrc, stream.rtx_ssrc)
            for stream in publication.streams.values()
            if stream.ssrc
        ]
        self._state.events.append(
            LayersChanged(publication.peer, publication.track, publication.flowing, streams)
        )

    def _stop_silent(self, publication: Publication) -> None:
        flowing = publication.flowing
        alive = {one.origin.row for layer, one in publication.layers.items() if layer in flowing}
        for stream in publication.streams.values():
            if stream.row not in alive:
                self._keys.stop(stream)

    def _arm(self, publication: Publication) -> None:
        at = publication.tracker.next_timeout()
        self._state.deadlines.set(("layers", publication.number), at)
