from livekit.protocol import models, rtc

from sfu import commands, events
from signaling.messages import Reason
from tests.signaling.stage import Client, Stage


def pair() -> tuple[Stage, Client, Client]:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    bob.connect()
    return stage, ann, bob


def enabled(client: Client) -> list[bool]:
    return [q.enabled for q in client.last("subscribed_quality_update").subscribed_qualities]


def test_mute_is_told_to_media_and_to_the_others() -> None:
    stage, ann, bob = pair()
    track = ann.publish("mic", "audio")
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))

    assert stage.sent(commands.MutePublication) == [commands.MutePublication(track, True)]
    assert bob.participants()["ann"].tracks[0].muted


def test_a_track_can_be_muted_before_its_media() -> None:
    stage, ann, bob = pair()
    ann.say(add_track=rtc.AddTrackRequest(cid="mic", type="AUDIO", source="MICROPHONE"))
    track = ann.last("track_published").track.sid
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))
    ann.offers.send("audio", "mic")
    ann.offer()
    (publication,) = stage.sent(commands.AddPublication)
    assert publication.muted
    assert bob.participants()["ann"].tracks[0].muted


def test_nobody_mutes_the_tracks_of_others() -> None:
    stage, ann, bob = pair()
    track = ann.publish("mic", "audio")
    bob.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))
    assert stage.sent(commands.MutePublication) == []


def test_many_mutes_are_applied_at_once_and_told_together() -> None:
    stage, ann, bob = pair()
    track = ann.publish("mic", "audio")
    bob.news()
    for number in range(200):
        ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=number % 2 == 0))
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))
    assert len(stage.sent(commands.MutePublication)) == 201
    assert len(bob.news()) <= 40
    stage.wait(0.3)
    assert bob.news() == ["update"]
    assert bob.participants()["ann"].tracks[0].muted


def test_without_permission_nothing_is_published() -> None:
    stage = Stage()
    eve = stage.join("eve", can_publish=False)
    eve.say(add_track=rtc.AddTrackRequest(cid="cam", type="VIDEO", source="CAMERA"))
    refusal = eve.last("request_response")
    assert refusal.reason == Reason.NOT_ALLOWED
    assert refusal.add_track.cid == "cam"

    eve.offers.send("video", "cam", "qhf")
    eve.offer()
    assert stage.sent(commands.AddPublication) == []


def test_a_token_can_allow_some_sources() -> None:
    ann = Stage().join("ann", can_publish_sources=("microphone",))
    ann.say(add_track=rtc.AddTrackRequest(cid="cam", type="VIDEO", source="CAMERA"))
    assert ann.last("request_response").reason == Reason.NOT_ALLOWED
    ann.say(add_track=rtc.AddTrackRequest(cid="mic", type="AUDIO", source="MICROPHONE"))
    assert ann.last("track_published").cid == "mic"


def test_media_that_comes_before_its_announcement_is_matched_later() -> None:
    stage, ann, bob = pair()
    ann.offers.send("video", "cam", "qhf")
    ann.offer()
    assert list(bob.participants()["ann"].tracks) == []
    ann.say(add_track=rtc.AddTrackRequest(cid="cam", type="VIDEO", source="CAMERA"))
    assert len(bob.participants()["ann"].tracks) == 1
    assert len(stage.sent(commands.AddPublication)) == 1


def test_the_same_source_is_published_again_after_its_end() -> None:
    _, ann, bob = pair()
    first = ann.publish("cam")
    ann.say(add_track=rtc.AddTrackRequest(cid="cam", type="VIDEO", source="CAMERA"))
    assert ann.last("request_response").reason == Reason.QUEUED

    ann.offers.stop("cam")
    ann.offers.send("video", "cam", "qhf")
    ann.offer()

    (track,) = bob.participants()["ann"].tracks
    assert track.sid != first
    assert len(ann.heard("track_published")) == 2


def test_the_codec_that_flows_is_the_one_that_is_told() -> None:
    stage, ann, bob = pair()
    track = ann.publish("mic", "audio")
    assert bob.participants()["ann"].tracks[0].mime_type == "audio/red"
    stage.tell(events.TrackStarted(ann.sid, track, "audio/opus"))
    (told,) = bob.participants()["ann"].tracks
    assert told.mime_type == told.codecs[0].mime_type == "audio/opus"
    version = bob.participants()["ann"].version
    stage.tell(events.TrackStarted(ann.sid, track, "audio/opus"))
    assert bob.participants()["ann"].version == version


def test_layers_that_nobody_wants_are_switched_off_after_a_while() -> None:
    stage, ann, bob = pair()
    bob.say(subscription=rtc.UpdateSubscription(track_sids=[], subscribe=True))
    track = ann.publish("cam")
    bob.settle()
    assert ann.heard("subscribed_quality_update") == []

    bob.say(track_setting=rtc.UpdateTrackSettings(track_sids=[track], quality="LOW"))
    assert ann.heard("subscribed_quality_update") == []
    stage.wait(5.1)
    assert enabled(ann) == [True, False, False]

    bob.say(track_setting=rtc.UpdateTrackSettings(track_sids=[track], quality="MEDIUM"))
    assert enabled(ann) == [True, True, False]

    bob.say(leave=rtc.LeaveRequest())
    stage.wait(5.1)
    assert enabled(ann) == [False, False, False]


def test_a_muted_track_s_layers_are_told_at_the_unmute() -> None:
    stage, ann, bob = pair()
    track = ann.publish("cam")
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))
    bob.say(track_setting=rtc.UpdateTrackSettings(track_sids=[track], disabled=True))
    stage.wait(6)
    assert ann.heard("subscribed_quality_update") == []
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=False))
    assert enabled(ann) == [False, False, False]


def test_many_announcements_and_large_ones_are_refused() -> None:
    ann = Stage().join("ann")
    ann.say(add_track=rtc.AddTrackRequest(cid="x", type="VIDEO", name="n" * 20_000))
    assert ann.last("request_response").reason == Reason.LIMIT_EXCEEDED
    for number in range(30):
        ann.say(add_track=rtc.AddTrackRequest(cid=str(number), type="AUDIO"))
    assert len(ann.heard("track_published")) == 20


def test_a_source_of_tomorrow_is_published_as_it_is() -> None:
    ann = Stage().join("ann")
    request = rtc.AddTrackRequest.FromString(
        rtc.AddTrackRequest(cid="x", type=models.TrackType.AUDIO).SerializeToString() + b"\x40\x63"
    )
    ann.say(add_track=request)
    assert ann.last("track_published").track.source == 99
