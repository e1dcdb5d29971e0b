"""Participants by the server API: seen, changed, muted, removed."""

import jwt
import pytest
from livekit.protocol import models, room, rtc

from sfu.commands import RemovePublication, UpdatePeer
from sfu.events import TransportState
from signaling.admission import Refused
from signaling.config import RoomDefaults, SignalingConfig
from tests.signaling.administration.asking import ask, refused
from tests.signaling.stage import EPOCH, Client, Stage

MISSING = ("not_found", "participant does not exist")
ALL = models.ParticipantPermission(can_subscribe=True, can_publish=True, can_publish_data=True)


def who(identity: str) -> room.RoomParticipantIdentity:
    return room.RoomParticipantIdentity(room="ward", identity=identity)


def change(identity: str, **fields: object) -> room.UpdateParticipantRequest:
    return room.UpdateParticipantRequest(room="ward", identity=identity, **fields)  # type: ignore[arg-type]


def two(stage: Stage, *, single: bool = True) -> tuple[Client, Client]:
    ann, ben = stage.join("ann", single=single), stage.join("ben", single=single)
    for client in (ann, ben):
        client.settle()
        client.connect()
    return ann, ben


def test_hidden_ones_are_listed_too() -> None:
    stage = Stage()
    stage.join("ann")
    stage.join("eve", hidden=True)

    listed = ask(stage, "ListParticipants", room.ListParticipantsRequest(room="ward"))

    assert [p.identity for p in listed.participants] == ["ann", "eve"]


def test_nobody_is_in_a_room_that_is_not_there() -> None:
    listed = ask(Stage(), "ListParticipants", room.ListParticipantsRequest(room="ward"))

    assert not listed.participants


def test_one_is_found_by_identity() -> None:
    stage = Stage()
    ann = stage.join("ann")

    assert ask(stage, "GetParticipant", who("ann")).sid == ann.sid


@pytest.mark.parametrize("method", ["GetParticipant", "RemoveParticipant"])
def test_one_who_is_not_there(method: str) -> None:
    stage = Stage()
    assert refused(stage, method, who("ann")) == MISSING
    stage.join("ben")
    assert refused(stage, method, who("ann")) == MISSING


def test_the_others_need_somebody_too() -> None:
    stage = Stage()
    stage.join("ben")

    assert refused(stage, "UpdateParticipant", change("ann", name="A")) == MISSING
    mute = room.MuteRoomTrackRequest(room="ward", identity="ann", muted=True)
    assert refused(stage, "MutePublishedTrack", mute) == MISSING
    wish = room.UpdateSubscriptionsRequest(room="ward", identity="ann")
    assert refused(stage, "UpdateSubscriptions", wish) == MISSING


def test_one_who_is_removed_hears_why_and_the_others_that() -> None:
    stage = Stage()
    ann, ben = two(stage)
    ask(stage, "RemoveParticipant", who("ann"))

    told = ann.last("leave")
    assert told.reason == models.DisconnectReason.PARTICIPANT_REMOVED
    assert told.action == rtc.LeaveRequest.Action.DISCONNECT
    assert ben.participants()["ann"].state == models.ParticipantInfo.State.DISCONNECTED


def test_names_and_attributes_change_for_everybody() -> None:
    stage = Stage()
    ann, ben = two(stage)
    ask(stage, "UpdateParticipant", change("ann", attributes={"a": "1", "b": "2"}))
    wanted = change("ann", name="Ann", metadata="m", attributes={"a": "", "c": "3"})
    answer = ask(stage, "UpdateParticipant", wanted)

    seen = ben.participants()["ann"]
    assert (seen.name, seen.metadata) == ("Ann", "m")
    assert dict(seen.attributes) == dict(answer.attributes) == {"b": "2", "c": "3"}
    assert "refresh_token" in ann.news()


def test_what_is_not_said_stays() -> None:
    stage = Stage()
    two(stage)
    ask(stage, "UpdateParticipant", change("ann", name="Ann", metadata="m"))
    answer = ask(stage, "UpdateParticipant", change("ann", attributes={"a": "1"}))

    assert (answer.name, answer.metadata) == ("Ann", "m")


def test_attributes_count_together_with_those_that_are_there() -> None:
    stage = Stage()
    two(stage)
    ask(stage, "UpdateParticipant", change("ann", attributes={"a": "x" * 40_000}))

    more = change("ann", attributes={"b": "x" * 40_000})
    assert refused(stage, "UpdateParticipant", more) == (
        "invalid_argument",
        "attribute size exceeds limits",
    )


def test_a_track_is_muted_by_telling_its_publisher() -> None:
    stage = Stage()
    ann, ben = two(stage)
    sid = ann.publish("c1")
    mute = room.MuteRoomTrackRequest(room="ward", identity="ann", track_sid=sid, muted=True)

    answer = ask(stage, "MutePublishedTrack", mute)

    assert (answer.track.sid, answer.track.muted) == (sid, True)
    assert (ann.last("mute").sid, ann.last("mute").muted) == (sid, True)
    assert ben.participants()["ann"].tracks[0].muted


def test_a_track_of_nobody_changes_nothing() -> None:
    stage = Stage()
    two(stage)
    mute = room.MuteRoomTrackRequest(room="ward", identity="ann", track_sid="TR_x", muted=True)

    assert not ask(stage, "MutePublishedTrack", mute).HasField("track")


