"""What a load test sends looks like what a browser sends."""

import av
import pytest

from recorder.clip import encode_opus, encode_vp8


def test_only_the_first_picture_is_a_key_frame() -> None:
    frames = encode_vp8(320, 180, 150_000, 30)

    assert [frame.is_key for frame in frames] == [True] + 29 * [False]
    assert len(frames[0].data) > 3 * len(frames[1].data)


def test_the_pictures_have_the_rate_that_was_asked_for() -> None:
    frames = encode_vp8(320, 180, 150_000, 90)

    assert sum(len(frame.data) for frame in frames) * 8 / 3 == pytest.approx(150_000, rel=0.3)


def test_the_pictures_can_be_decoded() -> None:
    decoder = av.CodecContext.create("libvpx", "r")
    frames = encode_vp8(320, 180, 150_000, 5)

    pictures = [p for frame in frames for p in decoder.decode(av.Packet(frame.data))]

    assert [(p.width, p.height) for p in pictures] == 5 * [(320, 180)]


def test_there_is_one_frame_of_sound_for_every_20_ms() -> None:
    frames = encode_opus(32_000, 50)

    assert len(frames) == 50
    assert sum(len(frame.data) for frame in frames) * 8 == pytest.approx(32_000, rel=0.3)
