"""Rooms by the server API: made, listed, changed, ended."""

from typing import Any

from livekit.protocol import models, room, rtc
from livekit.protocol.agent_dispatch import RoomAgentDispatch

from sfu.commands import AddSubscription
from sfu.extensions import PLAYOUT_DELAY
from sfu.media import PlayoutDelay
from signaling.config import RoomDefaults, SignalingConfig
from signaling.roomsettings import asked_by_token, room_settings
from tests.signaling.administration.asking import ask, refused
from tests.signaling.browser import Offers
from tests.signaling.stage import Stage

PRESETS = {"small": room.RoomConfiguration(max_participants=2, metadata="preset")}


def with_presets() -> Stage:
    return Stage(SignalingConfig(room=RoomDefaults(presets=PRESETS)))


def names(stage: Stage, *wanted: str) -> list[str]:
    listed = ask(stage, "ListRooms", room.ListRoomsRequest(names=wanted))
    return [each.name for each in listed.rooms]


def test_a_room_is_made_as_asked_for() -> None:
    stage = Stage()
    request = room.CreateRoomRequest(
        name="ward",
        empty_timeout=60,
        departure_timeout=5,
        max_participants=3,
        metadata="m",
        min_playout_delay=100,
        agents=[RoomAgentDispatch(agent_name="scribe")],
    )

    made = ask(stage, "CreateRoom", request)

    assert made.sid.startswith("RM_")
    assert (made.empty_timeout, made.departure_timeout, made.max_participants) == (60, 5, 3)
    assert made.metadata == "m"
    assert [a.agent_name for a in stage.conference.rooms["ward"].settings.agents] == ["scribe"]


def test_a_room_that_is_there_stays_as_it_is() -> None:
    stage = Stage()
    first = ask(stage, "CreateRoom", room.CreateRoomRequest(name="ward", metadata="m"))
    again = ask(stage, "CreateRoom", room.CreateRoomRequest(name="ward", metadata="other"))

    assert again == first


def test_a_join_finds_the_room_that_was_made() -> None:
    stage = Stage()
    made = ask(stage, "CreateRoom", room.CreateRoomRequest(name="ward", metadata="m"))

    joined = stage.join("ann").last("join").room

    assert (joined.sid, joined.metadata) == (made.sid, "m")


def test_a_room_nobody_enters_ends_after_its_time() -> None:
    stage = Stage()
    ask(stage, "CreateRoom", room.CreateRoomRequest(name="ward", empty_timeout=60))
    stage.wait(59)
    assert names(stage) == ["ward"]
    stage.wait(2)
    assert names(stage) == []


def test_a_preset_gives_what_the_request_does_not() -> None:
    stage = with_presets()
    asked = room.CreateRoomRequest(name="ward", room_preset="small", metadata="mine")
    made = ask(stage, "CreateRoom", asked)

    assert (made.max_participants, made.metadata) == (2, "mine")


def test_a_token_can_name_a_preset() -> None:
    joined = with_presets().join("ann", claims={"room_preset": "small"}).last("join").room

    assert (joined.max_participants, joined.metadata) == (2, "preset")


def test_a_preset_that_nobody_made() -> None:
    asked = room.CreateRoomRequest(name="ward", room_preset="large")

    assert refused(with_presets(), "CreateRoom", asked) == (
        "invalid_argument",
        "unknown room configuration in create room request",
    )


def test_a_room_that_shall_be_recorded_is_refused_at_once() -> None:
    asked = room.CreateRoomRequest(name="ward", egress=room.RoomEgress())

    assert refused(Stage(), "CreateRoom", asked) == (
        "internal",
        "egress not connected (redis required)",
    )


def test_without_a_media_node() -> None:
    asked = room.CreateRoomRequest(name="ward")

    assert refused(Stage(nodes=()), "CreateRoom", asked)[0] == "unavailable"


def test_rooms_are_listed_by_name() -> None:
    stage = Stage()
    for name in ("a", "b", "c"):
        ask(stage, "CreateRoom", room.CreateRoomRequest(name=name))

    assert names(stage) == ["a", "b", "c"]
    assert names(stage, "c", "a", "x") == ["a", "c"]


