"""What is said to each provider, and how any answer is read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.providers import oauth
from api.rules.providers.adapters import Adapter, Draft, Made, in_utc
from api.rules.providers.exchange import (
    LONGEST_WAIT,
    SENTENCES,
    Answer,
    Flow,
    Request,
    Trouble,
    Unfulfilled,
    wait_in,
)
from api.rules.providers.google_meet import GoogleMeet
from api.rules.providers.microsoft_teams import MicrosoftTeams
from api.rules.providers.oauth import Client, Tokens
from api.rules.providers.zoom import Zoom

T = TypeVar("T")

NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)
KEY = UUID("0195602a-7c00-7000-8000-0123456789ab")
DRAFT = Draft(KEY, NOON, timedelta(minutes=20))
ADAPTERS: list[Adapter] = [GoogleMeet(), MicrosoftTeams(), Zoom()]
CLIENT = Client("id", "secret")
each = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: type(a).__name__)


def run(flow: Flow[T], *answers: Answer) -> tuple[T, list[Request]]:
    """What comes of it with these answers, and what was asked."""
    asked = [next(flow)]
    for answer in answers:
        try:
            asked.append(flow.send(answer))
        except StopIteration as done:
            return done.value, asked
    raise AssertionError(f"one more is asked: {asked[-1]}")


def ok(status: int = 200, **content: Any) -> Answer:
    return Answer(status, content)


MADE = {
    GoogleMeet: ok(id="e1", hangoutLink="https://meet.google.com/abc-defg-hij"),
    MicrosoftTeams: ok(201, id="m1", joinWebUrl="https://teams.microsoft.com/l/meetup-join/1"),
    Zoom: ok(201, id=81234567890, join_url="https://zoom.us/j/81234567890?pwd=x"),
}


@each
def test_one_is_made_with_nothing_but_a_time(adapter: Adapter) -> None:
    made, (request,) = run(adapter.make(DRAFT), MADE[type(adapter)])

    assert made.id
    assert made.link.startswith("https://")
    assert made.link not in repr(made)
    assert request.method == "POST"
    texts = [text for text in leaves(request.json) if not text.startswith("2027-03-04T12:")]
    known = {"Visit", "private", "hangoutsMeet", "UTC", KEY.hex, str(KEY), "2", "20"}
    assert set(texts) <= known


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in leaves(one)]
    return [str(value)]


@each
@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (401, Trouble.UNAUTHORIZED),
        (403, Trouble.REFUSED),
        (404, Trouble.GONE),
        (418, Trouble.REFUSED),
        (429, Trouble.RATE_LIMITED),
        (500, Trouble.BROKEN),
        (503, Trouble.BROKEN),
        (302, Trouble.GARBAGE),
        (100, Trouble.GARBAGE),
    ],
)
def test_what_an_answer_means(adapter: Adapter, status: int, trouble: Trouble) -> None:
    for flow in (adapter.make(DRAFT), adapter.move("x", DRAFT)):
        with pytest.raises(Unfulfilled) as raised:
            run(flow, Answer(status, {}, timedelta(seconds=9)))
        assert raised.value.trouble is trouble
        waits = trouble in (Trouble.RATE_LIMITED, Trouble.BROKEN)
        assert raised.value.wait == (timedelta(seconds=9) if waits else None)


@each
def test_what_is_not_there_any_more_is_cancelled(adapter: Adapter) -> None:
    for status in (204, 404):
        _, (request,) = run(adapter.cancel("a/b?c"), Answer(status))
        assert (request.method, request.json) == ("DELETE", None)
        assert request.url.endswith("/a%2Fb%3Fc")
    with pytest.raises(Unfulfilled, match="broken"):
        run(adapter.cancel("x"), Answer(500))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = [
    "id", "hangoutLink", "joinWebUrl", "join_url", "conferenceData", "createRequest", "status",
    "statusCode", "error", "errors", "reason", "access_token", "refresh_token", "token_type",
    "expires_in",
]  # fmt: skip
contents = st.dictionaries(st.sampled_from(NAMES) | st.text(), json_values, max_size=6)
any_answers = st.builds(Answer, st.integers(100, 599) | st.just(200) | st.just(201), contents)
FLOWS: list[Callable[[Adapter], Flow[Any]]] = [
    lambda a: a.make(DRAFT),
    lambda a: a.move("x", DRAFT),
    lambda a: a.cancel("x"),
    lambda a: oauth.refresh(a.grant, CLIENT, "r"),
    lambda a: oauth.exchange(a.grant, CLIENT, "c", "https://x.example/", "v"),
]


@given(st.sampled_from(ADAPTERS), st.sampled_from(FLOWS), st.lists(any_answers, max_size=8))
def test_any_answer_is_read_or_is_a_trouble(
    adapter: Adapter, make: Callable[[Adapter], Flow[Any]], answers: list[Answer]
) -> None:
    flow, found = make(adapter), None
    request = next(flow)
    try:
        for answer in answers:
            assert request.url.startswith("https://")
            request = flow.send(answer)
    except Unfulfilled as error:
        found = error
    except StopIteration as done:
        found = done.value
    assert found is None or isinstance(found, Made | Tokens | Unfulfilled)


@pytest.mark.parametrize(
    "link",
    [
        "http://zoom.us/j/1",
        "https://zoom.us.evil.example/j/1",
        "https://evilzoom.us/j/1",
        "https://zoom.us@evil.example/j/1",
        "https://user@zoom.us/j/1",
        "https://[::1/j/1",
        "javascript:alert(1)",
        "https://zoom.us/j/1 x",
        "https://zoom.us/j/1\n",
        "",
        None,
        7,
        "https://zoom.us/" + "x" * 5000,
    ],
)
def test_people_are_led_to_the_provider_alone(link: Any) -> None:
    with pytest.raises(Unfulfilled, match="garbage"):
        run(Zoom().make(DRAFT), ok(201, id=1, join_url=link))


def test_google_makes_it_once_though_it_is_asked_twice() -> None:
    google = GoogleMeet()
    event = MADE[GoogleMeet]
    made, asked = run(google.make(DRAFT), Answer(409), event)

    assert [request.method for request in asked] == ["POST", "GET"]
    assert asked[1].url.endswith(f"/{google.id_of(KEY)}")
    assert made.id == "e1"


def test_google_is_looked_at_until_it_has_a_link() -> None:
    pending = ok(conferenceData={"createRequest": {"status": {"statusCode": "pending"}}})
    made, asked = run(GoogleMeet().make(DRAFT), pending, pending, MADE[GoogleMeet])

    assert [request.method for request in asked] == ["POST", "GET", "GET"]
    assert [request.after > 0 for request in asked] == [False, True, True]
    assert made.link
    with pytest.raises(Unfulfilled, match="broken"):
        run(GoogleMeet().make(DRAFT), *[pending] * 4)


def test_google_says_in_two_ways_that_it_is_too_much() -> None:
    crowded = {"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}
    with pytest.raises(Unfulfilled, match="rate_limited"):
        run(GoogleMeet().make(DRAFT), Answer(403, crowded))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Thu, 04 Mar 2027 12:05:00 GMT", 300),
        ("2027-03-04T12:01:00Z", 60),
        ("2027-03-04T11:00:00Z", 0),
        ("999999999", LONGEST_WAIT.total_seconds()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT.total_seconds()),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    found = wait_in(header, NOON)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text())
def test_any_retry_after_is_read_or_passed_over(header: str) -> None:
    found = wait_in(header, NOON)
    assert found is None or timedelta() <= found <= LONGEST_WAIT


def test_a_token_without_a_way_to_renew_it_is_no_connection() -> None:
    grant = Zoom().grant
    short = ok(access_token="a", token_type="bearer", expires_in=3599)
    with pytest.raises(Unfulfilled, match="garbage"):
        run(oauth.exchange(grant, CLIENT, "c", "https://x.example/", "v"), short)
    tokens, _ = run(oauth.refresh(grant, CLIENT, "r"), short)
    assert (tokens.access, tokens.refresh, tokens.lifetime) == ("a", None, 3599)
    assert "a'" not in repr(tokens)


@pytest.mark.parametrize("lifetime", [None, "3599", True, -5, 10**9])
def test_a_lifetime_that_makes_no_sense_does_no_harm(lifetime: Any) -> None:
    answer = ok(access_token="a", token_type="Bearer", expires_in=lifetime)
    tokens, _ = run(oauth.refresh(Zoom().grant, CLIENT, "r"), answer)
    assert 60 <= tokens.lifetime <= 86_400


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_client"])
def test_who_is_not_known_any_more_has_to_connect_again(error: str) -> None:
    with pytest.raises(Unfulfilled, match="unauthorized"):
        run(oauth.refresh(Zoom().grant, CLIENT, "r"), Answer(400, {"error": error}))


def test_the_challenge_is_that_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_times_are_in_utc_and_whole_seconds() -> None:
    berlin = datetime.fromisoformat("2027-03-28T03:30:00.7+02:00")
    assert in_utc(berlin) == "2027-03-28T01:30:00Z"


def test_every_trouble_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(Trouble)
    for sentence in SENTENCES.values():
        assert "{name}" in sentence
