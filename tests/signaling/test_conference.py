from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from livekit.protocol import models, rtc

from sfu import commands, events
from signaling.admission import Admission, Nobody, Refused, Visit
from signaling.conference import Place
from signaling.config import IceServer, Limits, OwnRelay, RoomDefaults, SignalingConfig
from signaling.tokens import verify
from tests.signaling.stage import EPOCH, KEYS, Stage, join_request
from turn.credentials import Credentials

State = models.ParticipantInfo.State
Reason = models.DisconnectReason


def test_the_join_response_says_all_that_clients_need() -> None:
    stage = Stage()
    stage.join("ann", claims={"name": "Ann", "metadata": "m", "attributes": {"a": "1"}})
    bob = stage.join("bob")
    joined = bob.last("join")

    assert joined.room.name == "ward"
    assert joined.room.sid.startswith("RM_")
    assert joined.room.creation_time == int(EPOCH + 100)
    assert joined.participant.sid.startswith("PA_")
    assert joined.participant.state == State.JOINED
    assert joined.participant.permission.can_publish
    (ann,) = joined.other_participants
    assert (ann.identity, ann.name, ann.metadata) == ("ann", "Ann", "m")
    assert dict(ann.attributes) == {"a": "1"}
    assert joined.server_info.version == joined.server_version == "1.13.5"
    assert joined.server_info.node_id == "ND_test"
    assert joined.server_info.agent_protocol == 1
    assert (joined.ping_interval, joined.ping_timeout) == (5, 15)
    assert not joined.subscriber_primary
    assert [codec.mime for codec in joined.enabled_publish_codecs][:2] == [
        "video/VP8",
        "video/H264",
    ]
    assert list(joined.ice_servers) == []


def test_a_shared_secret_makes_everybody_a_password_for_another_s_relay(single: bool) -> None:
    urls = ("turns:turn.example:5349?transport=tcp",)
    server = IceServer(urls, secret="hush", ttl=60)
    stage = Stage(SignalingConfig(ice_servers=(server, IceServer(urls, "ann", "word"))))
    ann = stage.join("ann", single=single)

    given, fixed = ann.last("join").ice_servers
    (found,) = Credentials(secrets=["hush"]).passwords(given.username)
    assert (found.text, found.user) == (given.credential, ann.sid)
    assert found.expires == int(EPOCH + stage.now + 60)
    assert (fixed.username, fixed.credential) == ("ann", "word")
    assert "hush" not in repr(server)


def test_everybody_gets_a_password_of_its_own_for_our_relay() -> None:
    urls = ("turn:192.0.2.1:3478?transport=udp",)
    relay = OwnRelay(urls, "devkey", "hush", ttl=60)
    stage = Stage(SignalingConfig(relay=relay))
    ann, ben = stage.join("ann"), stage.join("ben")
    servers = [one.last("join").ice_servers[0] for one in (ann, ben)]

    assert [tuple(server.urls) for server in servers] == [urls, urls]
    assert servers[0].username != servers[1].username
    for one, server in zip((ann, ben), servers, strict=True):
        (found,) = Credentials(keys={"devkey": "hush"}).passwords(server.username)
        assert (found.text, found.user) == (server.credential, one.sid)
        assert found.expires == int(EPOCH + stage.now + 60)
    resumed = ann.resume().last("reconnect")
    assert resumed.ice_servers[0].urls == list(urls)
    assert "hush" not in repr(relay)


def test_firefox_on_linux_is_asked_not_to_publish_h264() -> None:
    stage = Stage()
    request = join_request()
    request.client_info.browser, request.client_info.os = "Firefox", "Linux"
    session = stage.enter(stage.visit("fox", request))
    configuration = session.take_messages()[0].join.client_configuration
    assert [c.mime for c in configuration.disabled_codecs.publish] == ["video/h264"]


