"""What holds for every request: slashes, sizes, origins."""

from api.middleware import (
    Receive,
    Scope,
    Send,
    collapse_slashes,
    limit_bodies,
    respond,
    share_with_origins,
)
from tests.api.asgi import ask


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the path and the length of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await respond(send, 200, f"{scope['path']} {size}")


def test_slashes_at_the_front_are_one() -> None:
    app = collapse_slashes(echo)

    assert ask(app, "GET", "//rtc/validate").body == b"/rtc/validate 0"
    assert ask(app, "GET", "/a//b").body == b"/a//b 0"


def test_a_body_within_the_limit_passes() -> None:
    assert ask(limit_bodies(echo, 10), "POST", "/", body=[b"12345", b"67890"]).body == b"/ 10"


def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    answer = ask(limit_bodies(echo, 10), "POST", "/", headers={"Content-Length": "11"})

    assert (answer.status, answer.body) == (413, b"request body too large")


def test_a_body_that_does_not_say_so_is_refused_when_it_is() -> None:
    answer = ask(limit_bodies(echo, 10), "POST", "/", body=[b"12345", b"67890", b"1", b"2"])

    assert (answer.status, answer.body) == (413, b"request body too large")


def test_pages_of_every_origin_may_read_livekits_answers() -> None:
    answer = ask(share_with_origins(echo), "GET", "/rtc", headers={"Origin": "https://b.example"})

    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "*"


def test_a_preflight_allows_what_it_asks_for() -> None:
    headers = {
        "Origin": "https://b.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = ask(share_with_origins(echo), "OPTIONS", "/twirp/x", headers=headers)

    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"
    assert answer.headers["access-control-allow-methods"] == (
        "OPTIONS, HEAD, GET, POST, PATCH, DELETE"
    )
    assert answer.headers["access-control-max-age"] == "86400"


def test_our_own_endpoints_are_for_our_own_page() -> None:
    headers = {"Origin": "https://b.example"}
    answer = ask(share_with_origins(echo), "POST", "/api/v1/rooms/token", headers=headers)

    assert "access-control-allow-origin" not in answer.headers
