from typing import Any

import pytest
from livekit.protocol import models, rtc

from sfu.commands import (
    AddDataSubscription,
    AddDataTrack,
    RemoveDataSubscription,
    RemoveDataTrack,
)
from signaling import datatracks
from signaling.administration.permission import permit
from signaling.config import Limits, SignalingConfig
from signaling.messages import Reason
from tests.signaling.stage import Client, Stage, join_request, silence

AUTO = rtc.ConnectionSettings(auto_subscribe=True, auto_subscribe_data_track=True)


def publish(client: Client, handle: int = 1, name: str = "pulse", **fields: Any) -> Any:
    """The answer: a track's description, or the refusal."""
    request = rtc.PublishDataTrackRequest(pub_handle=handle, name=name, **fields)
    client.say(publish_data_track_request=request)
    client.fetch()
    kinds = ("publish_data_track_response", "request_response")
    kind, answer = [entry for entry in client.log if entry[0] in kinds][-1]
    return answer.info if kind == "publish_data_track_response" else answer


def subscribe(client: Client, track: str, wanted: bool = True) -> None:
    update = rtc.UpdateDataSubscription.Update(track_sid=track, subscribe=wanted)
    client.say(update_data_subscription=rtc.UpdateDataSubscription(updates=[update]))


def handles(client: Client) -> dict[str, int]:
    """As last told: track sid -> number."""
    told = client.heard("data_track_subscriber_handles")
    return (
        {entry.track_sid: handle for handle, entry in told[-1].sub_handles.items()} if told else {}
    )


def test_a_data_track_is_confirmed_and_seen_by_all() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")

    info = publish(ann, 7, encryption=models.Encryption.GCM)

    assert info.sid.startswith("DTR_")
    assert (info.pub_handle, info.name, info.encryption) == (7, "pulse", models.Encryption.GCM)
    assert list(bob.participants()["ann"].data_tracks) == [info]
    assert bob.participants()["ann"].is_publisher
    assert stage.sent(AddDataTrack) == [AddDataTrack(ann.sid, info.sid, 7)]
    assert list(stage.join("eve").participants()["ann"].data_tracks) == [info]


def test_what_it_says_of_its_frames_is_passed_on() -> None:
    stage = Stage()
    ann = stage.join("ann")
    encoding = models.DataTrackFrameEncoding(custom="hl7")
    schema = models.DataTrackSchemaId(name="vitals")
    info = publish(ann, frame_encoding=encoding, schema=schema)
    assert (info.frame_encoding, info.schema) == (encoding, schema)
    plain = publish(ann, 2, "plain")
    assert not plain.HasField("frame_encoding")
    assert not plain.HasField("schema")


@pytest.mark.parametrize(
    ("handle", "name", "fields", "reason"),
    [
        (0, "x", {}, Reason.INVALID_HANDLE),
        (65536, "x", {}, Reason.INVALID_HANDLE),
        (2, "", {}, Reason.INVALID_NAME),
        (2, "x" * 257, {}, Reason.INVALID_NAME),
        (1, "x", {}, Reason.DUPLICATE_HANDLE),
        (2, "pulse", {}, Reason.DUPLICATE_NAME),
        (2, "x", {"frame_encoding": {"custom": ""}}, Reason.INVALID_REQUEST),
        (2, "x", {"frame_encoding": {"custom": "c" * 33}}, Reason.INVALID_REQUEST),
        (2, "x", {"schema": {"name": "n", "encoding": {"custom": ""}}}, Reason.INVALID_REQUEST),
        (2, "x", {"schema": {"name": "n" * 5000}}, Reason.INVALID_REQUEST),
        (3, "third", {}, Reason.LIMIT_EXCEEDED),
    ],
)
def test_what_cannot_be_published_is_refused_with_its_reason(
    handle: int, name: str, fields: dict[str, Any], reason: int
) -> None:
    stage = Stage(SignalingConfig(limits=Limits(data_tracks=2)))
    ann = stage.join("ann")
    publish(ann)
    if reason == Reason.LIMIT_EXCEEDED:
        publish(ann, 2, "second")
    answer = publish(ann, handle, name, **fields)
    assert answer.reason == reason
    assert answer.message
    assert answer.ByteSize() < 6000


