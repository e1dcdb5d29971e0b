from livekit.protocol import models, rtc

from sfu import commands
from sfu.events import StreamPaused
from signaling.subscriber import MAX_TRACKS
from tests.signaling.browser import Offers
from tests.signaling.stage import Client, Stage, join_request


def pair() -> tuple[Stage, Client, Client]:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    bob.connect()
    ann.news(), bob.news()
    return stage, ann, bob


def chooser(stage: Stage) -> Client:
    """Without auto_subscribe."""
    offers = Offers()
    settings = rtc.ConnectionSettings(auto_subscribe=False)
    session = stage.enter(stage.visit("eve", join_request(offers.sdp(), settings=settings)))
    return Client(stage, session, offers, single=True)


def want(client: Client, *tracks: str, subscribe: bool = True) -> None:
    client.say(subscription=rtc.UpdateSubscription(track_sids=tracks, subscribe=subscribe))


def flowing(stage: Stage, client: Client) -> set[str]:
    """What media forwards to a client."""
    tracks: set[str] = set()
    for command in stage.commands:
        if isinstance(command, commands.AddSubscription) and command.peer == client.sid:
            tracks.add(command.track)
        elif isinstance(command, commands.RemoveSubscription) and command.peer == client.sid:
            tracks.discard(command.track)
    return tracks


def test_who_chooses_gets_what_it_chooses() -> None:
    stage = Stage()
    ann, eve = stage.join("ann"), chooser(stage)
    camera, microphone = ann.publish("cam"), ann.publish("mic", "audio")
    eve.settle()
    assert flowing(stage, eve) == set()

    want(eve, camera)
    eve.settle()
    assert flowing(stage, eve) == {camera}

    tracks = models.ParticipantTracks(participant_sid=ann.sid, track_sids=[microphone])
    eve.say(subscription=rtc.UpdateSubscription(participant_tracks=[tracks], subscribe=True))
    eve.settle()
    assert flowing(stage, eve) == {camera, microphone}


def test_unsubscribing_ends_the_flow_at_once_and_frees_the_section() -> None:
    stage, ann, bob = pair()
    track = ann.publish("cam")
    bob.settle()
    want(bob, track, subscribe=False)
    assert flowing(stage, bob) == set()
    assert bob.news() == ["media_sections_requirement"]
    bob.offer()
    want(bob, track)
    bob.settle()
    assert flowing(stage, bob) == {track}


def test_without_permission_to_subscribe_nothing_comes() -> None:
    stage = Stage()
    ann, eve = stage.join("ann"), stage.join("eve", can_subscribe=False)
    track = ann.publish("cam")
    want(eve, track)
    eve.settle()
    assert flowing(stage, eve) == set()
    assert eve.participants()["ann"].tracks[0].sid == track


def test_a_track_that_never_comes_is_an_error_after_a_minute() -> None:
    stage, _, bob = pair()
    want(bob, "TR_none")
    stage.wait(59)
    assert bob.heard("subscription_response") == []
    stage.wait(2)
    answer = bob.last("subscription_response")
    assert answer.track_sid == "TR_none"
    assert answer.err == models.SubscriptionError.SE_TRACK_NOTFOUND


def test_a_track_may_be_wanted_before_it_is_there() -> None:
    stage = Stage()
    ann, eve = stage.join("ann"), chooser(stage)
    ann.connect()
    ann.say(add_track=rtc.AddTrackRequest(cid="cam", type="VIDEO", source="CAMERA"))
    track = ann.last("track_published").track.sid
    want(eve, track)
    ann.offers.send("video", "cam", "qhf")
    ann.offer()
    eve.connect()
    eve.settle()
    stage.wait(61)
    assert flowing(stage, eve) == {track}
    assert eve.heard("subscription_response") == []


def test_a_publisher_decides_who_may_see() -> None:
    stage, ann, bob = pair()
    track = ann.publish("cam")
    bob.settle()
    bob.news()

    ann.say(subscription_permission=rtc.SubscriptionPermission(all_participants=False))
    told = bob.last("subscription_permission_update")
    assert (told.participant_sid, told.track_sid, told.allowed) == (ann.sid, track, False)
    assert flowing(stage, bob) == set()

    entry = rtc.TrackPermission(participant_identity="bob", track_sids=[track])
    ann.say(subscription_permission=rtc.SubscriptionPermission(track_permissions=[entry]))
    assert bob.last("subscription_permission_update").allowed
    bob.settle()
    assert flowing(stage, bob) == {track}


def test_newcomers_hear_the_first_decision() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(subscription_permission=rtc.SubscriptionPermission(all_participants=False))
    ann.publish("cam")
    bob = stage.join("bob")
    assert [u.allowed for u in bob.heard("subscription_permission_update")] == [False]
    assert dict(bob.last("answer").mid_to_track_id) == {}


