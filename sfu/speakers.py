"""Who is speaking: a list for each room (LiveKit)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sfu.events import Speaker

STEPS = 8  # a participant's level is told in eighths


@dataclass(frozen=True, slots=True)
class SpeakerRules:
    """What counts as speech (LiveKit's `audio` settings and their defaults)."""

    interval: float = 0.4  # seconds of audio that make a level, and between two lists
    active_level: int = 35  # dB below the loudest: a frame at least as loud counts as speech
    least_active: float = 0.4  # share of the interval that must be speech
    smooth_intervals: int = 2  # of an exponential average

    @property
    def smoothing(self) -> float:
        return 2 / (self.smooth_intervals + 1) if self.smooth_intervals > 0 else 1.0

    @property
    def stale(self) -> float:
        """Seconds without audio, after which a track is silent."""
        return 2 * self.interval

    @property
    def active(self) -> float:
        """The least linear level of a speaker."""
        return float(10 ** (-self.active_level / 20))


DEFAULT = SpeakerRules()


class SpeakerList:
    """Who speaks in one room, as it was told last."""

    def __init__(self, rules: SpeakerRules = DEFAULT) -> None:
        self._active = rules.active
        self._told: dict[str, float] = {}

    def update(self, levels: Mapping[str, float]) -> list[Speaker]:
        """Every interval: each peer's level (the loudest of its tracks) to what has changed.

        Speakers first, the loudest ahead; then those that have fallen silent or have left.
        """
        speaking = {
            peer: min(math.ceil(level * STEPS) / STEPS, 1.0)
            for peer, level in sorted(levels.items(), key=lambda item: -item[1])
            if level >= self._active
        }
        told, self._told = self._told, speaking
        changed = [
            Speaker(peer, level, True)
            for peer, level in speaking.items()
            if told.get(peer) != level
        ]
        return changed + [Speaker(peer, 0.0, False) for peer in told if peer not in speaking]

    def level(self, peer: str) -> float:
        """What was told of a peer: for one who subscribes while it speaks. 0 when silent."""
        return self._told.get(peer, 0.0)