def test_others_see_every_state_of_a_newcomer() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    bob.connect()
    bob.say(leave=rtc.LeaveRequest())

    states = [u.participants[0].state for u in ann.heard("update")]
    versions = [u.participants[0].version for u in ann.heard("update")]
    assert states == [State.JOINED, State.ACTIVE, State.DISCONNECTED]
    assert versions == sorted(set(versions))
    assert ann.participants()["bob"].disconnect_reason == Reason.CLIENT_INITIATED
    assert stage.sent(commands.RemovePeer) == [commands.RemovePeer(peer=bob.sid)]
    assert bob.session.is_over


def test_nobody_sees_the_hidden() -> None:
    stage = Stage()
    ann, eve = stage.join("ann"), stage.join("eve", hidden=True)
    eve.connect()
    eve.publish("mic", "audio")
    eve.say(leave=rtc.LeaveRequest())

    assert ann.participants() == {}
    assert [p.identity for p in eve.last("join").other_participants] == ["ann"]
    assert eve.last("join").room.num_participants == 1
    assert stage.sent(commands.AddPeer)[1].hidden


def test_the_same_identity_takes_the_place_of_the_old_session() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.publish("cam")
    bob.settle()
    bob.news()

    again = stage.join("ann")

    assert ann.last("leave").reason == Reason.DUPLICATE_IDENTITY
    assert ann.last("leave").action == rtc.LeaveRequest.Action.DISCONNECT
    assert ann.session.is_over
    assert again.sid != ann.sid
    assert bob.participants()["ann"].sid == again.sid
    told = [p.sid for u in bob.heard("update") for p in u.participants if p.state == 3]
    assert told == []
    assert [p.identity for p in again.last("join").other_participants] == ["bob"]


def test_an_older_client_is_told_that_the_old_session_left() -> None:
    stage = Stage()
    ann = stage.join("ann")
    old = stage.join("old", single=False, query={"protocol": "11"})
    stage.join("ann")
    assert [p.sid for u in old.heard("update") for p in u.participants if p.state == 3] == [ann.sid]


def test_a_full_room_refuses_and_a_recorder_finds_place() -> None:
    stage = Stage(SignalingConfig(room=RoomDefaults(max_participants=1)))
    ann = stage.join("ann")
    with pytest.raises(Refused, match=r"^room has exceeded its max participants$") as caught:
        stage.join("bob")
    assert caught.value.status == 503
    stage.join("camera", recorder=True)
    assert ann.last("join").room.max_participants == 1
    stage.join("ann")


def test_a_full_node_refuses() -> None:
    stage = Stage(SignalingConfig(limits=Limits(participants=1)))
    stage.join("ann")
    with pytest.raises(Refused, match=r"^node has reached its limit of participants$") as caught:
        stage.join("bob", room="other")
    assert caught.value.status == 503


def test_a_room_that_no_node_can_take_is_refused() -> None:
    with pytest.raises(Refused, match=r"^no media node is ready$") as caught:
        Stage(nodes=()).join("ann")
    assert caught.value.status == 503


def test_a_preset_that_nobody_made_is_refused() -> None:
    text = r"^unknown room configuration in create room request$"
    with pytest.raises(Refused, match=text) as caught:
        Stage().join("ann", claims={"room_preset": "none"})
    assert caught.value.status == 400


def test_a_token_can_shape_the_room_it_opens() -> None:
    stage = Stage()
    claims = {"room_config": {"departureTimeout": 5, "maxParticipants": 3, "metadata": "m"}}
    room = stage.join("ann", claims=claims).last("join").room
    assert (room.departure_timeout, room.max_participants, room.metadata) == (5, 3, "m")
    assert room.empty_timeout == 300


@pytest.mark.parametrize("value", [{"emptyTimeout": "soon"}, {"agents": 5}, {"emptyTimeout": -1}])
def test_a_room_configuration_that_is_none_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="invalid room configuration"):
        Stage().join("ann", claims={"room_config": value})


