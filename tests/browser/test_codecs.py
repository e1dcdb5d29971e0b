"""Each codec that we forward decodes at the far end."""

import pytest

from tests.browser.conftest import Join, Seats


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
