"""Layer switches by the thousand, judged by Chromium's own decoders and statistics.

`tests/sfu/test_switches.py` judges the numbers of every packet; here a real receiver says whether
it could show each picture, and what it had to ask for.
"""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.metrics.reading import Reading
from tests.browser.conftest import Join, Seats
from tests.browser.seat import Client, Seat
from tests.harness.server import OURS

CAMERA = {"width": 960, "height": 540, "fps": 15, "simulcast": True}
HEIGHTS = [180, 360, 540]
CODECS = ("vp8", "h264")
PART = 100  # switches of one call of the page
WARM_UP = 5  # seconds in which the publishers' estimates may still rise
QUIET = 0.5  # seconds behind the last switch until what was counted is final
FROZEN = 0.05  # share of the time; see below
KEPT = (
    "framesDecoded", "keyFramesDecoded", "framesReceived", "framesDropped", "freezeCount",
    "totalFreezesDuration", "pliCount", "firCount", "nackCount", "packetsLost",
    "packetsDiscarded", "packetsReceived",
)  # fmt: skip
SERVER = {
    "switched": ("housecall_layer_switch_total", {}),
    "asked": ("livekit_pli_total", {"direction": "outgoing"}),
}


class Cinema:
    """Some watch the same cameras, each on layers of its own choice."""

    def __init__(self, seat: Seat, join: Join, viewers: int) -> None:
        self.server = seat.server
        self.viewers = [join(seat, f"viewer {number}") for number in range(viewers)]
        self.cameras = [join(seat, f"camera {codec}") for codec in CODECS]
        for camera, codec in zip(self.cameras, CODECS, strict=True):
            camera.call("publishVideo", {**CAMERA, "codec": codec})
        for viewer in self.viewers:
            for camera in self.cameras:
                viewer.call("waitHeight", camera.identity, "camera", HEIGHTS[-1], 30_000)

    @property
    def videos(self) -> int:
        return len(self.viewers) * len(self.cameras)

    def play(self, switches: int) -> Counter[str]:
        """So many in all; what the pages say of them."""
        told: Counter[str] = Counter()
        with ThreadPoolExecutor(len(self.viewers)) as pool:
            for one in pool.map(self._watch, self.viewers, self._shares(switches)):
                told["slowest"] = max(told["slowest"], one.pop("slowest"))
                told.update(one)
        return told

    def _shares(self, switches: int) -> list[int]:
        count = len(self.viewers)
        return [(switches + place) // count for place in range(count)]

    def _watch(self, viewer: Client, switches: int) -> dict[str, int]:
        names = [camera.identity for camera in self.cameras]
        told: Counter[str] = Counter()
        for left in range(switches, 0, -PART):
            one = viewer.call("switchOften", names, HEIGHTS, min(PART, left), 10_000)
            told["slowest"] = max(told["slowest"], round(one.pop("slowest")))
            told.update(one)
        return dict(told)

    def take(self) -> dict[str, float]:
        """What the viewers say of all their videos together, and what the server counts."""
        streams = [viewer.received(camera) for viewer in self.viewers for camera in self.cameras]
        taken = {name: sum(float(stream.get(name, 0)) for stream in streams) for name in KEPT}
        if OURS:
            reading = Reading(self.server.get("/metrics")[1])
            taken |= {name: reading(key, **labels) for name, (key, labels) in SERVER.items()}
        return taken


@pytest.mark.parametrize(
    ("viewers", "switches"),
    [
        pytest.param(2, 60, id="60"),
        pytest.param(4, 10_000, id="10000", marks=[pytest.mark.long, pytest.mark.timeout(2400)]),
    ],
)
def test_switches_disturb_no_decoder(seats: Seats, join: Join, viewers: int, switches: int) -> None:
    cinema = Cinema(seats("chromium"), join, viewers)
    time.sleep(WARM_UP)
    before, started = cinema.take(), time.monotonic()
    told = cinema.play(switches)
    time.sleep(QUIET)
    seconds, after = time.monotonic() - started, cinema.take()

    grown = {name: round(after[name] - before[name], 3) for name in after}
    print(json.dumps({"chromium": {"seconds": round(seconds), **told, **grown}}))
    assert told["switches"] == switches
    # A decoder that lacks something asks for a key frame: these never had to.
    assert grown["pliCount"] == grown["firCount"] == 0
    assert told["unclear"] == told["strange"] == 0
    assert grown["packetsLost"] == grown["packetsDiscarded"] == 0
    assert grown["keyFramesDecoded"] >= switches
    assert grown["framesDecoded"] + grown["framesDropped"] >= 0.99 * grown["framesReceived"]
    # Encoders and decoders share two cores and are late at times, so that a picture stands still.
    # A stream that a switch has broken would stand until a key frame mends it.
    assert grown["framesDropped"] < 0.01 * grown["framesReceived"]
    assert grown["totalFreezesDuration"] < FROZEN * seconds * cinema.videos
    if OURS:
        assert grown["switched"] == switches
        assert grown["asked"] < 2 * switches
