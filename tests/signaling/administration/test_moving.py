"""A participant goes from one room into another."""

from dataclasses import replace

import jwt
import pytest
from livekit.protocol import models, room, rtc

from sfu.commands import MovePeer, RemovePeer, RemoveSubscription
from signaling.config import SignalingConfig
from tests.signaling.administration.asking import ask, refused
from tests.signaling.stage import NODE, Client, Stage

State = models.ParticipantInfo.State


def request(identity: str = "ann", to: str = "clinic") -> room.MoveParticipantRequest:
    return room.MoveParticipantRequest(room="ward", identity=identity, destination_room=to)


def move(stage: Stage, identity: str = "ann") -> None:
    ask(stage, "MoveParticipant", request(identity))


def settle(stage: Stage, *clients: Client) -> None:
    for _ in range(3):
        stage.wait(0.2)  # offers of ours are not too close to each other
        for client in clients:
            client.settle()


def come(stage: Stage, identity: str, *, where: str = "ward", single: bool = True) -> Client:
    client = stage.join(identity, room=where, single=single)
    client.settle()
    client.connect()
    return client


def test_it_keeps_its_connection_and_hears_where_it_is() -> None:
    stage = Stage()
    ann = come(stage, "ann")
    cat = come(stage, "cat", where="clinic")
    move(stage)

    told = ann.last("room_moved")
    assert told.room.name == "clinic"
    assert (told.participant.identity, told.participant.sid) == ("ann", ann.sid)
    assert told.participant.state == State.ACTIVE
    assert [p.sid for p in told.other_participants] == [cat.sid]
    claims = jwt.decode(told.token, options={"verify_signature": False})
    assert claims["video"]["room"] == "clinic"
    assert not ann.heard("leave")
    assert not stage.sent(RemovePeer)
    assert [c.peer for c in stage.sent(MovePeer)] == [ann.sid]


def test_for_the_others_it_leaves_one_room_and_joins_another() -> None:
    stage = Stage()
    come(stage, "ann")
    ben, cat = come(stage, "ben"), come(stage, "cat", where="clinic")
    move(stage)

    gone = ben.participants()["ann"]
    assert (gone.state, gone.disconnect_reason) == (
        State.DISCONNECTED,
        models.DisconnectReason.MIGRATION,
    )
    assert cat.participants()["ann"].state == State.ACTIVE
    assert cat.participants()["ann"].disconnect_reason == models.DisconnectReason.UNKNOWN_REASON


@pytest.mark.parametrize("single", [True, False])
def test_its_tracks_go_with_it(single: bool) -> None:
    stage = Stage()
    ann = come(stage, "ann", single=single)
    ben = come(stage, "ben", single=single)
    cat = come(stage, "cat", where="clinic", single=single)
    mine, theirs, others = ann.publish("c1"), cat.publish("c2"), ben.publish("c3")
    settle(stage, ann, ben, cat)
    move(stage)
    settle(stage, ann, ben, cat)

    rooms = stage.conference.rooms
    here = rooms["clinic"].identities
    assert here["cat"].subscriptions.active[mine].is_bound
    assert here["ann"].subscriptions.active[theirs].is_bound
    assert others not in here["ann"].subscriptions.active
    assert mine not in rooms["ward"].identities["ben"].subscriptions.active
    ended = {(c.peer, c.track) for c in stage.sent(RemoveSubscription)}
    assert {(ben.sid, mine), (ann.sid, others)} <= ended


def test_what_it_does_next_it_does_there() -> None:
    stage = Stage()
    ann, ben = come(stage, "ann"), come(stage, "ben")
    cat = come(stage, "cat", where="clinic")
    move(stage)
    sid = ann.publish("c1")
    assert [t.sid for t in cat.participants()["ann"].tracks] == [sid]
    ben.news()
    ann.say(leave={})

    assert ben.news() == []
    assert cat.participants()["ann"].state == State.DISCONNECTED


