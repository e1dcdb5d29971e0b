"""Connection quality of a track and of a participant (LiveKit).

A simplified E-model (ITU-T G.107): each track is scored 0 to 100 every five seconds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

INTERVAL = 5.0  # seconds
POOR, GOOD, EXCELLENT, LOST = 0, 1, 2, 3  # livekit.ConnectionQuality

BEST, WORST = 100.0, 30.0  # the worst of a track that something is heard of
NO_PACKETS, NOTHING = 40.0, 20.0  # without media; without even reports
PAUSED = 30.0
FALLING, RISING = 0.8, 0.4  # share of the new score: bad news counts at once
LAYER_STEP = 35.0  # for each layer below the wanted one
LOSS_WEIGHTS = {"audio/opus": 8.0, "audio/red": 4.0}
VIDEO_LOSS_WEIGHT = 10.0
FEC = 1.5  # forward error correction hides so much
MAX_MOS = 4.5


def loss_weight(mime: str, *, has_fec: bool = False) -> float:
    """What each percent of loss costs. `has_fec`: useinbandfec=1 was negotiated."""
    weight = LOSS_WEIGHTS.get(mime, VIDEO_LOSS_WEIGHT)
    return weight / FEC if has_fec and mime in LOSS_WEIGHTS else weight


@dataclass(slots=True)
class Window:
    """What was seen of a track in one interval."""

    expected: int  # packets, lost ones among them, padding not
    lost: int  # for a subscription: without those that the publisher's side lost already
    rtt: float = 0.0  # seconds, the longest; 0 for a publication
    jitter: float = 0.0  # seconds, the largest; 0 for a subscription
    seconds: float = INTERVAL
    layer_distance: int = 0  # layers between the wanted and the forwarded (or published) one
    has_reports: bool = True  # RTCP came
    is_muted: bool = False
    is_paused: bool = False  # by us, for want of bandwidth


class TrackQuality:
    """The smoothed score of one track in one direction."""

    __slots__ = ("_usual_rate", "_weight", "score")

    def __init__(self, weight: float) -> None:
        self.score = BEST
        self._weight = weight
        self._usual_rate = 0.0  # packets per second, the highest seen

    def update(self, window: Window) -> float:
        """Once an interval; the new score."""
        if window.is_muted:
            self.score = BEST
        elif window.is_paused:
            self.score = PAUSED
        elif window.expected <= max(window.lost, 0):  # duplicates make `lost` negative
            self.score = NO_PACKETS if window.has_reports else NOTHING
        else:
            score = min(self._packet_score(window), layer_score(window.layer_distance))
            share = FALLING if score < self.score else RISING
            self.score = max(share * score + (1 - share) * self.score, WORST)
        return self.score

    def _packet_score(self, window: Window) -> float:
        percent = max(window.lost, 0) * 100 / window.expected
        rate = window.expected / window.seconds
        self._usual_rate = max(self._usual_rate, rate)
        # Of few packets (silence, a still picture) one lost says little.
        weight = self._weight * math.sqrt(rate / self._usual_rate)
        return max(BEST - delay_effect(window.rtt, window.jitter) - percent * weight, 0.0)


def delay_effect(rtt: float, jitter: float) -> float:
    """What delay takes off the score; both in seconds."""
    delay = (rtt / 2 + 2 * jitter) * 1000
    return delay / 40 if delay <= 160 else (delay - 120) / 10


def layer_score(distance: int) -> float:
    return max(BEST - LAYER_STEP * max(distance, 0), 0.0)


def participant_score(scores: Iterable[float]) -> float:
    """The worst of its tracks; the best when there are none."""
    return min(scores, default=BEST)


def quality(score: float) -> int:
    """livekit.ConnectionQuality."""
    if score > 80:
        return EXCELLENT
    if score > 40:
        return GOOD
    return POOR if score > 20 else LOST


def mean_opinion(score: float) -> float:
    """MOS, 1 to 4.5, from a score (ITU-T G.107, annex B)."""
    return min(1 + 0.035 * score + 7e-6 * score * (score - 60) * (100 - score), MAX_MOS)
