"""Who is speaking: a level for each audio track, a list for each room (LiveKit)."""

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


class AudioLevel:
    """The level of one track, from the level that each packet's extension carries (RFC 6464)."""

    __slots__ = (
        "_active",
        "_last",
        "_loudest",
        "_observed",
        "_rate",
        "_rules",
        "_smoothed",
        "_timestamp",
    )

    def __init__(self, rules: SpeakerRules = DEFAULT, rate: int = 48000) -> None:
        self._rules = rules
        self._rate = rate  # Hz of the RTP clock
        self._timestamp = -1
        self._last = 0.0  # when the last packet came
        self._observed = 0.0  # seconds of audio in this interval
        self._active = 0.0  # of these, seconds of speech
        self._loudest = 127
        self._smoothed = 0.0

    def receive(self, level: int, timestamp: int, now: float) -> None:
        """A packet: its level in dB below the loudest, 0 to 127, and its RTP timestamp."""
        before, self._timestamp = self._timestamp, timestamp
        if before < 0:
            self._last = now
            return
        step = timestamp - before & 0xFFFFFFFF
        if step & 0x8000_0000:
            self._timestamp = before  # a late packet: its time has been counted
            return
        rules = self._rules
        if now - self._last > rules.stale:
            self.reset()
        self._last = now
        duration = min(step / self._rate, rules.interval)  # a pause or a jump is not all audio
        self._observed += duration
        if level <= rules.active_level:
            self._active += duration
            self._loudest = min(self._loudest, level)
        if self._observed >= rules.interval:
            self._close()

    def _close(self) -> None:
        """An interval is full."""
        rules = self._rules
        share = self._active / rules.interval
        if share >= rules.least_active:
            level = self._loudest - 20 * math.log10(share)
            self._smoothed += (10 ** (-level / 20) - self._smoothed) * rules.smoothing
        else:
            self._smoothed = 0.0
        self._observed = self._active = 0.0
        self._loudest = 127

    def reset(self) -> None:
        """Silence: the track is muted or has ended."""
        self._observed = self._active = self._smoothed = 0.0
        self._loudest = 127

    def level(self, now: float) -> float:
        """0..1, linear; 0 when nothing came for two intervals."""
        return self._smoothed if now - self._last <= self._rules.stale else 0.0


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