def test_an_empty_room_closes_after_a_while() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(leave=rtc.LeaveRequest())
    stage.wait(19.9)
    assert "ward" in stage.conference.rooms
    stage.wait(0.2)
    assert stage.conference.rooms == {}
    assert stage.conference.next_timeout() is None


def test_who_comes_back_in_time_finds_the_same_room() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(leave=rtc.LeaveRequest())
    stage.wait(10)
    again = stage.join("ann")
    again.connect()
    stage.wait(60)
    assert again.last("join").room.sid == ann.last("join").room.sid
    assert "ward" in stage.conference.rooms


def test_a_recorder_does_not_keep_a_room_open() -> None:
    stage = Stage()
    ann, camera = stage.join("ann"), stage.join("camera", recorder=True)
    camera.connect()
    ann.say(leave=rtc.LeaveRequest())
    stage.wait(20.1)
    assert camera.last("leave").reason == Reason.ROOM_CLOSED
    assert stage.conference.rooms == {}


def test_the_counts_of_a_room_are_told_now_and_then() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.connect()
    for number in range(3):
        stage.join(f"guest{number}")
    stage.wait(5.1)
    assert [u.room.num_participants for u in ann.heard("room_update")] == [4]


def test_a_fresh_token_comes_every_five_minutes() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.connect()
    stage.wait(301)
    first, second = ann.heard("refresh_token")
    assert verify(first, KEYS, EPOCH + stage.now).identity == "ann"
    assert (
        verify(second, KEYS, EPOCH + stage.now).expires
        >= verify(first, KEYS, EPOCH + stage.now).expires
    )


def test_shutting_down_is_told() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob", room="other")
    stage.conference.shut_down(stage.now)
    stage.drain()
    for client in (ann, bob):
        assert client.last("leave").reason == Reason.SERVER_SHUTDOWN
        assert client.session.is_over
    assert stage.conference.rooms == {}
    assert stage.conference.next_timeout() is None


def test_events_of_those_who_have_left_are_ignored() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(leave=rtc.LeaveRequest())
    for event in (
        events.TransportChanged(f"{ann.sid}/0", ann.sid, events.TransportState.FAILED),
        events.ChannelsOpened(f"{ann.sid}/0", ann.sid),
        events.TrackStarted(ann.sid, "TR_1", "video/vp8"),
        events.LayersChanged(ann.sid, "TR_1", [0]),
        events.SpeakersChanged("RM_1", []),
        events.QualityChanged("RM_1", []),
    ):
        stage.tell(event)
    assert stage.conference.take_ready() == []


def test_ready_sessions_are_named_once() -> None:
    stage = Stage()
    visit = stage.visit("ann", join_request())
    session = stage.conference.join(stage.conference.admit(visit, stage.now), stage.now)
    assert stage.conference.take_ready() == [session]
    assert stage.conference.take_ready() == []


def test_who_leaves_keeps_its_name_and_metadata_to_the_last() -> None:
    stage = Stage()
    ann = stage.join("ann")
    bob = stage.join("bob", claims={"name": "Bob", "metadata": "m"})
    bob.publish("mic", "audio")
    bob.say(leave=rtc.LeaveRequest())
    last = ann.participants()["bob"]
    assert (last.name, last.metadata, list(last.tracks)) == ("Bob", "m", [])


def test_what_is_remembered_of_the_departed_is_small() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.connect()
    ann.lose_signal()
    stage.join("bob", claims={"metadata": "m" * 100_000}).say(leave=rtc.LeaveRequest())
    gone = ann.resume().heard("update")[0].participants[0]
    assert (gone.identity, gone.metadata) == ("bob", "")


