"""A participant's tracks are shown in a second room."""

from dataclasses import replace

import pytest
from livekit.protocol import models, room, rtc

from sfu.commands import AddSubscription, MutePublication
from sfu.events import PeerQuality, QualityChanged, Speaker, SpeakersChanged
from signaling.config import SignalingConfig
from tests.signaling.administration.asking import ask, refused
from tests.signaling.administration.test_moving import come, settle
from tests.signaling.stage import NODE, Client, Stage

State = models.ParticipantInfo.State
FORWARDED = models.ParticipantInfo.KindDetail.FORWARDED


def request(identity: str = "ann", to: str = "clinic") -> room.ForwardParticipantRequest:
    return room.ForwardParticipantRequest(room="ward", identity=identity, destination_room=to)


def forward(stage: Stage) -> None:
    ask(stage, "ForwardParticipant", request())


def both(stage: Stage, *, single: bool = True) -> tuple[Client, Client]:
    return (
        come(stage, "ann", single=single),
        come(stage, "cat", where="clinic", single=single),
    )


def who(identity: str = "ann") -> room.RoomParticipantIdentity:
    return room.RoomParticipantIdentity(room="clinic", identity=identity)


@pytest.mark.parametrize("single", [True, False])
def test_those_there_get_its_tracks(single: bool) -> None:
    stage = Stage()
    ann, cat = both(stage, single=single)
    early = ann.publish("c1")
    forward(stage)
    late = ann.publish("c2", "audio")
    settle(stage, cat)

    seen = cat.participants()["ann"]
    assert seen.sid != ann.sid
    assert list(seen.kind_details) == [FORWARDED]
    assert {t.sid for t in seen.tracks} == {early, late}
    given = {c.track for c in stage.sent(AddSubscription) if c.peer == cat.sid}
    assert given == {early, late}


def test_it_stays_where_it_is() -> None:
    stage = Stage()
    ann, cat = both(stage)
    other = cat.publish("c1")
    forward(stage)
    ann.news()

    here = stage.conference.rooms["ward"].identities["ann"]
    assert here.sid == ann.sid
    assert other not in here.subscriptions.active
    assert not ann.heard("room_moved")


def test_what_changes_there_is_told_here() -> None:
    stage = Stage()
    ann, cat = both(stage)
    sid = ann.publish("c1")
    forward(stage)
    ann.say(mute=rtc.MuteTrackRequest(sid=sid, muted=True))
    assert cat.participants()["ann"].tracks[0].muted
    ask(
        stage,
        "UpdateParticipant",
        room.UpdateParticipantRequest(room="ward", identity="ann", name="Ann"),
    )
    assert cat.participants()["ann"].name == "Ann"
    ann.offers.stop("c1")
    ann.offer()
    assert not cat.participants()["ann"].tracks


def test_it_ends_when_the_participant_leaves() -> None:
    stage = Stage()
    ann, cat = both(stage)
    sid = ann.publish("c1")
    forward(stage)
    settle(stage, cat)
    ann.say(leave={})

    assert cat.participants()["ann"].state == State.DISCONNECTED
    assert sid not in stage.conference.rooms["clinic"].identities["cat"].subscriptions.active


def test_it_ends_when_it_is_removed_there() -> None:
    stage = Stage()
    ann, cat = both(stage)
    sid = ann.publish("c1")
    forward(stage)
    settle(stage, cat)
    ask(stage, "RemoveParticipant", who())

    assert cat.participants()["ann"].state == State.DISCONNECTED
    rooms = stage.conference.rooms
    assert sid not in rooms["clinic"].identities["cat"].subscriptions.active
    assert not rooms["ward"].identities["ann"].forwards
    assert not ann.heard("leave")
    ann.publish("c2", "audio")
    assert cat.participants()["ann"].state == State.DISCONNECTED