@pytest.mark.parametrize("why", ["right", "setting"])
def test_not_everybody_may_publish(why: str) -> None:
    stage = Stage(SignalingConfig(enable_data_tracks=why != "setting"))
    ann = stage.join("ann", can_publish_data=why != "right")
    answer = publish(ann)
    assert answer.reason == Reason.NOT_ALLOWED
    assert answer.publish_data_track.name == "pulse"


def test_who_subscribes_is_told_its_own_number() -> None:
    stage = Stage()
    ann, bob, eve = (stage.join(name) for name in ("ann", "bob", "eve"))
    track = publish(ann).sid

    with silence(eve):
        subscribe(bob, track)

    (told,) = bob.last("data_track_subscriber_handles").sub_handles.values()
    assert (told.publisher_identity, told.publisher_sid, told.track_sid) == ("ann", ann.sid, track)
    expected = AddDataSubscription(bob.sid, track, handles(bob)[track])
    assert stage.sent(AddDataSubscription) == [expected]


def test_all_numbers_are_told_again_when_one_changes() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    first, second = publish(ann).sid, publish(ann, 2, "breath").sid
    subscribe(bob, first)
    subscribe(bob, second)
    before = handles(bob)
    assert set(before) == {first, second}
    assert len(set(before.values())) == 2

    subscribe(bob, first, wanted=False)

    assert handles(bob) == {second: before[second]}
    assert stage.sent(RemoveDataSubscription) == [RemoveDataSubscription(bob.sid, first)]
    subscribe(bob, first)
    assert handles(bob)[first] not in before.values()


def test_numbers_go_round_without_zero_and_without_meeting() -> None:
    subscriptions = datatracks.DataSubscriptions(AUTO, Limits(), 65534)
    subscriptions.replace({"DTR_1": "PA_1"})
    assert subscriptions.active["DTR_1"][0] == 65535
    subscriptions.replace({"DTR_1": "PA_1", "DTR_2": "PA_1"})
    assert subscriptions.active["DTR_2"][0] == 1
    rest = datatracks.DataSubscriptions(AUTO, Limits(data_subscriptions=70000), 5)
    rest.replace({f"DTR_{number}": "PA_1" for number in range(65535)})
    assert {number for number, _ in rest.active.values()} == set(range(1, 65536))


@pytest.mark.parametrize("single", [True, False])
def test_a_client_can_have_all_of_them_at_once(single: bool) -> None:
    stage = Stage()
    ann = stage.join("ann")
    track = publish(ann).sid
    request = join_request("", settings=AUTO) if single else None
    query = {} if single else {"auto_subscribe_data_track": "1"}
    session = stage.enter(stage.visit("bob", request, query=query))
    bob = Client(stage, session, ann.offers, single=single)
    later = publish(ann, 2, "breath").sid
    assert set(handles(bob)) == {track, later}
    subscribe(bob, track, wanted=False)
    assert set(handles(bob)) == {later}


def test_a_wish_may_come_before_its_track() -> None:
    stage = Stage()
    ann = stage.join("ann")
    bob = stage.join("bob", can_subscribe=False)
    subscribe(bob, publish(ann).sid)
    assert handles(bob) == {}
    eve = stage.join("eve")
    subscribe(eve, "DTR_nobody")
    assert handles(eve) == {}


def test_a_track_that_comes_and_goes_without_end_is_refused() -> None:
    """Everybody in the room would be told of each."""
    ann = Stage().join("ann")
    for _ in range(600):
        publish(ann)
        ann.say(unpublish_data_track_request=rtc.UnpublishDataTrackRequest(pub_handle=1))

    refused = publish(ann)

    assert refused.reason == Reason.LIMIT_EXCEEDED
    assert refused.message == "too many data tracks in a short time"


