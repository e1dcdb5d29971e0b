"""Which events are told to webhooks, and what is in them: as livekit-server 1.13.5 does."""

from livekit.protocol import models
from livekit.protocol.webhook import WebhookEvent

from signaling.config import RoomDefaults, SignalingConfig
from tests.signaling.stage import EPOCH, Stage


def stage(**room: bool) -> Stage:
    return Stage(SignalingConfig(tells_events=True, room=RoomDefaults(**room)))  # type: ignore[arg-type]


def told(stage: Stage) -> list[WebhookEvent]:
    return stage.conference.take_notices()


def names(stage: Stage) -> list[str]:
    return [event.event for event in told(stage)]


def test_a_call_from_beginning_to_end() -> None:
    here = stage()
    ann = here.join("ann")
    assert names(here) == ["room_started"]
    ann.connect()
    assert names(here) == ["participant_joined"]
    ann.publish("c1")
    assert names(here) == ["track_published"]
    ann.offers.stop("c1")
    ann.offer()
    assert names(here) == ["track_unpublished"]
    ann.publish("c2")
    ann.say(leave={})
    assert names(here) == ["track_published", "track_unpublished", "participant_left"]
    here.wait(30)
    assert names(here) == ["room_finished"]


def test_one_who_never_had_media_has_not_been_there() -> None:
    here = stage()
    ann = here.join("ann")
    told(here)
    ann.lose_signal()

    (event,) = told(here)
    assert event.event == "participant_connection_aborted"
    assert event.participant.state == models.ParticipantInfo.State.DISCONNECTED
    assert event.participant.disconnect_reason == models.DisconnectReason.SIGNAL_CLOSE


def test_tracks_are_not_told_before_their_publisher_is() -> None:
    here = stage()
    ann = here.join("ann")
    ann.publish("c1")
    assert names(here) == ["room_started"]
    ann.connect()
    assert names(here) == ["participant_joined", "track_published"]


def test_tracks_of_one_who_never_was_there_are_nobodys() -> None:
    here = stage()
    ann = here.join("ann")
    ann.publish("c1")
    ann.lose_signal()

    assert names(here) == ["room_started", "participant_connection_aborted"]


def test_a_resume_is_nobodys_business() -> None:
    here = stage()
    ann = here.join("ann")
    ann.connect()
    told(here)
    ann.lose_signal()
    ann.resume()

    assert told(here) == []


def test_the_same_identity_again_leaves_and_joins() -> None:
    here = stage()
    here.join("ann").connect()
    told(here)
    here.join("ann").connect()

    first, second = told(here)
    assert (first.event, second.event) == ("participant_left", "participant_joined")
    assert first.participant.disconnect_reason == models.DisconnectReason.DUPLICATE_IDENTITY


def test_rooms_and_participants_are_told_in_full() -> None:
    here = stage()
    ann = here.join("ann", claims={"metadata": "m"})
    ann.connect()
    started, joined = told(here)

    assert started.room.sid == joined.room.sid
    assert started.room.empty_timeout == 300
    assert joined.participant.metadata == "m"
    assert joined.participant.state == models.ParticipantInfo.State.ACTIVE
    assert joined.created_at == int(EPOCH + here.now)
    assert len({started.id, joined.id}) == 2
    assert joined.id.startswith("EV_")


def test_tracks_are_told_with_the_names_alone() -> None:
    here = stage()
    ann = here.join("ann", claims={"metadata": "m"})
    ann.connect()
    told(here)
    sid = ann.publish("c1")
    (event,) = told(here)

    assert event.track.sid == sid
    assert event.room == models.Room(sid=event.room.sid, name="ward")
    assert event.participant == models.ParticipantInfo(sid=ann.sid, identity="ann")


def test_tracks_can_have_the_whole_room() -> None:
    here = stage(full_in_events=True)
    ann = here.join("ann")
    ann.connect()
    told(here)
    ann.publish("c1")

    assert told(here)[0].room.empty_timeout == 300


def test_the_count_is_right_when_somebody_leaves() -> None:
    here = stage()
    ann, ben = here.join("ann"), here.join("ben")
    ann.connect()
    ben.connect()
    told(here)
    ann.say(leave={})

    assert told(here)[0].room.num_participants == 1


def test_nothing_is_kept_when_nobody_wants_it() -> None:
    here = Stage()
    here.join("ann").connect()

    assert told(here) == []


def test_nothing_is_told_of_the_quiet_room() -> None:
    here = Stage(SignalingConfig(tells_events=True, quiet_room="quiet"))
    ann = here.join("ann", room="quiet")
    ann.connect()
    ann.publish("c1")
    ann.say(leave={})
    here.wait(30)

    assert names(here) == []