@pytest.mark.parametrize(
    ("claims", "grant"),
    [
        ({"kind": "agent"}, {}),
        ({}, {"agent": True}),
        ({"kind": "egress"}, {}),
        ({}, {"recorder": True}),
    ],
    ids=["agent", "agent by grant", "egress", "recorder"],
)
def test_helpers_neither_fill_a_room_nor_count_in_it(
    claims: dict[str, Any], grant: dict[str, Any]
) -> None:
    stage = Stage(SignalingConfig(room=RoomDefaults(max_participants=1)))
    stage.join("ann")
    helper = stage.join("helper", claims=claims, **grant)
    assert helper.last("join").room.num_participants == 1


def test_a_room_that_only_a_helper_has_entered_closes_like_an_empty_one() -> None:
    stage = Stage()
    helper = stage.join("helper", claims={"kind": "agent"})
    helper.connect()
    stage.wait(290)
    assert not helper.session.is_over
    stage.wait(20)
    assert helper.last("leave").reason == Reason.ROOM_CLOSED


def test_a_helper_does_not_prolong_a_room_that_was_left() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(leave=rtc.LeaveRequest())
    stage.wait(10)
    helper = stage.join("helper", claims={"kind": "agent"})
    helper.connect()
    stage.wait(11)
    assert helper.last("leave").reason == Reason.ROOM_CLOSED


@pytest.mark.parametrize(
    "recorder", [{"claims": {"kind": "egress"}}, {"recorder": True, "hidden": True}], ids=str
)
def test_everybody_hears_at_once_that_a_recording_begins_and_ends(recorder: dict[str, Any]) -> None:
    stage = Stage()
    ann = stage.join("ann")
    tape = stage.join("tape", **recorder)
    assert ann.last("room_update").room.active_recording
    tape.say(leave=rtc.LeaveRequest())
    assert not ann.last("room_update").room.active_recording


def test_a_recorder_gets_what_a_publisher_allows_nobody() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(subscription_permission=rtc.SubscriptionPermission())
    track = ann.publish("mic", "audio")
    tape = stage.join("tape", recorder=True, hidden=True)
    tape.settle()
    assert track in {s.track for s in stage.sent(commands.AddSubscription) if s.peer == tape.sid}


def test_who_leaves_is_told_that_it_is_out(single: bool) -> None:
    ann = Stage().join("ann", single=single)
    ann.say(leave=rtc.LeaveRequest(reason=Reason.CLIENT_INITIATED))
    assert ann.last("leave").reason == Reason.CLIENT_INITIATED
    assert ann.last("leave").action == rtc.LeaveRequest.Action.DISCONNECT
    assert ann.session.is_over


def test_who_leaves_may_say_why() -> None:
    for said, told in {
        Reason.USER_REJECTED: Reason.USER_REJECTED,
        Reason.USER_UNAVAILABLE: Reason.USER_UNAVAILABLE,
        Reason.AGENT_ERROR: Reason.AGENT_ERROR,
        Reason.SERVER_SHUTDOWN: Reason.CLIENT_INITIATED,
    }.items():
        stage = Stage()
        ann, bob = stage.join("ann"), stage.join("bob")
        ann.say(leave=rtc.LeaveRequest(reason=said))
        assert bob.participants()["ann"].disconnect_reason == told


def test_who_has_joined_hears_of_the_room_before_its_media_is_up() -> None:
    stage = Stage()
    ann = stage.join("ann")
    stage.wait(6)
    assert ann.heard("room_update")


def test_participants_are_where_the_node_is() -> None:
    stage = Stage(SignalingConfig(region="north"))
    assert stage.join("ann").last("join").participant.region == "north"


def test_joins_from_one_address_have_a_limit() -> None:
    stage = Stage(SignalingConfig(limits=Limits(joins_per_second=2, joins_burst=3)))

    def admit(source: str) -> None:
        visit = replace(stage.visit("ann", join_request()), source=source)
        stage.conference.admit(visit, stage.now)

    for _ in range(3):
        admit("192.0.2.1")
    with pytest.raises(Refused, match="too many joins from this address: try again in 1 s") as told:
        admit("192.0.2.1")
    assert told.value.status == 429
    admit("192.0.2.2")
    for _ in range(10):
        admit("127.0.0.1")
    stage.now += 0.5
    admit("192.0.2.1")