def test_its_quality_follows_the_wishes_of_both_rooms() -> None:
    stage = Stage()
    ann, cat = both(stage)
    ben = come(stage, "ben")
    sid = ann.publish("c1")
    forward(stage)
    settle(stage, ben, cat)

    def want(client: Client, quality: models.VideoQuality) -> None:
        client.say(track_setting=rtc.UpdateTrackSettings(track_sids=[sid], quality=quality))

    def asked() -> list[bool]:
        told = ann.last("subscribed_quality_update").subscribed_qualities
        return [one.enabled for one in told]

    want(ben, models.VideoQuality.LOW)
    stage.wait(6)
    assert not ann.heard("subscribed_quality_update")  # cat wants all of it
    want(cat, models.VideoQuality.MEDIUM)
    stage.wait(6)
    assert asked() == [True, True, False]
    want(cat, models.VideoQuality.HIGH)
    assert asked() == [True, True, True]


def test_the_publisher_decides_for_both_rooms() -> None:
    stage = Stage()
    ann, cat = both(stage)
    sid = ann.publish("c1")
    forward(stage)
    ann.say(subscription_permission=rtc.SubscriptionPermission(all_participants=False))

    assert sid not in stage.conference.rooms["clinic"].identities["cat"].subscriptions.active
    assert not cat.last("subscription_permission_update").allowed


def test_its_voice_is_heard_there_too() -> None:
    stage = Stage()
    ann, cat = both(stage)
    ann.publish("c1", "audio")
    forward(stage)
    settle(stage, cat)
    ward = stage.conference.rooms["ward"]
    stage.tell(SpeakersChanged(ward.sid, [Speaker(ann.sid, 0.5, True)]))
    stage.tell(QualityChanged(ward.sid, [PeerQuality(ann.sid, 2, 4.5)]))

    sid = cat.participants()["ann"].sid
    assert [s.sid for s in cat.last("speakers_changed").speakers] == [sid]
    assert [u.participant_sid for u in cat.last("connection_quality").updates] == [sid]


def test_nobody_can_act_for_it_there() -> None:
    stage = Stage()
    ann, _ = both(stage)
    sid = ann.publish("c1")
    forward(stage)
    refusal = ("failed_precondition", "participant is forwarded from another room")
    mute = room.MuteRoomTrackRequest(room="clinic", identity="ann", track_sid=sid, muted=True)

    assert refused(stage, "MutePublishedTrack", mute) == refusal
    update = room.UpdateParticipantRequest(room="clinic", identity="ann", name="x")
    assert refused(stage, "UpdateParticipant", update) == refusal
    call = room.PerformRpcRequest(room="clinic", destination_identity="ann")
    assert refused(stage, "PerformRpc", call) == refusal
    assert not stage.sent(MutePublication)


def test_nobody_resumes_as_somebody_who_is_only_shown() -> None:
    stage = Stage()
    both(stage)
    forward(stage)
    visit = stage.visit("ann", rtc.JoinRequest(reconnect=True), room="clinic")
    session = stage.enter(visit)

    assert [m.WhichOneof("message") for m in session.take_messages()] == ["leave"]


def test_one_who_comes_in_person_takes_its_place() -> None:
    stage = Stage()
    _, cat = both(stage)
    forward(stage)
    ann = come(stage, "ann", where="clinic")

    assert cat.participants()["ann"].sid == ann.sid
    assert not stage.conference.rooms["ward"].identities["ann"].forwards


def test_what_cannot_be() -> None:
    stage = Stage(nodes=[NODE, replace(NODE, node_id="ND_other")])
    assert refused(stage, "ForwardParticipant", request())[0] == "not_found"
    come(stage, "ann")
    come(stage, "cat", where="clinic")  # on the other node
    assert refused(stage, "ForwardParticipant", request())[0] == "failed_precondition"

    stage = Stage()
    both(stage)
    come(stage, "ann", where="clinic")
    assert refused(stage, "ForwardParticipant", request())[0] == "already_exists"


def test_webhooks_hear_of_both_rooms() -> None:
    stage = Stage(SignalingConfig(tells_events=True))
    ann = come(stage, "ann")
    ann.publish("c1")
    forward(stage)
    stage.conference.take_notices()
    ann.publish("c2", "audio")
    ann.say(leave={})

    told = [(event.event, event.room.name) for event in stage.conference.take_notices()]
    assert sorted(told) == sorted(
        [(name, place) for name in ("track_published", "participant_left")
         for place in ("ward", "clinic")]
        + [("track_unpublished", place) for place in ("ward", "clinic") for _ in range(2)]
    )  # fmt: skip