def test_a_deleted_room_says_goodbye() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ask(stage, "DeleteRoom", room.DeleteRoomRequest(room="ward"))

    told = ann.last("leave")
    assert told.reason == models.DisconnectReason.ROOM_DELETED
    assert told.action == rtc.LeaveRequest.Action.DISCONNECT
    assert names(stage) == []


def test_a_room_that_is_not_there() -> None:
    stage, missing = Stage(), ("not_found", "requested room does not exist")

    assert refused(stage, "DeleteRoom", room.DeleteRoomRequest(room="ward")) == missing
    changed = room.UpdateRoomMetadataRequest(room="ward", metadata="m")
    assert refused(stage, "UpdateRoomMetadata", changed) == missing
    assert refused(stage, "SendData", room.SendDataRequest(room="ward")) == missing


def test_everybody_hears_of_new_metadata() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.connect()
    ann.news()

    answer = ask(
        stage, "UpdateRoomMetadata", room.UpdateRoomMetadataRequest(room="ward", metadata="m")
    )

    assert answer.metadata == "m"
    assert ann.last("room_update").room.metadata == "m"


def test_streams_of_one_publisher_can_be_played_in_step() -> None:
    stage = Stage()
    ask(stage, "CreateRoom", room.CreateRoomRequest(name="ward", sync_streams=True))
    ann = stage.join("ann")
    ann.publish("c1")
    ann.publish("c2", "audio")
    ben = stage.join("ben")
    ben.settle()
    names = {c.cname for c in stage.sent(AddSubscription) if c.peer == ben.sid}

    assert names == {f"{ann.sid}|camera"}
    assert f"a=msid:{ann.sid}|camera TR_" in ben.last("answer").sdp


def test_viewers_can_be_asked_to_hold_pictures_back() -> None:
    stage = Stage()
    ask(stage, "CreateRoom", room.CreateRoomRequest(name="ward", min_playout_delay=200))
    stage.join("ann").publish("c1")
    stage.join("ben").settle()

    [command] = stage.sent(AddSubscription)
    assert command.delay == PlayoutDelay(200, 0)
    assert PLAYOUT_DELAY in command.extensions


def test_the_request_counts_over_the_preset_and_that_over_the_file() -> None:
    preset = room.RoomConfiguration(min_playout_delay=100, max_playout_delay=300)
    defaults = RoomDefaults(playout_delay=PlayoutDelay(1, 2), presets={"slow": preset})

    def asked(**fields: Any) -> PlayoutDelay | None:
        return room_settings(defaults, room.CreateRoomRequest(**fields)).playout_delay

    assert asked() == PlayoutDelay(1, 2)
    assert asked(room_preset="slow") == PlayoutDelay(100, 300)
    assert asked(room_preset="slow", max_playout_delay=400) == PlayoutDelay(100, 400)
    token = asked_by_token("ward", "", {"minPlayoutDelay": 5})
    assert room_settings(defaults, token).playout_delay == PlayoutDelay(5, 0)


def test_firefox_gets_a_stream_for_each_track() -> None:
    stage = Stage(SignalingConfig(room=RoomDefaults(sync_streams=True)))
    ann = stage.join("ann")
    sids = {ann.publish("c1"), ann.publish("c2", "audio")}
    info = models.ClientInfo(sdk="JS", protocol=17, browser="Firefox")
    settings = rtc.ConnectionSettings(auto_subscribe=True)
    offers = Offers()
    request = rtc.JoinRequest(client_info=info, connection_settings=settings)
    request.publisher_offer.CopyFrom(rtc.SessionDescription(type="offer", sdp=offers.sdp(), id=1))
    stage.enter(stage.visit("ben", request))

    names = {c.cname for c in stage.sent(AddSubscription)}
    assert names == {f"{ann.sid}|{sid}" for sid in sids}


def test_the_quiet_room_is_in_no_list() -> None:
    stage = Stage(SignalingConfig(quiet_room="quiet"))
    for name in ("ward", "quiet"):
        ask(stage, "CreateRoom", room.CreateRoomRequest(name=name))

    assert names(stage) == ["ward"]
    assert names(stage, "quiet") == []
