"""Each codec that we forward decodes at the far end."""

import time

import pytest

from tests.browser.conftest import Join, Seats
from tests.browser.seat import Client

SINCE_1900 = 2_208_988_800  # seconds until 1970
LOW, HIGH = 0, 2  # livekit.VideoQuality


@pytest.mark.parametrize("codec", ["vp8", "h264"])
@pytest.mark.parametrize("simulcast", [False, True], ids=["one layer", "simulcast"])
def test_a_codec_decodes_at_the_far_end(
    seats: Seats, join: Join, single: bool, codec: str, simulcast: bool
) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)

    ann.call("publishVideo", {"codec": codec, "simulcast": simulcast})

    ben.sees(ann)
    stream = ben.received(ann)
    assert stream["mimeType"].lower() == f"video/{codec}"
    assert stream["framesDecoded"] > 0


@pytest.mark.parametrize("layers", ["L1T3", "L2T3_KEY", "L3T3_KEY"])
@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_a_layered_video_decodes_at_the_far_end(
    seats: Seats, join: Join, single: bool, codec: str, layers: str
) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)

    publish(ann, codec, layers)

    ben.sees(ann)
    stream = ben.received(ann)
    assert stream["mimeType"].lower() == f"video/{codec}"
    assert stream["framesDecoded"] > 0
    assert ann.sent()["scalabilityMode"] == layers


@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_a_layered_video_that_nobody_watches_is_not_sent(
    seats: Seats, join: Join, single: bool, codec: str
) -> None:
    seat = seats("chromium")
    ann = join(seat, "ann", single=single, dynacast=True)
    ben = join(seat, "ben", single=single)
    publish(ann, codec, "L2T3_KEY")
    ben.call("waitHeight", "ann", "camera", 360)

    ben.call("switchQuality", "ann", "camera", LOW, 180)
    ben.call("setSubscribed", "ann", "camera", False)
    ann.call("waitSending", "camera", False)
    ben.call("setSubscribed", "ann", "camera", True)
    ann.call("waitSending", "camera", True)

    ben.sees(ann)


@pytest.mark.parametrize("policy", ["simulcast", "regression"])
def test_who_lacks_a_codec_gets_another(
    seats: Seats, join: Join, single: bool, policy: str
) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)
    cat = join(seat, "cat", single=single, lacks="VP9")

    options = {"codec": "vp9", "layers": "L2T3_KEY", "width": 640, "height": 360}
    ann.call("publishVideo", options | {"backup": policy})

    cat.call("waitCodec", "ann", "camera", "video/VP8")
    cat.sees(ann)
    expected = "video/VP9" if policy == "simulcast" else "video/VP8"
    ben.call("waitCodec", "ann", "camera", expected)
    ben.sees(ann)


@pytest.mark.parametrize("layers", ["L1T3", "L2T3_KEY", "L3T3_KEY"])
@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_firefox_sees_a_layered_video(
    seats: Seats, join: Join, single: bool, codec: str, layers: str
) -> None:
    ann = join(seats("near chromium"), "ann", single=single)
    ben = join(seats("firefox"), "ben", single=single)

    height = publish(ann, codec, layers)

    ben.sees(ann)
    assert ben.received(ann)["mimeType"].lower() == f"video/{codec}"
    if layers != "L1T3":  # a lone layer shrinks when the encoder is too slow
        ben.call("waitHeight", "ann", "camera", height)
        ben.call("switchQuality", "ann", "camera", LOW, height // (2 if layers[1] == "2" else 4))
        ben.sees(ann)


def publish(publisher: Client, codec: str, layers: str) -> int:
    """Its height: large enough for all layers, since Chromium leaves out what is too small."""
    height = 720 if layers.startswith("L3") else 360
    options = {"codec": codec, "layers": layers, "width": height * 16 // 9, "height": height}
    publisher.call("publishVideo", options)
    return height


@pytest.mark.parametrize("redundant", [True, False], ids=["red", "opus"])
def test_audio_arrives_with_and_without_redundancy(
    seats: Seats, join: Join, single: bool, redundant: bool
) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)

    ann.call("publishAudio", 440, redundant)

    assert ben.hears(ann) == pytest.approx(440, abs=10)
    stream = ben.received(ann, "microphone")
    # Statistics name Opus in both cases; but where nothing is lost, a copy in RED is thrown away.
    assert (stream["packetsDiscarded"] > stream["packetsReceived"] / 2) == redundant


def test_silence_is_hardly_sent(seats: Seats, join: Join, single: bool) -> None:
    """DTX: one packet in 400 ms instead of twenty, all the way."""
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)

    ann.call("publishQuiet")

    ben.call("waitRate", "ann", "microphone", 10)


def test_stereo_arrives_in_both_ears(seats: Seats, join: Join, single: bool) -> None:
    seat = seats("chromium")
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)

    ann.call("publishStereo", [440, 880])

    heard = ben.call("waitTones", "ann", 2)
    assert heard == [pytest.approx(440, abs=10), pytest.approx(880, abs=10)]


def test_a_viewer_knows_when_something_was_captured(seats: Seats, join: Join, single: bool) -> None:
    seat = seats("chromium")
    ann = join(seat, "ann", single=single, stamps=True)
    ben = join(seat, "ben", single=single, stamps=True)
    ann.call("publishVideo", {"simulcast": True})
    ann.call("publishAudio")
    ben.sees(ann)

    for source in ("camera", "microphone"):
        first = ben.call("waitCaptured", "ann", source)
        assert first / 1000 == pytest.approx(time.time() + SINCE_1900, abs=30)