def test_a_request_speaks_of_a_bounded_number_of_tracks() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    track = publish(ann).sid
    nothing = rtc.UpdateDataSubscription.Update()
    wanted = rtc.UpdateDataSubscription.Update(track_sid=track, subscribe=True)
    updates = [nothing] * datatracks.MAX_UPDATES + [wanted]
    bob.say(update_data_subscription=rtc.UpdateDataSubscription(updates=updates))

    assert handles(bob) == {}


def test_an_unpublished_track_is_gone_for_everybody() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    info = publish(ann)
    subscribe(bob, info.sid)

    ann.say(unpublish_data_track_request=rtc.UnpublishDataTrackRequest(pub_handle=1))

    assert ann.last("unpublish_data_track_response").info == info
    assert list(bob.participants()["ann"].data_tracks) == []
    assert handles(bob) == {}
    assert stage.sent(RemoveDataTrack) == [RemoveDataTrack(info.sid)]
    ann.say(unpublish_data_track_request=rtc.UnpublishDataTrackRequest(pub_handle=1))
    assert ann.last("request_response").reason == Reason.NOT_FOUND
    assert publish(ann).sid != info.sid


def test_the_tracks_of_who_leaves_are_gone() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    subscribe(bob, publish(ann).sid)
    ann.say(leave=rtc.LeaveRequest())
    assert handles(bob) == {}
    assert list(bob.participants()["ann"].data_tracks) == []
    room = stage.conference.rooms["ward"]
    assert room.data_tracks == {}


def test_nobody_gets_the_tracks_of_the_hidden() -> None:
    stage = Stage()
    ann, bob = stage.join("ann", hidden=True), stage.join("bob")
    subscribe(bob, publish(ann).sid)
    assert handles(bob) == {}


def test_a_publisher_s_permissions_hold_for_its_data_tracks() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    track = publish(ann).sid
    subscribe(bob, track)
    ann.say(subscription_permission=rtc.SubscriptionPermission())
    assert handles(bob) == {}
    assert not bob.last("subscription_permission_update").allowed
    ann.say(
        subscription_permission=rtc.SubscriptionPermission(
            track_permissions=[rtc.TrackPermission(participant_identity="bob", track_sids=[track])]
        )
    )
    assert bob.last("subscription_permission_update").allowed
    assert set(handles(bob)) == {track}


def test_a_resume_tells_the_numbers_again_and_takes_the_client_s_word() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    for client in (ann, bob):
        client.connect()
    info = publish(ann)
    subscribe(bob, info.sid)
    number = handles(bob)[info.sid]
    bob.lose_signal()

    back = bob.resume()
    assert handles(back) == {info.sid: number}
    off = rtc.UpdateDataSubscription.Update(track_sid=info.sid, subscribe=False)
    wish = rtc.UpdateDataSubscription(updates=[off])
    back.say(sync_state=rtc.SyncState(data_subscription=wish))
    assert handles(back) == {}

    ann.lose_signal()
    own = rtc.PublishDataTrackResponse(info=info)
    again = ann.resume()
    again.say(sync_state=rtc.SyncState(publish_data_tracks=[own]))
    assert again.heard("leave") == []
    other = rtc.PublishDataTrackResponse(info=models.DataTrackInfo(sid="DTR_other"))
    again.say(sync_state=rtc.SyncState(publish_data_tracks=[other]))
    assert again.last("leave").action == rtc.LeaveRequest.Action.RECONNECT


def test_a_right_that_is_taken_away_takes_the_data_tracks_along() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    info = publish(ann)
    subscribe(bob, info.sid)
    participant = stage.conference.rooms["ward"].participants[ann.sid]

    permit(participant, models.ParticipantPermission(can_publish=True), stage.now)

    assert ann.last("unpublish_data_track_response").info == info
    assert handles(bob) == {}
    assert publish(ann).reason == Reason.NOT_ALLOWED


def test_a_right_to_subscribe_that_is_taken_away_ends_subscriptions() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    subscribe(bob, publish(ann).sid)
    participant = stage.conference.rooms["ward"].participants[bob.sid]
    permit(participant, models.ParticipantPermission(can_publish=True), stage.now)
    assert handles(bob) == {}
