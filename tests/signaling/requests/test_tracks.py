from typing import Any

from livekit.protocol import models, rtc

from signaling.messages import Reason
from tests.signaling.stage import Client, Stage


def pair() -> tuple[Client, Client]:
    stage = Stage()
    return stage.join("ann"), stage.join("bob")


def test_a_second_codec_is_added_to_a_track() -> None:
    ann, _ = pair()
    track = ann.publish("cam")
    codec = rtc.SimulcastCodec(codec="h264", cid="cam2")
    ann.say(
        add_track=rtc.AddTrackRequest(cid="cam2", type="VIDEO", sid=track, simulcast_codecs=[codec])
    )
    published = ann.last("track_published")
    assert (published.cid, published.track.sid) == ("cam2", track)
    assert published.track.codecs[-1].mime_type == "video/h264"


def test_a_codec_for_an_unknown_track_is_refused() -> None:
    ann, _ = pair()
    ann.say(add_track=rtc.AddTrackRequest(cid="cam2", type="VIDEO", sid="TR_none"))
    assert ann.last("request_response").reason == Reason.NOT_FOUND


def test_features_and_sizes_can_change() -> None:
    ann, bob = pair()
    camera, microphone = ann.publish("cam"), ann.publish("mic", "audio")
    ann.say(
        update_audio_track=rtc.UpdateLocalAudioTrack(
            track_sid=microphone, features=["TF_STEREO", "TF_NOISE_SUPPRESSION"]
        ),
    )
    ann.say(update_video_track=rtc.UpdateLocalVideoTrack(track_sid=camera, width=640, height=480))
    tracks = {t.sid: t for t in bob.participants()["ann"].tracks}
    assert tracks[microphone].stereo
    assert list(tracks[microphone].audio_features) == [0, 4]
    assert (tracks[camera].width, tracks[camera].height) == (640, 480)

    version = bob.participants()["ann"].version
    ann.say(update_video_track=rtc.UpdateLocalVideoTrack(track_sid=camera, width=640, height=480))
    assert bob.participants()["ann"].version == version


def test_changes_of_unknown_tracks_are_refused_with_what_was_asked() -> None:
    ann, _ = pair()
    requests: list[dict[str, Any]] = [
        {"update_audio_track": rtc.UpdateLocalAudioTrack(track_sid="TR_x")},
        {"update_video_track": rtc.UpdateLocalVideoTrack(track_sid="TR_x")},
    ]
    for request in requests:
        ann.say(**request)
        refusal = ann.last("request_response")
        assert refusal.reason == Reason.NOT_FOUND
        assert refusal.WhichOneof("request") == next(iter(request))


def test_layers_and_candidates_need_no_answer() -> None:
    ann, _ = pair()
    ann.news()
    ann.say(update_layers=rtc.UpdateVideoLayers(track_sid="TR_x"))
    ann.say(trickle=rtc.TrickleRequest(candidateInit="{"))
    assert ann.news() == []
    assert models.TrackType.AUDIO == 0
