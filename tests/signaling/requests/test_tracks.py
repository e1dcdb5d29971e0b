from typing import Any

from livekit.protocol import models, rtc

from signaling.messages import Reason
from signaling.requests.tracks import TOO_MANY
from signaling.trackinfo import MAX_CODECS
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


def test_a_track_has_a_bounded_number_of_codecs() -> None:
    ann, _ = pair()
    track = ann.publish("cam")
    for number in range(100):
        codec = rtc.SimulcastCodec(codec="h264", cid=f"other{number}")
        ann.say(add_track=rtc.AddTrackRequest(cid="x", sid=track, simulcast_codecs=[codec]))

    assert len(ann.last("track_published").track.codecs) == MAX_CODECS


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
        {"mute": rtc.MuteTrackRequest(sid="TR_x", muted=True)},
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


def test_tracks_announced_and_ended_without_end_are_refused() -> None:
    """Each would be a negotiation for everybody in the room."""
    stage = Stage()
    ann = stage.join("ann")

    def announce(count: int) -> list[Any]:
        for number in range(count):
            ann.say(add_track=rtc.AddTrackRequest(cid=f"cid{number % 20}", type="AUDIO"))
        return [told for told in ann.heard("request_response") if told.message == TOO_MANY]

    assert announce(600) == []
    (refused,) = announce(1)
    assert refused.reason == Reason.LIMIT_EXCEEDED
    assert refused.add_track.cid == "cid0"
    stage.wait(1)
    assert len(announce(11)) == 2
