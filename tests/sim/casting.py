"""The cameras and microphones of a played room, each with habits of its own, by a seed."""

from random import Random

from sfu.media import Codec, Kind
from tests.sim.cameras import Camera, Style
from tests.sim.formats import (
    H264_CODEC,
    OPUS,
    OPUS_CODEC,
    OPUS_DOWN,
    OTHER,
    RED,
    RED_CODEC,
    RED_DOWN,
    VIDEO_DOWN,
    VP8,
    VP8_CODEC,
    VP9_CODEC,
)
from tests.sim.layer import Layer
from tests.sim.microphones import Microphone, Source
from tests.sim.plan import Plan


class Casting:
    """Makes sources; each is a track of its own."""

    def __init__(self, random: Random, plan: Plan) -> None:
        self.random = random
        self.plan = plan
        self._tracks = 0

    def _layer(self, track: int, quality: int, rate: int, *, rid: str = "", mid: str = "") -> Layer:
        number = track * 100 + quality * 10
        return Layer(self.random, track, quality, number + 1, rate, rid, mid, number + 2)

    def camera(self) -> Camera:
        self._tracks += 1
        track, random, plan = self._tracks, self.random, self.plan
        payload_type, count = random.choice(plan.cameras)
        is_learnt = random.random() < 0.5
        mid = f"x{track}" if is_learnt else ""
        layers = [
            self._layer(
                track, quality, 90_000, rid="qhf"[quality] if is_learnt and count > 1 else "",
                mid=mid,
            )
            for quality in range(count)
        ]  # fmt: skip
        style = Style(
            temporal=payload_type == VP8 and (plan.caps or random.random() < 0.3),
            picture_bits=random.choice([15, 15, 7, 0]),
            has_tl0=random.random() < 0.8,
            has_key=random.random() < 0.8,
            layouts=plan.layouts,
            probes=0.1 if plan.layouts else 0.0,
        )
        return Camera(random, track, payload_type, layers, style)

    def microphone(self) -> Microphone:
        self._tracks += 1
        track, random = self._tracks, self.random
        layer = self._layer(track, 0, 48_000, mid=random.choice(["", f"x{track}"]))
        return Microphone(
            random, layer, random.choice([OPUS, OPUS, RED]), has_level=random.random() < 0.7,
            has_silence=random.random() < 0.3, layouts=self.plan.layouts,
        )  # fmt: skip

    def codecs_up(self, source: Source) -> list[Codec]:
        """What its publisher may send."""
        if source.kind is Kind.AUDIO:
            return [OPUS_CODEC, RED_CODEC]
        return [VP8_CODEC, H264_CODEC] if source.payload_type != OTHER else [VP9_CODEC]

    def codecs_down(self, source: Source) -> list[Codec]:
        """What a subscriber takes."""
        if source.kind is Kind.VIDEO:
            return VIDEO_DOWN
        return self.random.choice([[OPUS_DOWN], [RED_DOWN, OPUS_DOWN]])
