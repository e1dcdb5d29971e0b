"""Layer switches by the thousand, under load, judged by an independent receiver."""

import json

import pytest

from sfu.sealing.direct import DirectSealer
from tests.sim.cameras import Camera
from tests.sim.director import Director
from tests.sim.formats import H264, VP8
from tests.sim.judge import Judge
from tests.sim.outcome import Outcome
from tests.sim.plan import SUNSHINE, Plan
from tests.sim.receiver import loses_nothing
from tests.sim.srtp import CM, GCM
from tests.sim.stage import Stage
from tests.sim.uplink import Weather

RAIN = Weather(loss=0.01, twice=0.01, late=0.01)
PEOPLE = 8
CYCLE = 15  # ticks in which the viewers of each camera change their wish once
SETTLE = 50  # ticks


class Cinema:
    """Everybody watches everybody, and wants another layer every 0.3 s."""

    def __init__(self, profile: bytes, weather: Weather) -> None:
        plan = Plan(
            people=PEOPLE, weather=weather, reports=True, losses=0.02, stalls=True,
            cameras=((VP8, 3), (VP8, 3), (H264, 3)),
        )  # fmt: skip
        self.stage = Stage(256, profile=profile, loses=loses, sealer=DirectSealer)
        self.director = Director(plan, self.stage)
        self.judge = Judge(self.stage, self.director)
        self.ticks = 0
        for _ in range(PEOPLE):
            self.director.enter()

    def tick(self) -> None:
        self.ticks += 1
        cameras = [s for s in self.director.sources.values() if isinstance(s, Camera)]
        for camera in cameras[self.ticks % CYCLE :: CYCLE]:
            camera.wanted = {layer.quality for layer in camera.layers}
            for member in self.director.members.values():
                if camera.track in member.ssrcs:
                    self.director.wish_for(member, camera.track, (self.ticks // CYCLE) % 3)
        self.director.tick()
        if self.ticks % SETTLE == 0:
            self.judge.settle()
        self.director.acts.clear()
        self.stage.outcome = Outcome()

    def drain(self) -> None:
        """Let what was lost last be asked for and come."""
        for name in self.stage.people:
            self.stage.receiver(name).loses = loses_nothing
        for _ in range(SETTLE):
            self.tick()


def loses(ssrc: int, sequence: int) -> bool:
    return ssrc >= 10_000 and ssrc % 2 == 0 and (ssrc * 31 + sequence * 7919) % 50 == 0


@pytest.mark.parametrize(
    "switches",
    [
        pytest.param(200, id="200"),
        pytest.param(10_000, id="10000", marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
    ],
)
@pytest.mark.parametrize(
    ("profile", "weather"),
    [(GCM, SUNSHINE), (CM, SUNSHINE), (GCM, RAIN)],
    ids=["gcm", "cm", "gcm in rain"],
)
def test_switches_break_nothing(profile: bytes, weather: Weather, switches: int) -> None:
    cinema = Cinema(profile, weather)
    while cinema.judge.switches < switches:
        cinema.tick()
        assert cinema.ticks < 20 * switches, "too few of the wishes are fulfilled"

    cinema.drain()
    problems = cinema.stage.finish().problems + cinema.judge.finish()
    judge, stats = cinema.judge, cinema.stage.call.plane.stats
    figures = {
        "switches": judge.switches, "packets": judge.judged, "resent": stats.resent,
        "batch": round(stats.batched / sum(stats.batches)), "problems": len(problems),
        "unrepaired": judge.unrepaired,
    }  # fmt: skip
    print(json.dumps({f"{profile.decode()} {'rain' if weather is RAIN else ''}": figures}))
    assert problems == []
    assert judge.unrepaired == 0