def test_data_tracks_go_with_it() -> None:
    stage = Stage()
    ann, cat = come(stage, "ann"), come(stage, "cat", where="clinic")
    ann.say(publish_data_track_request=rtc.PublishDataTrackRequest(pub_handle=1, name="pulse"))
    sid = ann.last("publish_data_track_response").info.sid
    move(stage)

    assert list(stage.conference.rooms["clinic"].data_tracks) == [sid]
    assert not stage.conference.rooms["ward"].data_tracks
    assert [t.sid for t in cat.participants()["ann"].data_tracks] == [sid]


def test_it_resumes_in_its_new_room() -> None:
    stage = Stage()
    ann = come(stage, "ann")
    move(stage)
    token = ann.last("refresh_token")
    ann.lose_signal()
    visit = stage.visit("ann", rtc.JoinRequest(reconnect=True, participant_sid=ann.sid))
    session = stage.enter(replace(visit, query={**visit.query, "access_token": token}))

    kinds = [m.WhichOneof("message") for m in session.take_messages()]
    assert "leave" not in kinds


def test_a_room_that_is_not_there_is_made_where_the_participant_is() -> None:
    other = replace(NODE, node_id="ND_other")
    stage = Stage(nodes=[NODE, other])
    come(stage, "ann")
    come(stage, "ben")
    move(stage)

    rooms = stage.conference.rooms
    assert rooms["clinic"].context is rooms["ward"].context


def test_to_another_node_it_is_sent() -> None:
    other = replace(NODE, node_id="ND_other")
    stage = Stage(nodes=[NODE, other])
    ann = come(stage, "ann")
    come(stage, "cat", where="clinic")
    assert stage.conference.rooms["clinic"].context.node is other
    move(stage)

    assert ann.last("leave").action == rtc.LeaveRequest.Action.RECONNECT
    claims = jwt.decode(ann.last("refresh_token"), options={"verify_signature": False})
    assert claims["video"]["room"] == "clinic"
    assert "ann" not in stage.conference.rooms["ward"].identities


def test_the_same_identity_there_is_replaced() -> None:
    stage = Stage()
    ann, twin = come(stage, "ann"), come(stage, "ann", where="clinic")
    move(stage)

    assert twin.last("leave").reason == models.DisconnectReason.DUPLICATE_IDENTITY
    assert stage.conference.rooms["clinic"].identities["ann"].sid == ann.sid


def test_a_full_room_takes_nobody() -> None:
    stage = Stage()
    ask(stage, "CreateRoom", room.CreateRoomRequest(name="clinic", max_participants=1))
    come(stage, "ann")
    come(stage, "cat", where="clinic")

    assert refused(stage, "MoveParticipant", request())[0] == "resource_exhausted"
    assert "ann" in stage.conference.rooms["ward"].identities


def test_one_who_is_not_there_or_not_connected() -> None:
    stage = Stage()
    assert refused(stage, "MoveParticipant", request()) == (
        "not_found",
        "participant does not exist",
    )
    come(stage, "ann").lose_signal()
    assert refused(stage, "MoveParticipant", request())[0] == "unavailable"


def test_webhooks_hear_of_leaving_and_joining() -> None:
    stage = Stage(SignalingConfig(tells_events=True))
    ann = come(stage, "ann")
    ann.publish("c1")
    stage.conference.take_notices()
    move(stage)

    told = [(event.event, event.room.name) for event in stage.conference.take_notices()]
    assert told == [
        ("room_started", "clinic"),
        ("track_unpublished", "ward"),
        ("participant_left", "ward"),
        ("participant_joined", "clinic"),
        ("track_published", "clinic"),
    ]


def test_an_empty_room_ends_after_its_time() -> None:
    stage = Stage()
    come(stage, "ann")
    move(stage)
    stage.wait(21)

    assert list(stage.conference.rooms) == ["clinic"]
