"""Who is speaking: a level for each audio track, a list for each room (LiveKit)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sfu.events import Speaker
from sfu.loops.voices import SILENT, Voices, hear
from sfu.tables import NEVER

STEPS = 8  # a participant's level is told in eighths
ROUNDING = 1e-9  # seconds that are added up: eight packets of twenty are 40 % of them


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


class AudioLevel:
    """The level of one track; its numbers are a row of `Voices`, for as long as it lasts."""

    __slots__ = ("_table", "row")

    def __init__(self, table: Voices, rules: SpeakerRules = DEFAULT, rate: int = 48000) -> None:
        """`rate`: Hz of the RTP clock."""
        self._table = table
        self.row = row = table.add()
        table.interval[row], table.stale[row] = rules.interval, rules.stale
        table.active_level[row] = rules.active_level
        table.least_active[row] = rules.least_active - ROUNDING
        table.smoothing[row], table.rate[row] = rules.smoothing, rate
        table.timestamp[row], table.loudest[row] = NEVER, SILENT

    def receive(self, level: int, timestamp: int, now: float) -> None:
        """A packet: its level in dB below the loudest, 0 to 127, and its RTP timestamp."""
        hear(self._table.rows, self.row, level, timestamp, now)

    def reset(self) -> None:
        """Silence: the track is muted or has ended."""
        table, row = self._table, self.row
        table.observed[row] = table.active[row] = table.smoothed[row] = 0.0
        table.loudest[row] = SILENT

    def level(self, now: float) -> float:
        """0..1, linear; 0 when nothing came for two intervals."""
        table, row = self._table, self.row
        is_stale = now - table.heard_at[row] > table.stale[row]
        return 0.0 if is_stale else table.smoothed[row]

    def close(self) -> None:
        """It is no longer needed."""
        self._table.remove(self.row)

    def closes_at(self) -> float:
        """When its interval will be full, if sound goes on to come."""
        table, row = self._table, self.row
        return table.heard_at[row] + table.interval[row] - table.observed[row]


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
