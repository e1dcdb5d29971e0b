"""What can be set in the media plane. `api` fills it in from files, environment and flags."""

from dataclasses import dataclass

from sfu.feedback.keyframes import INTERVALS
from sfu.speakers import DEFAULT, SpeakerRules


@dataclass(frozen=True, slots=True)
class PlaneConfig:
    """Times are seconds. The defaults are LiveKit's where it has the setting."""

    history: float = 1.0  # depth of the retransmission store
    report_interval: float = 1.0  # sender and receiver reports
    speakers: SpeakerRules = DEFAULT
    key_frame_intervals: tuple[float, float, float] = INTERVALS  # between requests, by quality
    quality_interval: float = 5.0
    max_streams: int = 128  # SSRCs that one client may have at a time
