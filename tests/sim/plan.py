"""What may happen in a played room."""

from dataclasses import dataclass

from tests.sim.formats import H264, OTHER, VP8
from tests.sim.uplink import Weather

SUNSHINE = Weather()
CAMERAS = ((VP8, 1), (VP8, 3), (VP8, 3), (H264, 3), (OTHER, 1))


@dataclass(frozen=True, slots=True)
class Plan:
    """What may happen. The defaults are a quiet room."""

    seed: int = 1
    people: int = 3
    ticks: int = 60
    weather: Weather = SUNSHINE
    layouts: bool = False  # header extensions change from packet to packet, probes come
    wishes: bool = False  # viewers change layers, pause and go on
    caps: bool = False  # and frame rates
    mutes: bool = False
    breaks: bool = False  # layers stop, change SSRC, jump; formats change
    comings: bool = False  # people and tracks come and go
    reports: bool = False  # viewers report, publishers too
    losses: float = 0.0  # share of what viewers lose and ask for again
    hostile: bool = False  # garbage comes in between
    encrypted: bool = False  # every third track is, end to end
    cameras: tuple[tuple[int, int], ...] = CAMERAS  # payload types and numbers of layers
    stalls: bool = False  # the server wakes up late and finds what several moments have brought
