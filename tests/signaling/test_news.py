"""Coming and going in a large room."""

from livekit.protocol import models, rtc

from signaling.news import LARGE
from tests.signaling.stage import Client, Stage, silence

State = models.ParticipantInfo.State


def lecture() -> tuple[Stage, list[Client]]:
    """So many that news are told together, all of them connected and told of each other."""
    stage = Stage()
    people = [stage.join(f"p{number}") for number in range(LARGE + 1)]
    for one in people:
        one.connect()
    stage.wait(20)
    for one in people:
        one.news()
    return stage, people


def updates(client: Client) -> list[list[tuple[str, int]]]:
    return [[(p.identity, p.state) for p in u.participants] for u in client.heard("update")]


def test_many_who_come_are_one_message() -> None:
    stage, people = lecture()
    before = len(updates(people[0]))

    with silence(*people):
        for name in ("ann", "bob", "cat"):
            stage.join(name).connect()
    stage.wait(0.6)

    assert updates(people[0])[before:] == [
        [("ann", State.ACTIVE), ("bob", State.ACTIVE), ("cat", State.ACTIVE)]
    ]


def test_who_comes_and_goes_meanwhile_has_gone() -> None:
    """Somebody may have seen it in a snapshot."""
    stage, people = lecture()
    ann = stage.join("ann")
    late = stage.join("late")
    ann.say(leave=rtc.LeaveRequest())
    assert "ann" in {p.identity for p in late.last("join").other_participants}
    stage.wait(0.6)
    for one in (late, people[0]):
        assert one.participants()["ann"].state == State.DISCONNECTED


def test_publishers_come_and_go_at_once() -> None:
    stage, people = lecture()
    ann = stage.join("ann")
    ann.connect()
    track = ann.publish("mic", "audio")
    assert [t.sid for t in people[0].participants()["ann"].tracks] == [track]
    ann.say(leave=rtc.LeaveRequest())
    assert people[0].participants()["ann"].state == State.DISCONNECTED
    stage.wait(0.6)
    assert people[0].participants()["ann"].state == State.DISCONNECTED


def test_what_somebody_says_of_itself_is_told_at_once_and_not_undone() -> None:
    stage, people = lecture()
    ann = stage.join("ann", can_update_own_metadata=True)
    ann.say(update_metadata=rtc.UpdateParticipantMetadata(name="Ann"))
    assert people[0].participants()["ann"].name == "Ann"
    stage.wait(0.6)
    assert people[0].participants()["ann"].name == "Ann"


def test_who_becomes_active_hears_it_at_once() -> None:
    stage, _ = lecture()
    ann = stage.join("ann")
    ann.connect()
    assert updates(ann) == [[("ann", State.ACTIVE)]]


def test_the_place_of_an_identity_is_taken_at_once() -> None:
    stage, people = lecture()
    stage.join("p1")
    old = next(p for p in people if p.last("join").participant.identity == "p1")
    assert old.last("leave").reason == models.DisconnectReason.DUPLICATE_IDENTITY
    stage.wait(0.6)
    seen = people[0].participants()["p1"]
    assert seen.sid != old.sid
    assert seen.state == State.JOINED


def test_a_small_room_hears_everything_at_once() -> None:
    stage = Stage()
    ann = stage.join("ann")
    bob = stage.join("bob")
    bob.connect()
    assert updates(ann)[-2:] == [[("bob", State.JOINED)], [("bob", State.ACTIVE)]]


def test_news_end_with_their_room() -> None:
    stage, people = lecture()
    stage.join("ann")
    stage.conference.rooms["ward"].close(stage.now)
    stage.wait(1)
    assert people[0].news()[-1] == "leave"
