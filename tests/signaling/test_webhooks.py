"""Delivery of webhooks: signed, in order, repeated, and given up in the end."""

import hashlib
import json
from base64 import b64encode

import jwt
import pytest
from livekit.protocol import models
from livekit.protocol.webhook import WebhookEvent

from signaling.webhooks import MAX_IN_FLIGHT, MAX_WAITING, Post, WebhookConfig, Webhooks

EPOCH = 1_790_000_000.0
SECRET = "s" * 32
A, B = "https://a.example/hook?token=x", "https://b.example/hook"


def event(number: int = 1, room: str = "ward", name: str = "room_started") -> WebhookEvent:
    return WebhookEvent(
        event=name, id=f"EV_{number}", created_at=7, room=models.Room(sid="RM_1", name=room)
    )


def webhooks(*urls: str, **rest: frozenset[str]) -> Webhooks:
    return Webhooks(WebhookConfig(urls or (A,), "APIkey", SECRET, **rest), EPOCH)


def ids(posts: list[Post]) -> list[str]:
    return [json.loads(post.body)["id"] for post in posts]


def answer(core: Webhooks, posts: list[Post], status: int, now: float = 0.0) -> None:
    for post in posts:
        core.receive(post.number, status, "" if status else "refused", now)


def test_a_post_is_signed() -> None:
    core = webhooks()
    core.add([event()], 0.0)
    (post,) = core.take_posts(10.0)

    claims = jwt.decode(
        post.headers["Authorization"],
        SECRET,
        ["HS256"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["iss"] == "APIkey"
    assert claims["exp"] == EPOCH + 310
    assert claims["sha256"] == b64encode(hashlib.sha256(post.body).digest()).decode()
    assert post.headers["Content-Type"] == "application/webhook+json"
    assert SECRET not in repr(core._config)


def test_bodies_are_brief_and_in_camel_case() -> None:
    core = webhooks()
    core.add([event()], 0.0)
    (post,) = core.take_posts(0.0)

    assert json.loads(post.body) == {
        "event": "room_started",
        "room": {"sid": "RM_1", "name": "ward"},
        "id": "EV_1",
        "createdAt": "7",
    }


def test_events_of_a_room_go_one_after_the_other() -> None:
    core = webhooks()
    core.add([event(1), event(2), event(3, room="other")], 0.0)
    first = core.take_posts(0.0)
    assert ids(first) == ["EV_1", "EV_3"]
    assert core.take_posts(0.0) == []
    answer(core, first, 200)
    assert ids(core.take_posts(0.0)) == ["EV_2"]


def test_every_address_gets_all_at_its_own_pace() -> None:
    core = webhooks(A, B)
    core.add([event(1), event(2)], 0.0)
    first = core.take_posts(0.0)
    assert {post.url for post in first} == {A, B}
    answer(core, [post for post in first if post.url == B], 204)

    assert [post.url for post in core.take_posts(0.0)] == [B]


@pytest.mark.parametrize("status", [0, 500, 503, 429, 408])
def test_what_may_work_later_is_repeated_before_all_that_follows(status: int) -> None:
    core = webhooks()
    core.add([event(1), event(2)], 0.0)
    answer(core, core.take_posts(0.0), status, now=0.0)
    assert core.take_posts(0.9) == []
    assert core.next_timeout() == 1.0
    core.handle_timeout(1.0)

    again = core.take_posts(1.0)
    assert ids(again) == ["EV_1"]
    answer(core, again, 200, now=1.0)
    assert ids(core.take_posts(1.0)) == ["EV_2"]


def test_waits_grow_to_half_a_minute_and_end_after_five() -> None:
    core = webhooks()
    core.add([event()], 0.0)
    now, waits = 0.0, []
    while posts := core.take_posts(now):
        answer(core, posts, 503, now)
        if (when := core.next_timeout()) is None:
            break
        waits.append(when - now)
        core.handle_timeout(now := when)

    assert waits[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert 270 < now <= 300
    (dead,) = core.take_dead()
    assert (dead.id, dead.reason, dead.attempts) == ("EV_1", "status 503", len(waits) + 1)
    assert core.is_idle


@pytest.mark.parametrize("status", [301, 400, 401, 404])
def test_what_will_never_work_is_given_up(status: int) -> None:
    core = webhooks()
    core.add([event(1), event(2)], 0.0)
    answer(core, core.take_posts(0.0), status)

    (dead,) = core.take_dead()
    assert (dead.id, dead.reason) == ("EV_1", f"status {status}")
    assert ids(core.take_posts(0.0)) == ["EV_2"]


def test_the_record_of_the_dead_names_nobody() -> None:
    core = webhooks()
    full = WebhookEvent(
        event="participant_joined",
        room=models.Room(sid="RM_1", name="ann-brown"),
        participant=models.ParticipantInfo(
            sid="PA_1", identity="ann-brown", name="Ann Brown", metadata="flu"
        ),
    )
    core.add([full], 0.0)
    answer(core, core.take_posts(0.0), 404)
    (dead,) = core.take_dead()

    assert (dead.room, dead.participant, dead.url) == ("RM_1", "PA_1", "https://a.example/hook")
    assert not any(secret in repr(dead).lower() for secret in ("brown", "flu", "token"))


def test_a_receiver_that_sleeps_is_given_up_little_by_little() -> None:
    core = webhooks()
    core.add([event(number) for number in range(MAX_WAITING + 2)], 0.0)

    assert [dead.reason for dead in core.take_dead()] == ["too many are waiting"] * 2


def test_one_address_has_a_few_posts_at_a_time() -> None:
    core = webhooks()
    core.add([event(n, room=f"room-{n}") for n in range(MAX_IN_FLIGHT + 1)], 0.0)
    first = core.take_posts(0.0)
    assert len(first) == MAX_IN_FLIGHT
    answer(core, first[:1], 200)

    assert ids(core.take_posts(0.0)) == [f"EV_{MAX_IN_FLIGHT}"]


def test_only_events_that_are_wanted() -> None:
    both = [event(1, name="room_started"), event(2, name="track_published")]
    only = webhooks(include=frozenset({"room_started"}), exclude=frozenset({"room_started"}))
    but = webhooks(exclude=frozenset({"room_started"}))
    for core in (only, but):
        core.add(both, 0.0)

    assert ids(only.take_posts(0.0)) == ["EV_1"]
    assert ids(but.take_posts(0.0)) == ["EV_2"]


def test_at_the_end_the_rest_is_given_up_and_late_answers_do_no_harm() -> None:
    core = webhooks()
    core.add([event(1), event(2)], 0.0)
    posts = core.take_posts(0.0)
    core.abandon("the server has ended")
    answer(core, posts, 503)

    assert [dead.id for dead in core.take_dead()] == ["EV_1", "EV_2"]
    assert core.is_idle
