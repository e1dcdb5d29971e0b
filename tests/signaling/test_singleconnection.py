"""v1, message by message: one peer connection, the client offers."""

from livekit.protocol import models, rtc

from sfu import commands
from signaling.singleconnection import MAX_REPEATS
from tests.signaling.browser import Offers, direction
from tests.signaling.stage import Client, Stage, join_request


def test_the_answer_follows_the_join_response_in_one_tick() -> None:
    stage = Stage()
    ann = stage.join("ann")

    assert ann.news() == ["join", "answer", "refresh_token"]
    assert ann.last("answer").id == 1
    assert "a=ice-lite" in ann.last("answer").sdp
    assert [type(c) for c in stage.commands] == [
        commands.AddPeer,
        commands.AddTransport,
        commands.ConnectTransport,
    ]
    (transport,) = stage.sent(commands.AddTransport)
    assert transport.transport == f"{ann.sid}/0"
    assert transport.carries_data
    assert not transport.opens_channels


def test_a_client_without_a_bundled_offer_offers_after_the_join() -> None:
    stage = Stage()
    session = stage.enter(stage.visit("fox", join_request()))
    fox = Client(stage, session, Offers(), single=True)
    assert fox.news() == ["join", "refresh_token"]

    fox.offer()

    assert fox.news() == ["answer"]
    assert len(stage.sent(commands.ConnectTransport)) == 1


def test_publish_and_subscribe() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    bob.connect()
    ann.news(), bob.news()

    ann.say(add_track=rtc.AddTrackRequest(cid="cam", type="VIDEO", source="CAMERA"))
    assert ann.news() == ["track_published"]
    assert bob.news() == []

    track = ann.last("track_published").track.sid
    ann.offers.send("video", "cam", "qhf")
    ann.offer()
    assert ann.news() == ["answer", "update"]
    assert bob.news() == ["update", "media_sections_requirement"]
    assert bob.participants()["ann"].tracks[0].sid == track
    wanted = bob.last("media_sections_requirement")
    assert (wanted.num_audios, wanted.num_videos) == (0, 0)
    (publication,) = stage.sent(commands.AddPublication)
    assert [encoding.rid for encoding in publication.encodings] == ["q", "h", "f"]

    reply = bob.offer()
    assert bob.news() == ["answer"]
    assert ann.news() == ["track_subscribed"]
    assert dict(reply.mid_to_track_id) == {"3": track}
    assert f"a=msid:{ann.sid}|{track} {track}" in reply.sdp
    assert direction(reply.sdp, 3) == "sendonly"
    (subscription,) = stage.sent(commands.AddSubscription)
    assert (subscription.peer, subscription.track, subscription.mid) == (bob.sid, track, "3")


def test_tracks_that_are_there_come_with_the_first_answer() -> None:
    stage = Stage()
    ann = stage.join("ann")
    camera, microphone = ann.publish("cam"), ann.publish("mic", "audio")

    bob = stage.join("bob")

    assert bob.news() == ["join", "answer", "refresh_token"]
    assert dict(bob.last("answer").mid_to_track_id) == {"0": microphone, "3": camera}


def test_tracks_wait_for_the_first_offer() -> None:
    stage = Stage()
    camera = stage.join("ann").publish("cam")
    fox = Client(stage, stage.enter(stage.visit("fox", join_request())), Offers(), single=True)

    assert fox.news() == ["join", "refresh_token"]
    assert dict(fox.offer().mid_to_track_id) == {"3": camera}


def test_more_sections_are_asked_for_when_they_run_out() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    for number in range(3):
        ann.publish(f"cam{number}")
        bob.settle()
    fourth = ann.publish("cam3")

    wanted = bob.last("media_sections_requirement")
    assert (wanted.num_audios, wanted.num_videos) == (0, 1)
    bob.settle()
    assert fourth in bob.last("answer").mid_to_track_id.values()


def test_several_tracks_make_one_request() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    tracks = {ann.publish("cam"), ann.publish("mic", "audio")}

    assert len(bob.heard("media_sections_requirement")) == 1
    assert set(bob.offer().mid_to_track_id.values()) == tracks


def test_a_request_that_nobody_answers_is_repeated_and_then_given_up() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    bob.connect()
    ann.connect()
    ann.publish("cam")

    stage.wait(3.1)
    assert len(bob.heard("media_sections_requirement")) == 2
    stage.wait(120)
    assert len(bob.heard("media_sections_requirement")) == 1 + MAX_REPEATS
    assert bob.heard("leave") == []


def test_an_unpublished_track_leaves_its_section() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.publish("cam")
    bob.settle()
    bob.news()

    ann.offers.stop("cam")
    ann.offer()

    assert bob.news() == ["update", "media_sections_requirement"]
    assert list(bob.participants()["ann"].tracks) == []
    assert direction(bob.offer().sdp, 3) == "inactive"
    assert stage.sent(commands.RemovePublication)


def test_an_offer_that_makes_no_sense_ends_in_a_full_reconnect() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.say(offer=rtc.SessionDescription(type="offer", sdp="v=0\r\nnonsense", id=2))

    assert ann.last("leave").action == rtc.LeaveRequest.Action.RECONNECT
    assert ann.session.is_over
    assert bob.participants()["ann"].state == models.ParticipantInfo.State.DISCONNECTED
    assert not bob.session.is_over


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.news()
    ann.say(answer=rtc.SessionDescription(type="answer", sdp="v=0", id=1))
    ann.say(trickle=rtc.TrickleRequest(candidateInit='{"candidate":""}', final=True))
    assert ann.news() == []
