"""How loud a track is: what speakers are found by (LiveKit)."""

from sfu.loops.voices import SILENT, Voices, hear
from sfu.speakers import DEFAULT, SpeakerRules
from sfu.tables import NEVER

ROUNDING = 1e-9  # seconds that are added up: eight packets of twenty are 40 % of them


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
