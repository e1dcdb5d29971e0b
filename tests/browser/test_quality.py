"""Simulcast: the best layer comes smoothly, and each subscriber has the layer it asks for."""

import json
import time

import pytest

from tests.browser.conftest import Join, Seats
from tests.browser.test_codecs import publish

HD = {"width": 1280, "height": 720, "fps": 30, "device": True, "simulcast": True}
LOW, MEDIUM, HIGH = 0, 1, 2  # livekit.VideoQuality
WARM_UP = 5  # seconds in which the estimate may still rise


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(20, id="20 seconds"),
        pytest.param(300, id="5 minutes", marks=[pytest.mark.long, pytest.mark.timeout(420)]),
    ],
)
def test_720p_runs_without_a_freeze(seats: Seats, join: Join, seconds: int) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann"), join(seat, "ben")
    ann.call("publishVideo", HD)
    ben.call("waitHeight", "ann", "camera", 720, 20_000)
    time.sleep(WARM_UP)
    sent, received = ann.sent(), ben.received(ann)

    time.sleep(seconds - WARM_UP)  # the run itself
    sent_after, received_after = ann.sent(), ben.received(ann)

    encoded = sent_after["framesEncoded"] - sent["framesEncoded"]
    decoded = received_after["framesDecoded"] - received["framesDecoded"]
    freezes = received_after["freezeCount"] - received["freezeCount"]
    figures = {"seconds": seconds, "encoded": encoded, "decoded": decoded, "freezes": freezes}
    print(json.dumps({"720p": figures}))  # for the record, with -s
    assert received_after["frameHeight"] == 720
    assert freezes == 0
    assert encoded > 0
    assert decoded >= 0.95 * encoded


def test_each_subscriber_has_the_layer_it_asks_for(seats: Seats, join: Join, single: bool) -> None:
    seat = seats("chromium")
    ann = join(seat, "ann", single=single)
    ben, cat = join(seat, "ben", single=single), join(seat, "cat", single=single)
    ann.call("publishVideo", HD)
    ben.call("waitHeight", "ann", "camera", 720, 20_000)

    for quality, height in ((LOW, 180), (HIGH, 720), (MEDIUM, 360), (HIGH, 720)):
        ben.call("switchQuality", "ann", "camera", quality, height)
        ben.call("waitFrames", "ann", "camera", 15)
        assert ben.received(ann)["frameHeight"] == height

    cat.call("waitHeight", "ann", "camera", 720, 20_000)


def test_switching_layers_breaks_no_frame(seats: Seats, join: Join) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann"), join(seat, "ben")
    ann.call("publishVideo", {"width": 1280, "height": 720, "fps": 15, "simulcast": True})
    ben.call("waitHeight", "ann", "camera", 720, 20_000)

    for quality, height in ((LOW, 180), (HIGH, 720)) * 3:
        ben.call("switchQuality", "ann", "camera", quality, height)
        ben.sees(ann)


def test_a_disabled_track_comes_back(seats: Seats, join: Join, single: bool) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)
    ann.call("publishVideo")
    ben.sees(ann)

    ben.call("enableAgain", "ann", "camera")

    ben.sees(ann)


@pytest.mark.parametrize("layers", ["L2T3_KEY", "L3T3_KEY"])
@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_a_viewer_chooses_a_layer_of_a_layered_video(
    seats: Seats, join: Join, single: bool, codec: str, layers: str
) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)
    height = publish(ann, codec, layers)
    ben.call("waitHeight", "ann", "camera", height)
    lowest = height // (2 if layers == "L2T3_KEY" else 4)

    for quality, expected in ((LOW, lowest), (HIGH, height), (LOW, lowest), (HIGH, height)):
        ben.call("switchQuality", "ann", "camera", quality, expected)
    ben.sees(ann)
    assert ben.received(ann)["freezeCount"] == 0
