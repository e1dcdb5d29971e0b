"""v0, message by message: two peer connections, we offer the subscriber's."""

from livekit.protocol import models, rtc

from sfu import commands, events
from tests.signaling.browser import Offers
from tests.signaling.stage import Stage

ACTIVE = models.ParticipantInfo.State.ACTIVE


def test_the_server_offers_at_once_even_without_media() -> None:
    stage = Stage()
    vic = stage.join("vic", single=False)

    assert vic.news() == ["join", "offer", "refresh_token"]
    joined, offer = vic.last("join"), vic.last("offer")
    assert joined.subscriber_primary
    assert joined.fast_publish
    assert offer.id > 0
    assert "m=application" in offer.sdp
    uplink, downlink = stage.sent(commands.AddTransport)
    assert (uplink.transport, downlink.transport) == (f"{vic.sid}/0", f"{vic.sid}/1")
    assert (uplink.carries_data, uplink.opens_channels) == (False, False)
    assert (downlink.carries_data, downlink.opens_channels) == (True, True)


def test_the_primary_connection_makes_a_participant_active() -> None:
    stage = Stage()
    vic, bob = stage.join("vic", single=False), stage.join("bob")
    vic.answer()
    vic.media(events.TransportState.CONNECTED, "0")
    assert bob.participants()["vic"].state != ACTIVE

    vic.media(events.TransportState.CONNECTED, "1")
    stage.tell(events.ChannelsOpened(f"{vic.sid}/1", vic.sid))

    bob.fetch()
    assert bob.participants()["vic"].state == ACTIVE


def test_settings_that_come_before_the_answer_count() -> None:
    stage = Stage()
    vic, wes = stage.join("vic", single=False), stage.join("wes", single=False)
    for client in (vic, wes):
        client.settle()
        client.connect()
    vic.offers = Offers(0, 0)
    track = vic.publish("cam")
    stage.wait(0.2)
    wes.say(track_setting=rtc.UpdateTrackSettings(track_sids=[track], quality="LOW"))
    wes.answer()

    assert [command.quality for command in stage.sent(commands.AddSubscription)] == [0]


def test_publish_and_subscribe() -> None:
    stage = Stage()
    vic, wes = stage.join("vic", single=False), stage.join("wes", single=False)
    for client in (vic, wes):
        client.settle()
        client.connect()
    vic.news(), wes.news()

    vic.offers = Offers(0, 0)
    track = vic.publish("cam")
    assert vic.news() == ["track_published", "answer", "update"]
    stage.wait(0.2)
    assert wes.news() == ["update", "offer"]
    offer = wes.last("offer")
    assert list(offer.mid_to_track_id.values()) == [track]
    assert f"a=msid:{vic.sid}|{track} {track}" in offer.sdp
    assert stage.sent(commands.AddSubscription) == []

    wes.answer()
    assert vic.news() == ["track_subscribed"]
    (subscription,) = stage.sent(commands.AddSubscription)
    assert subscription.transport == f"{wes.sid}/1"


def test_tracks_that_are_there_come_with_the_first_offer() -> None:
    stage = Stage()
    track = stage.join("ann").publish("cam")
    vic = stage.join("vic", single=False)
    assert list(vic.last("offer").mid_to_track_id.values()) == [track]
    vic.answer()
    assert len(stage.sent(commands.AddSubscription)) == 1


def test_changes_during_an_offer_wait_for_its_answer() -> None:
    stage = Stage()
    ann, vic = stage.join("ann"), stage.join("vic", single=False)
    camera, microphone = ann.publish("cam"), ann.publish("mic", "audio")
    stage.wait(1)
    assert len(vic.heard("offer")) == 1

    vic.answer()

    assert len(vic.heard("offer")) == 2
    assert set(vic.last("offer").mid_to_track_id.values()) == {camera, microphone}
    assert vic.last("offer").id == vic.heard("offer")[0].id + 1


def test_offers_keep_a_distance() -> None:
    stage = Stage()
    ann, vic = stage.join("ann"), stage.join("vic", single=False)
    vic.answer()
    ann.publish("cam")
    ann.publish("mic", "audio")
    assert len(vic.heard("offer")) == 1
    stage.wait(0.16)
    assert len(vic.heard("offer")) == 2


def test_an_answer_to_an_overtaken_offer_is_ignored() -> None:
    stage = Stage()
    vic = stage.join("vic", single=False)
    number = vic.last("offer").id
    vic.say(answer=rtc.SessionDescription(type="answer", sdp="v=0", id=number - 1 or 300))
    assert not vic.session.is_over


def test_an_answer_that_does_not_fit_ends_in_a_full_reconnect() -> None:
    stage = Stage()
    vic = stage.join("vic", single=False)
    vic.say(answer=rtc.SessionDescription(type="answer", sdp="v=0", id=vic.last("offer").id))
    assert vic.last("leave").action == rtc.LeaveRequest.Action.RECONNECT
    assert vic.last("leave").reason == models.DisconnectReason.STATE_MISMATCH


def test_an_offer_without_an_answer_ends_in_a_full_reconnect() -> None:
    stage = Stage()
    vic = stage.join("vic", single=False)
    stage.wait(14.9)
    assert vic.heard("leave") == []
    stage.wait(0.2)
    assert vic.last("leave").action == rtc.LeaveRequest.Action.RECONNECT


def test_who_may_not_subscribe_has_one_connection() -> None:
    stage = Stage()
    stage.join("ann").publish("cam")
    cam = stage.join("cam", single=False, can_subscribe=False)

    assert cam.news() == ["join", "refresh_token"]
    assert not cam.last("join").subscriber_primary
    (uplink,) = [t for t in stage.sent(commands.AddTransport) if t.peer == cam.sid]
    assert uplink.carries_data
    cam.offers = Offers(0, 0)
    cam.publish("mic", "audio")
    cam.media(events.TransportState.CONNECTED)
    stage.tell(events.ChannelsOpened(f"{cam.sid}/0", cam.sid))
    assert cam.last("update").participants[0].state == ACTIVE
