from typing import Any

from livekit.protocol import rtc

from signaling.messages import Reason
from signaling.tokens import verify
from tests.signaling.stage import EPOCH, KEYS, Client, Stage


def update(client: Client, **fields: Any) -> None:
    client.say(update_metadata=rtc.UpdateParticipantMetadata(request_id=7, **fields))


def pair(**grant: Any) -> tuple[Stage, Client, Client]:
    stage = Stage()
    ann = stage.join("ann", can_update_own_metadata=True, **grant)
    bob = stage.join("bob")
    ann.news(), bob.news()
    return stage, ann, bob


def test_a_change_is_told_and_confirmed_and_in_the_next_token() -> None:
    stage, ann, bob = pair(claims={"attributes": {"old": "1", "gone": "1"}})
    update(ann, name="Ann", metadata="m", attributes={"new": "2", "gone": ""})

    assert ann.news() == ["update", "refresh_token", "request_response"]
    assert (ann.last("request_response").reason, ann.last("request_response").request_id) == (0, 7)
    seen = bob.participants()["ann"]
    assert (seen.name, seen.metadata) == ("Ann", "m")
    assert dict(seen.attributes) == {"old": "1", "new": "2"}
    token = verify(ann.last("refresh_token"), KEYS, EPOCH + stage.now)
    assert (token.name, token.metadata) == ("Ann", "m")


def test_what_is_empty_stays_as_it_was() -> None:
    _, ann, bob = pair(claims={"name": "Ann"})
    update(ann, metadata="m")
    assert bob.participants()["ann"].name == "Ann"


def test_a_request_that_changes_nothing_is_confirmed_and_told_to_nobody() -> None:
    _, ann, bob = pair(claims={"name": "Ann", "attributes": {"a": "1"}})
    update(ann)
    update(ann, name="Ann", attributes={"a": "1", "b": ""})
    assert ann.news() == ["request_response", "request_response"]
    assert ann.last("request_response").reason == Reason.OK
    assert bob.news() == []


def test_without_permission_nothing_changes() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    bob.news()
    update(ann, metadata="m")
    answer = ann.last("request_response")
    assert answer.reason == Reason.NOT_ALLOWED
    assert answer.message == "does not have permission to update own metadata"
    assert bob.news() == []


def test_sizes_have_limits() -> None:
    _, ann, bob = pair()
    excesses: dict[str, dict[str, Any]] = {
        "name length": {"name": "n" * 257},
        "metadata size": {"metadata": "m" * (512 * 1024 + 1)},
        "attributes size": {"attributes": {"a": "x" * 65536}},
    }
    for what, fields in excesses.items():
        update(ann, **fields)
        answer = ann.last("request_response")
        assert answer.reason == Reason.LIMIT_EXCEEDED
        assert answer.message == f"exceeds {what} limit"
        assert answer.ByteSize() < 1000
    assert bob.news() == []


def test_the_request_goes_back_with_its_answer() -> None:
    _, ann, _ = pair()
    update(ann, name="Ann")
    assert ann.last("request_response").update_metadata.name == "Ann"


def test_a_flood_of_changes_is_refused() -> None:
    _, ann, bob = pair()
    for number in range(200):
        update(ann, metadata=str(number))
    assert ann.last("request_response").reason == Reason.LIMIT_EXCEEDED
    assert len(bob.news()) <= 40


def test_older_clients_hear_of_refusals_only() -> None:
    stage = Stage()
    old = stage.join("old", single=False, query={"protocol": "14"}, can_update_own_metadata=True)
    update(old, metadata="m")
    assert old.heard("request_response") == []
    update(old, name="n" * 257)
    assert len(old.heard("request_response")) == 1