def test_settings_reach_media_as_qualities() -> None:
    stage, ann, bob = pair()
    track = ann.publish("cam")
    bob.settle()
    settings = rtc.UpdateTrackSettings(track_sids=[track], width=640, height=360, fps=15)
    bob.say(track_setting=settings)
    assert stage.sent(commands.UpdateSubscription) == [
        commands.UpdateSubscription(bob.sid, track, disabled=False, quality=1, fps=15)
    ]


def test_the_settings_of_a_track_are_there_when_it_is_subscribed_again() -> None:
    stage, ann, bob = pair()
    track = ann.publish("cam")
    bob.settle()
    bob.say(track_setting=rtc.UpdateTrackSettings(track_sids=[track], quality="LOW"))
    want(bob, track, subscribe=False)
    bob.settle()
    want(bob, track)
    bob.settle()
    assert stage.sent(commands.AddSubscription)[-1].quality == 0


def test_a_publisher_hears_of_its_first_subscriber_once() -> None:
    stage, ann, bob = pair()
    track = ann.publish("cam")
    eve = stage.join("eve", hidden=True)
    eve.connect()
    eve.settle()
    assert ann.heard("track_subscribed") == []
    bob.settle()
    assert [t.track_sid for t in ann.heard("track_subscribed")] == [track]
    joe = stage.join("joe")
    joe.connect()
    assert len(ann.heard("track_subscribed")) == 1


def test_a_subscriber_counts_once_it_is_connected() -> None:
    stage = Stage()
    ann = stage.join("ann")
    track = ann.publish("cam")
    bob = stage.join("bob")
    assert ann.heard("track_subscribed") == []
    bob.connect()
    assert [t.track_sid for t in ann.heard("track_subscribed")] == [track]


def test_what_a_client_cannot_decode_is_said() -> None:
    stage, ann, bob = pair()
    ann.say(add_track=rtc.AddTrackRequest(cid="cam", type="VIDEO", source="CAMERA"))
    ann.offers.send("video", "cam", "qhf")
    ann.offer()
    bob.news()
    sdp = bob.offers.sdp().replace("VP8/90000", "AV1/90000")
    bob.say(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=9))
    answer = bob.last("subscription_response")
    assert answer.err == models.SubscriptionError.SE_CODEC_UNSUPPORTED
    assert flowing(stage, bob) == set()


def test_who_leaves_takes_its_tracks_along() -> None:
    stage, ann, bob = pair()
    ann.publish("cam")
    bob.settle()
    ann.say(leave=rtc.LeaveRequest())
    assert flowing(stage, bob) == set()
    assert bob.news()[-2:] == ["update", "media_sections_requirement"]


def test_a_track_that_is_asked_for_again_and_again_has_one_deadline() -> None:
    stage, _, bob = pair()
    for _ in range(50):
        want(bob, *["TR_none"] * 50)
    stage.wait(61)
    assert len(bob.heard("subscription_response")) == 1


def test_a_request_names_a_bounded_number_of_publishers() -> None:
    """A million of them, each without a track, would be a second's work."""
    stage, ann, bob = pair()
    track = ann.publish("cam")
    bob.settle()
    entries = [models.ParticipantTracks()] * MAX_TRACKS
    entries.append(models.ParticipantTracks(track_sids=[track]))
    bob.say(subscription=rtc.UpdateSubscription(participant_tracks=entries, subscribe=False))

    assert flowing(stage, bob) == {track}


def test_settings_that_name_a_track_often_count_once() -> None:
    stage, ann, bob = pair()
    track = ann.publish("cam")
    bob.settle()
    bob.say(track_setting=rtc.UpdateTrackSettings(track_sids=[track] * 500, disabled=True))
    assert len(stage.sent(commands.UpdateSubscription)) == 1


def test_a_client_is_told_which_videos_are_paused_for_want_of_bandwidth() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    for client in (ann, bob):
        client.connect()
    track = ann.publish("cam")
    bob.settle()

    def told(client: Client) -> list[tuple[str, str, int]]:
        return [
            (one.participant_sid, one.track_sid, one.state)
            for message in client.heard("stream_state_update")
            for one in message.stream_states
        ]

    stage.tell(StreamPaused(bob.sid, track, is_paused=True))
    stage.tell(StreamPaused(bob.sid, track, is_paused=True))
    stage.tell(StreamPaused(bob.sid, "TR_gone", is_paused=True))
    assert told(bob) == [(ann.sid, track, rtc.StreamState.PAUSED)]
    assert told(ann) == []
    bob.lose_signal()
    stage.tell(StreamPaused(bob.sid, track, is_paused=False))
    assert told(bob.resume()) == [(ann.sid, track, rtc.StreamState.ACTIVE)]
    ann.lose_signal()
    assert told(ann.resume()) == []
