import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from signaling import messages
from signaling.config import RoomDefaults, SignalingConfig
from signaling.messages import FrameError, decode_frame, encode_text
from signaling.tokens import VideoGrant


def test_binary_frames_are_protobuf_and_text_frames_json() -> None:
    request = rtc.SignalRequest(mute=rtc.MuteTrackRequest(sid="TR_1", muted=True))
    assert decode_frame(request.SerializeToString()) == request
    assert decode_frame('{"mute": {"sid": "TR_1", "muted": true, "new": 1}}') == request


def test_json_comes_back_as_json() -> None:
    written = json.loads(encode_text(rtc.SignalResponse(refresh_token="abc")))
    assert written == {"refreshToken": "abc"}


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"mute": 5}', '{"mute": ' * 2000])
def test_text_that_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(FrameError):
        decode_frame(text)


@given(st.binary(max_size=300) | st.text(max_size=100))
def test_any_frame_is_read_or_refused(frame: bytes | str) -> None:
    try:
        assert isinstance(decode_frame(frame), rtc.SignalRequest)
    except FrameError as error:
        assert "frame of" in str(error)  # noqa: PT017


def test_a_permission_shows_what_the_token_leaves_open() -> None:
    grant = VideoGrant(can_publish_sources=("camera", "telescope"), hidden=True)
    shown = messages.permission(grant)
    assert (shown.can_publish, shown.can_subscribe, shown.can_publish_data) == (True, True, True)
    assert list(shown.can_publish_sources) == [models.TrackSource.CAMERA]
    assert shown.hidden


def test_a_long_list_of_participants_goes_in_parts() -> None:
    infos = [models.ParticipantInfo(sid=f"PA_{n}", metadata="m" * 50_000) for n in range(5)]
    parts = messages.updates(infos, SignalingConfig())
    assert [len(part.update.participants) for part in parts] == [2, 2, 1]
    assert messages.updates([], SignalingConfig()) == []
    small = SignalingConfig(room=RoomDefaults(update_size=1000))
    assert len(messages.updates(infos, small)) == 5


def test_dynacast_lists_all_layers() -> None:
    update = messages.subscribed_quality("TR_1", {"vp8": 1}).subscribed_quality_update
    assert [q.enabled for q in update.subscribed_qualities] == [True, True, False]
    assert update.subscribed_codecs[0].codec == "vp8"
    both = messages.subscribed_quality("TR_1", {"vp9": 2, "vp8": -1}).subscribed_quality_update
    assert all(q.enabled for q in both.subscribed_qualities)
    assert [codec.codec for codec in both.subscribed_codecs] == ["vp9", "vp8"]
    assert not any(q.enabled for q in both.subscribed_codecs[1].qualities)
