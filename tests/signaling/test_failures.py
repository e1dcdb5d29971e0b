"""What does not come, and makes a client begin anew where the operator wants it to."""

import pytest
from livekit.protocol import models, rtc

from sfu.events import ChannelsClosed, TrackStarted
from signaling.config import Reconnect, SignalingConfig
from tests.signaling.browser import Offers
from tests.signaling.stage import Client, Stage, join_request

EACH = SignalingConfig(reconnect=Reconnect(True, True, True))
MODES = pytest.mark.parametrize("single", [True, False], ids=["single", "dual"])


def joined(config: SignalingConfig = EACH, *, single: bool = True) -> Client:
    client = Stage(config).join("ann", single=single)
    client.settle()
    client.connect()
    return client


def announce(client: Client, *, muted: bool = False) -> str:
    request = rtc.AddTrackRequest(cid="cam", type=models.TrackType.VIDEO, muted=muted)
    client.say(add_track=request)
    sid: str = client.last("track_published").track.sid
    return sid


def begins_anew(client: Client) -> bool:
    leaves = client.heard("leave")
    for leave in leaves:
        assert leave.action == rtc.LeaveRequest.Action.RECONNECT
        assert leave.reason == models.DisconnectReason.STATE_MISMATCH
    return bool(leaves)


def without_room(config: SignalingConfig) -> Client:
    """It is asked for a section to receive a picture on, and offers none."""
    stage = Stage(config)
    offers = Offers(1, 0)
    bob = Client(
        stage, stage.enter(stage.visit("bob", join_request(offers.sdp()))), offers, single=True
    )
    bob.connect()
    ann = stage.join("ann")
    ann.publish("cam")
    assert bob.last("media_sections_requirement").num_videos == 1
    for _ in range(14):
        stage.wait(1)
        bob.offer()
    return bob


@MODES
def test_a_track_without_media_is_missed_after_half_a_minute(single: bool) -> None:
    ann = joined(single=single)
    announce(ann)
    ann.stage.wait(29)
    assert not begins_anew(ann)
    ann.stage.wait(2)
    assert begins_anew(ann)


def test_its_section_alone_is_no_media() -> None:
    ann = joined()
    ann.publish("cam")
    ann.stage.wait(31)
    assert begins_anew(ann)


def test_media_in_time_is_well() -> None:
    ann = joined()
    track = ann.publish("cam")
    ann.stage.wait(20)
    ann.stage.tell(TrackStarted(ann.sid, track, "video/vp8"))
    ann.stage.wait(60)
    assert not begins_anew(ann)


def test_a_muted_track_is_not_missed_until_it_is_unmuted() -> None:
    ann = joined()
    track = announce(ann, muted=True)
    ann.stage.wait(40)
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=False))
    ann.stage.wait(20)
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))
    ann.stage.wait(40)
    assert not begins_anew(ann)
    ann.say(mute=rtc.MuteTrackRequest(sid=track, muted=False))
    ann.stage.wait(31)
    assert begins_anew(ann)


@MODES
def test_the_time_begins_with_the_connection(single: bool) -> None:
    stage = Stage(EACH)
    ann = stage.join("ann", single=single)
    ann.settle()
    announce(ann)
    stage.wait(25)
    ann.connect()
    stage.wait(25)
    assert not begins_anew(ann)
    stage.wait(6)
    assert begins_anew(ann)


def test_a_track_that_has_ended_is_not_missed() -> None:
    ann = joined()
    ann.publish("cam")
    ann.offers.stop("cam")
    ann.offer()
    ann.stage.wait(60)
    assert not begins_anew(ann)


def test_nobody_begins_anew_unless_the_operator_wants_it() -> None:
    ann = joined(SignalingConfig())
    announce(ann)
    ann.stage.tell(ChannelsClosed(f"{ann.sid}/0", ann.sid))
    ann.stage.wait(60)
    assert not begins_anew(ann)


@pytest.mark.parametrize("reconnects", [True, False])
def test_a_subscription_without_a_section_is_missed_after_15_seconds(reconnects: bool) -> None:
    rules = Reconnect(on_subscription_error=reconnects)
    bob = without_room(SignalingConfig(reconnect=rules))
    assert not bob.heard("subscription_response")
    bob.stage.wait(2)

    told = bob.last("subscription_response")
    assert told.err == models.SubscriptionError.SE_UNKNOWN
    assert begins_anew(bob) is reconnects


def test_who_has_no_signaling_cannot_offer_a_section() -> None:
    bob = without_room(EACH)
    bob.lose_signal()
    bob.stage.wait(14)
    back = bob.resume()
    back.stage.wait(10)
    assert not begins_anew(back)
    back.stage.wait(10)
    assert begins_anew(back)


def test_a_subscription_that_has_its_section_is_not_missed() -> None:
    stage = Stage(EACH)
    bob, ann = stage.join("bob"), stage.join("ann")
    bob.connect()
    track = ann.publish("cam")
    bob.settle()
    stage.tell(TrackStarted(ann.sid, track, "video/vp8"))
    stage.wait(60)
    assert not bob.heard("subscription_response")
    assert not begins_anew(bob)


@MODES
def test_who_closes_its_data_channel_begins_anew(single: bool) -> None:
    ann = joined(single=single)
    ours, theirs = ("0", "1") if single else ("1", "0")
    ann.stage.tell(ChannelsClosed(f"{ann.sid}/{theirs}", ann.sid))
    assert not begins_anew(ann)
    ann.stage.tell(ChannelsClosed(f"{ann.sid}/{ours}", ann.sid))
    assert begins_anew(ann)


def test_who_has_lost_its_signaling_too_is_on_its_way_back_or_gone() -> None:
    ann = joined()
    ann.lose_signal()
    ann.stage.tell(ChannelsClosed(f"{ann.sid}/0", ann.sid))
    assert ann.sid in {p.sid for p in ann.stage.conference.rooms["ward"].participants.values()}
