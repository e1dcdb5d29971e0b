"""Several media nodes: where rooms go, and what happens when a node is lost."""

import pytest
from livekit.protocol import models, rtc

from sfu import commands, events
from sfu.media import Candidate, Fingerprint, NodeInfo
from signaling.admission import Refused
from tests.signaling.stage import Client, Stage, join_request, silence

State = models.ParticipantInfo.State
Reason = models.DisconnectReason
Action = rtc.LeaveRequest.Action


def node(number: int) -> NodeInfo:
    fingerprint = Fingerprint("sha-256", ":".join([f"{number:02X}"] * 32))
    candidates = [Candidate("udp", "192.0.2.1", 7882 + number)]
    return NodeInfo(f"ND_{number}", candidates, fingerprint)


def two() -> Stage:
    return Stage(nodes=[node(0), node(1)])


def node_of(client: Client) -> str:
    """Where the client's peer is, by the commands."""
    (found,) = [
        node_id
        for node_id, sent in client.stage.sent_to.items()
        for command in sent
        if isinstance(command, commands.AddPeer) and command.peer == client.sid
    ]
    return found


def sdp_of(client: Client) -> str:
    return str(client.last("answer" if client.single else "offer").sdp)


def test_each_new_room_goes_where_the_fewest_people_are() -> None:
    stage = two()
    big = [stage.join(f"p{number}", room="big") for number in range(3)]
    small = stage.join("ann", room="small")
    third = stage.join("ben", room="third")
    fourth = stage.join("cat", room="fourth")

    assert {node_of(client) for client in big} == {"ND_0"}
    assert [node_of(client) for client in (small, third, fourth)] == ["ND_1"] * 3


def test_empty_rooms_count_when_there_are_as_many_people() -> None:
    stage = two()
    ann = stage.join("ann", room="one")
    ann.say(leave=rtc.LeaveRequest())

    assert node_of(ann) == "ND_0"
    assert node_of(stage.join("ben", room="two")) == "ND_1"


def test_a_room_stays_on_its_node() -> None:
    stage = two()
    clients = [stage.join(f"p{number}", room="ward") for number in range(4)]

    assert {node_of(client) for client in clients} == {"ND_0"}
    clients[0].publish("c1")
    assert [type(c) for c in stage.sent_to["ND_0"]].count(commands.AddPublication) == 1
    assert "ND_1" not in stage.sent_to


@pytest.mark.parametrize("single", [True, False], ids=["single", "dual"])
def test_clients_are_told_of_their_own_node(single: bool) -> None:
    stage = two()
    for number, name in enumerate(("one", "two")):
        client = stage.join("ann", room=name, single=single)
        assert client.last("join").server_info.node_id == f"ND_{number}"
        assert f" {7882 + number} typ host" in sdp_of(client)
        assert f"{number:02X}:{number:02X}" in sdp_of(client)


def test_all_on_a_lost_node_are_told_to_join_anew_and_nobody_else_hears_of_it() -> None:
    stage = two()
    ann, ben = stage.join("ann", room="one"), stage.join("ben", room="one")
    cat, dan = stage.join("cat", room="two"), stage.join("dan", room="two")
    for client in (ann, ben, cat, dan):
        client.connect()
    ann.news(), ben.news()

    with silence(cat, dan):
        stage.conference.lose_node("ND_0", stage.now)

    for client in (ann, ben):
        assert client.news() == ["leave"]
        leave = client.last("leave")
        assert (leave.action, leave.reason) == (Action.RECONNECT, Reason.MEDIA_FAILURE)
        assert client.session.is_over


@pytest.mark.parametrize("single", [True, False], ids=["single", "dual"])
def test_who_joins_anew_is_in_the_same_room_on_another_node(single: bool) -> None:
    stage = two()
    before = stage.join("ann", room="one", single=single)
    stage.conference.lose_node("ND_0", stage.now)

    ann = stage.join("ann", room="one", single=single)
    ben = stage.join("ben", room="one", single=single)

    assert ann.sid != before.sid
    assert ann.last("join").room.sid == before.last("join").room.sid
    assert ann.last("join").other_participants == []
    assert [p.identity for p in ben.last("join").other_participants] == ["ann"]
    assert node_of(ann) == node_of(ben) == "ND_1"
    assert " 7883 typ host" in sdp_of(ann)


def test_a_replacement_gets_rooms_and_what_the_lost_one_still_says_is_ignored() -> None:
    stage = Stage(nodes=[node(0)])
    before = stage.join("ann")
    stage.conference.lose_node("ND_0", stage.now)
    stage.drain()
    stage.conference.add_node(node(2))
    ann = stage.join("ann")

    with silence(ann):
        before.media(events.TransportState.CONNECTED)
        stage.tell(events.LayersChanged(before.sid, "TR_1", [2]))
    assert node_of(ann) == "ND_2"
    assert not [c for c in stage.sent_to["ND_2"] if getattr(c, "peer", "") == before.sid]


def test_without_any_node_joins_are_refused_until_there_is_one() -> None:
    stage = Stage(nodes=[node(0)])
    assert stage.conference.has_nodes
    stage.conference.lose_node("ND_0", stage.now)
    assert not stage.conference.has_nodes

    with pytest.raises(Refused) as refusal:
        stage.join("ann")
    assert refusal.value.status == 503
    assert stage.conference.rooms == {}
    stage.conference.add_node(node(1))
    assert node_of(stage.join("ann")) == "ND_1"


def test_a_resume_after_the_loss_leads_to_a_new_join() -> None:
    stage = two()
    ann = stage.join("ann")
    ann.connect()
    ann.lose_signal()
    stage.conference.lose_node("ND_0", stage.now)

    leave = ann.resume().last("leave")

    assert (leave.action, leave.reason) == (Action.RECONNECT, Reason.STATE_MISMATCH)


def test_a_join_that_the_loss_overtakes_begins_nothing() -> None:
    stage = two()
    visit = stage.visit("ann", join_request())
    session = stage.conference.join(stage.conference.admit(visit, stage.now), stage.now)
    stage.conference.lose_node("ND_0", stage.now)
    ben = stage.join("ben")

    with silence(ben):
        session.begin(stage.now)
        stage.drain()
    assert [m.WhichOneof("message") for m in session.take_messages()] == ["join", "leave"]


def test_a_room_that_nobody_comes_back_to_closes() -> None:
    stage = two()
    stage.join("ann")
    stage.conference.lose_node("ND_0", stage.now)
    assert "ward" in stage.conference.rooms

    stage.wait(20.1)

    assert stage.conference.rooms == {}
    assert stage.conference.next_timeout() is None


def test_a_node_that_was_never_there_can_be_lost() -> None:
    stage = two()
    ann = stage.join("ann")
    with silence(ann):
        stage.conference.lose_node("ND_9", stage.now)
