"""Layer switches by the thousand, judged by Chromium's own decoders and statistics.

`tests/sfu/test_switches.py` judges the numbers of every packet; here a real receiver says whether
it could show each picture, and what it had to ask for.
"""

import json
import time

import pytest

from tests.api.metrics.reading import Reading
from tests.browser.conftest import Join, Seats
from tests.browser.seat import Client
from tests.harness.server import OURS, Server

CAMERA = {"width": 960, "height": 540, "fps": 15, "simulcast": True}
HEIGHTS = [180, 360, 540]
CODECS = ("vp8", "h264") * 3
PART = 500  # switches of one call of the page
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


def take(viewer: Client, publishers: list[Client], server: Server) -> dict[str, float]:
    """What the viewer says of all its videos together, and what the server counts."""
    streams = [viewer.received(publisher) for publisher in publishers]
    taken = {name: sum(float(stream.get(name, 0)) for stream in streams) for name in KEPT}
    if OURS:
        reading = Reading(server.get("/metrics")[1])
        taken |= {name: reading(key, **labels) for name, (key, labels) in SERVER.items()}
    return taken


@pytest.mark.parametrize(
    ("cameras", "switches"),
    [
        pytest.param(3, 60, id="60"),
        pytest.param(6, 10_000, id="10000", marks=[pytest.mark.long, pytest.mark.timeout(2400)]),
    ],
)
def test_switches_disturb_no_decoder(seats: Seats, join: Join, cameras: int, switches: int) -> None:
    seat = seats("chromium")
    viewer = join(seat, "viewer")
    publishers = [join(seat, f"camera {number}") for number in range(cameras)]
    for publisher, codec in zip(publishers, CODECS, strict=False):
        publisher.call("publishVideo", {**CAMERA, "codec": codec})
    for publisher in publishers:
        viewer.call("waitHeight", publisher.identity, "camera", HEIGHTS[-1], 30_000)
    time.sleep(WARM_UP)
    before, started = take(viewer, publishers, seat.server), time.monotonic()

    names = [publisher.identity for publisher in publishers]
    done, left = {"slowest": 0.0, "unclear": 0.0, "strange": 0.0}, switches
    while left > 0:
        part = min(PART, left)
        told = viewer.call("switchOften", names, HEIGHTS, part, 10_000)
        assert told["switches"] == part
        slowest = max(done["slowest"], told["slowest"])
        done = {name: done[name] + told[name] for name in done} | {"slowest": slowest}
        left -= part
    time.sleep(QUIET)
    seconds = time.monotonic() - started
    after = take(viewer, publishers, seat.server)

    grown = {name: round(after[name] - before[name], 3) for name in after}
    figures = {"switches": switches, "seconds": round(seconds), **done, **grown}
    print(json.dumps({"chromium": figures}))  # for the record, with -s
    # A decoder that lacks something asks for a key frame; so it says of each picture that it could
    # be shown. What it had not to ask for was there.
    assert grown["pliCount"] == grown["firCount"] == 0
    assert done["unclear"] == done["strange"] == 0
    assert grown["packetsLost"] == grown["packetsDiscarded"] == 0
    assert grown["keyFramesDecoded"] >= switches
    assert grown["framesDecoded"] + grown["framesDropped"] >= 0.99 * grown["framesReceived"]
    # Three encoders of three layers on two cores are late at times, so that their picture stands
    # still; a stream that a switch has broken would stand until it is mended by a key frame.
    assert grown["framesDropped"] < 0.01 * grown["framesReceived"]
    assert grown["totalFreezesDuration"] < FROZEN * seconds * cameras
    if OURS:
        assert grown["switched"] == switches
        assert grown["asked"] < 2 * switches  # one request for each, and few again