def test_a_refused_token_counts_as_well() -> None:
    stage = Stage(SignalingConfig(limits=Limits(joins_per_second=1, joins_burst=2)))
    visit = Visit(single=False, query={"access_token": "nonsense"}, source="192.0.2.1")
    statuses = []
    for _ in range(3):
        with pytest.raises(Refused) as told:
            stage.conference.admit(visit, stage.now)
        statuses.append(told.value.status)
    assert statuses == [401, 401, 429]


def test_an_operator_can_do_without_the_limit() -> None:
    stage = Stage(SignalingConfig(limits=Limits(joins_per_second=0)))
    visit = replace(stage.visit("ann", join_request()), source="192.0.2.1")
    for _ in range(1000):
        stage.conference.admit(visit, stage.now)


def test_a_participant_gets_no_more_tracks_than_it_may() -> None:
    limits = Limits(video_subscriptions=1, audio_subscriptions=1)
    stage = Stage(SignalingConfig(limits=limits))
    ann = stage.join("ann")
    first, second, voice = ann.publish("c1"), ann.publish("c2"), ann.publish("c3", "audio")
    ben = stage.join("ben")
    active = stage.conference.rooms["ward"].identities["ben"].subscriptions.active
    assert set(active) == {first, voice}

    ben.say(subscription=rtc.UpdateSubscription(track_sids=[first], subscribe=False))
    assert set(active) == {second, voice}


def test_a_node_with_many_tracks_takes_nobody() -> None:
    stage = Stage(SignalingConfig(limits=Limits(node_tracks=2)))
    ann = stage.join("ann")
    ann.publish("c1")
    ben = stage.join("ben")  # its subscription is the second

    with pytest.raises(Refused, match="reached configured limit for node") as refused:
        stage.join("cat")
    assert refused.value.status == 503
    ben.say(leave={})
    stage.join("cat")


def test_a_node_with_much_traffic_takes_nobody() -> None:
    stage = Stage(SignalingConfig(limits=Limits(node_bytes=1000)))
    stage.join("ann")
    stage.conference.traffic = 1000

    with pytest.raises(Refused, match="reached configured limit for node") as refused:
        stage.join("ben")
    assert refused.value.status == 503
    stage.conference.traffic = 999
    stage.join("ben")


def test_a_guard_is_asked_at_the_door_and_again_at_the_join() -> None:
    asked: list[tuple[str, set[str]]] = []
    closed: list[str] = []

    class Porter(Nobody):
        def check(self, admitted: Admission, present: Collection[str]) -> None:
            asked.append((admitted.claims.identity, set(present)))
            if admitted.claims.identity in closed:
                raise Refused(403, "not now")

    stage = Stage(guard=Porter())
    stage.join("ann")
    stage.join("rec", recorder=True)
    admitted = stage.conference.admit(stage.visit("ben"), stage.now)
    closed.append("ben")  # while a media node is waited for
    with pytest.raises(Refused, match="not now"):
        stage.conference.join(admitted, stage.now)
    closed.append("ann")
    with pytest.raises(Refused, match="not now"):
        stage.enter(stage.visit("ann", rtc.JoinRequest(reconnect=True)))

    assert asked == [
        ("ann", set()), ("ann", set()), ("rec", {"ann"}), ("rec", {"ann"}), ("ben", {"ann"}),
        ("ben", {"ann"}), ("ann", set()),
    ]  # fmt: skip


def test_a_participant_is_found_by_its_sid_while_it_is_there() -> None:
    stage = Stage()
    ann = stage.join("ann", claims={"attributes": {"role": "patient"}})

    assert stage.conference.locate(ann.sid) == Place("ward", "ann", {"role": "patient"})
    assert stage.conference.locate("PA_none") is None
