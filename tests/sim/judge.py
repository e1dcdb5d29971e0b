"""Watches over a whole room: all that each client gets must be whole streams."""

from tests.sim.cameras import Camera
from tests.sim.continuity import Continuity
from tests.sim.director import Director
from tests.sim.formats import OTHER, VIDEO_DOWN
from tests.sim.marks import Mark
from tests.sim.receiver import Packet
from tests.sim.stage import Stage

MARGIN = 200  # numbers within which a late packet may still come: two seconds of video
VP8_DOWN = VIDEO_DOWN[0].payload_type


class Judge:
    """Hears of each packet on the stage; `finish` gives what was wrong."""

    def __init__(self, stage: Stage, director: Director) -> None:
        self._stage = stage
        self._director = director
        self.unrepaired = 0
        self._streams: dict[tuple[str, int, int], Continuity] = {}
        stage.on_packet = self._take

    def _take(self, name: str, media: int, start: int, packet: Packet) -> None:
        stream = self._streams.get((name, media, start))
        if stream is None:
            stream = self._streams[name, media, start] = self._open(media)
        stream.take(packet)

    def _open(self, media: int) -> Continuity:
        director = self._director
        track = next(
            track
            for member in director.members.values()
            for track, ssrc in member.ssrcs.items()
            if ssrc == media
        )
        source = director.sources[track]
        return Continuity(
            is_video=isinstance(source, Camera) and source.payload_type != OTHER,
            vp8=VP8_DOWN,
            is_thinned=director.plan.caps,
            disturbed=self._is_disturbed,
        )

    def _is_disturbed(self, mark: Mark) -> bool:
        return any(uplink.is_disturbed(mark) for uplink in self._director.uplinks)

    def settle(self) -> None:
        """Judge what is final; for long runs, so that little is kept."""
        for stream in self._streams.values():
            stream.settle(MARGIN)

    def _give_up(self) -> None:
        """What a client lost and never got again counts as it was sent."""
        for name in self._stage.people:
            missing = self._stage.receiver(name).missing
            for (media, _), packet in missing.items():
                self.unrepaired += 1
                self._take(name, media, self._stage.starts[name, media], packet)
            missing.clear()

    @property
    def switches(self) -> int:
        return sum(stream.switches for stream in self._streams.values())

    @property
    def judged(self) -> int:
        return sum(stream.judged for stream in self._streams.values())

    def finish(self) -> list[str]:
        self._give_up()
        problems = []
        for (name, _, _), stream in self._streams.items():
            stream.settle()
            problems += [f"{name}: {text}" for text in stream.problems]
        return problems