def test_unmuting_from_afar_must_be_allowed() -> None:
    request = room.MuteRoomTrackRequest(room="ward", identity="ann", muted=False)
    stage = Stage()
    two(stage)
    assert refused(stage, "MutePublishedTrack", request) == (
        "failed_precondition",
        "remote unmute not enabled",
    )

    stage = Stage(SignalingConfig(room=RoomDefaults(enable_remote_unmute=True)))
    ann, _ = two(stage)
    sid = ann.publish("c1", muted=True)
    request.track_sid = sid
    assert not ask(stage, "MutePublishedTrack", request).track.muted
    assert ann.last("mute").muted is False


@pytest.mark.parametrize("single", [True, False])
def test_subscriptions_end_and_begin(single: bool) -> None:
    stage = Stage()
    ann, ben = two(stage, single=single)
    sid = ann.publish("c1")
    ben.settle()
    subscriptions = stage.conference.rooms["ward"].identities["ben"].subscriptions
    assert sid in subscriptions.active

    wish = room.UpdateSubscriptionsRequest(room="ward", identity="ben")
    wish.participant_tracks.add(participant_sid=ann.sid, track_sids=[sid])
    ask(stage, "UpdateSubscriptions", wish)
    assert sid not in subscriptions.active

    again = room.UpdateSubscriptionsRequest(
        room="ward", identity="ben", track_sids=[sid], subscribe=True
    )
    ask(stage, "UpdateSubscriptions", again)
    assert sid in subscriptions.active


def test_one_who_may_not_publish_any_more_loses_its_tracks() -> None:
    stage = Stage()
    ann, ben = two(stage)
    sid = ann.publish("c1")
    less = models.ParticipantPermission(can_subscribe=True)
    answer = ask(stage, "UpdateParticipant", change("ann", permission=less))

    assert answer.permission == less
    assert ann.last("track_unpublished").track_sid == sid
    assert not ben.participants()["ann"].tracks
    assert [c.track for c in stage.sent(RemovePublication)] == [sid]
    assert stage.sent(UpdatePeer)[-1].can_publish_data is False
    ann.say(add_track=rtc.AddTrackRequest(cid="c2", type="VIDEO"))
    assert ann.last("request_response").reason == rtc.RequestResponse.NOT_ALLOWED


def test_only_tracks_of_sources_that_are_not_allowed_go() -> None:
    stage = Stage()
    ann, ben = two(stage)
    ann.publish("c1")
    kept = ann.publish("c2", "audio")
    only = models.ParticipantPermission()
    only.CopyFrom(ALL)
    only.can_publish_sources.append(models.TrackSource.MICROPHONE)
    ask(stage, "UpdateParticipant", change("ann", permission=only))

    assert [t.sid for t in ben.participants()["ann"].tracks] == [kept]


@pytest.mark.parametrize("single", [True, False])
def test_one_who_may_subscribe_only_later_gets_what_is_there(single: bool) -> None:
    stage = Stage()
    ann = stage.join("ann", single=single)
    ann.connect()
    sid = ann.publish("c1")
    ben = stage.join("ben", single=single, can_subscribe=False)
    ben.media(TransportState.CONNECTED)
    subscriptions = stage.conference.rooms["ward"].identities["ben"].subscriptions
    assert not subscriptions.active

    ask(stage, "UpdateParticipant", change("ben", permission=ALL))
    ben.settle()

    assert subscriptions.active[sid].is_bound


def test_one_who_may_not_subscribe_any_more_gets_nothing() -> None:
    stage = Stage()
    ann, ben = two(stage)
    ann.publish("c1")
    ben.settle()
    none = models.ParticipantPermission(can_publish=True)
    ask(stage, "UpdateParticipant", change("ben", permission=none))

    assert not stage.conference.rooms["ward"].identities["ben"].subscriptions.active


def test_the_same_rights_again_change_nothing() -> None:
    stage = Stage()
    two(stage)
    before = ask(stage, "UpdateParticipant", change("ann", permission=ALL)).version

    assert ask(stage, "UpdateParticipant", change("ann", permission=ALL)).version == before


def test_new_rights_are_in_the_next_token() -> None:
    stage = Stage()
    ann, _ = two(stage)
    ask(stage, "UpdateParticipant", change("ann", permission=ALL))

    token = ann.last("refresh_token")
    video = jwt.decode(token, options={"verify_signature": False})["video"]
    assert (video["canPublish"], video["canSubscribe"], video["room"]) == (True, True, "ward")


def test_one_who_hides_is_gone_for_the_others() -> None:
    stage = Stage()
    _, ben = two(stage)
    hidden = models.ParticipantPermission(can_subscribe=True, hidden=True)
    ask(stage, "UpdateParticipant", change("ann", permission=hidden))
    assert ben.participants()["ann"].state == models.ParticipantInfo.State.DISCONNECTED

    ask(stage, "UpdateParticipant", change("ann", permission=ALL))
    assert ben.participants()["ann"].state == models.ParticipantInfo.State.ACTIVE


def test_one_who_is_removed_can_be_kept_out() -> None:
    stage = Stage()
    two(stage)
    old = stage.visit("ann", rtc.JoinRequest())
    stage.wait(10)
    now = int(EPOCH + stage.now)
    request = room.RoomParticipantIdentity(room="ward", identity="ann", revoke_token_ts=now)
    ask(stage, "RemoveParticipant", request)

    with pytest.raises(Refused, match="revoked"):
        stage.enter(old)
    stage.enter(stage.visit("ann", rtc.JoinRequest(), room="other"))
    stage.wait(1)
    assert stage.join("ann").heard("join")  # with a newer token


def test_one_who_is_removed_may_come_back() -> None:
    stage = Stage()
    two(stage)
    old = stage.visit("ann", rtc.JoinRequest())
    ask(stage, "RemoveParticipant", who("ann"))

    stage.enter(old)
