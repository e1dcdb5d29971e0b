"""Which part of the server answers what."""

from pathlib import Path

import pytest

from api import site
from api.app import assemble
from api.health import STALE, Health, Phase
from api.metrics.exposition import Metrics
from api.middleware import App, Receive, Scope, Send, respond
from tests.api.asgi import ask
from tests.api.planning import make

BROWSER = {"Accept": "text/html"}
NO_METRICS = Metrics(lambda: [])


async def signaling(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, f"signaling {scope['path']}")


async def twirp(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, f"twirp {scope['path']}")


@pytest.fixture
def health() -> Health:
    health = Health()
    health.phase = Phase.SERVING
    return health


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(site.Site.__init__, "__defaults__", (tmp_path,))
    return tmp_path


@pytest.fixture
def app(built: Path, health: Health) -> App:
    (built / "index.html").write_text("<!doctype html>")
    return assemble(make(), signaling, twirp, health, NO_METRICS)


@pytest.mark.parametrize("path", ["/rtc", "/rtc/v1", "/rtc/validate", "//rtc/v1/validate"])
def test_signaling_answers_its_paths(app: App, path: str) -> None:
    assert ask(app, "GET", path).body.startswith(b"signaling /rtc")


def test_the_server_api_has_its_paths(app: App) -> None:
    path = "/twirp/livekit.RoomService/ListRooms"

    assert ask(app, "POST", path).body == f"twirp {path}".encode()


def test_a_browser_gets_the_page_and_others_get_ok(app: App) -> None:
    assert ask(app, "GET", "/").body == b"OK"
    assert ask(app, "GET", "/", headers={"Accept": "*/*"}).body == b"OK"
    assert ask(app, "GET", "/", headers=BROWSER).body == b"<!doctype html>"


def test_the_page_has_its_policies(app: App) -> None:
    headers = ask(app, "GET", "/", headers=BROWSER).headers
    rules = dict(
        rule.split(" ", 1) for rule in headers["content-security-policy"].split("; ") if " " in rule
    )

    assert rules.pop("connect-src") == "'self' ws://a.example:7880 wss://a.example:7880"
    assert rules.pop("report-uri") == "/csp-reports"
    assert rules.pop("require-trusted-types-for") == "'script'"
    assert rules.pop("media-src") == "'self' blob:"
    assert set(rules.values()) == {"'none'", "'self'"}  # nobody else's, and nothing inline
    assert {"default-src", "base-uri", "form-action", "frame-ancestors"} == {
        name for name, value in rules.items() if value == "'none'"
    }
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "microphone=(self)" in headers["permissions-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/rtcx", "/nothing", "/settings/regions"])
def test_other_paths_are_not_there(app: App, path: str) -> None:
    assert ask(app, "GET", path).status == 404


def test_a_method_that_a_path_does_not_have(app: App) -> None:
    assert ask(app, "GET", "/api/v1/rooms/token").status in (404, 405)
    assert ask(app, "POST", "/").status == 405


def test_a_server_that_ends_says_so(app: App, health: Health) -> None:
    health.phase = Phase.ENDING
    answer = ask(app, "GET", "/", headers=BROWSER)

    assert (answer.status, answer.body) == (406, b"Not Ready\nNode is ending")


def test_a_server_that_hangs_says_so(
    app: App, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_beat", health._beat - STALE - 1)

    assert ask(app, "GET", "/").status == 406


def test_without_a_built_page_the_rest_works(built: Path, health: Health) -> None:
    app = assemble(make(), signaling, twirp, health, NO_METRICS)

    assert ask(app, "GET", "/").body == b"OK"
    assert ask(app, "GET", "/", headers=BROWSER).status == 503


def test_a_body_beyond_the_limit_is_refused_on_every_path(app: App) -> None:
    headers = {"Content-Length": str(10 * 1024 * 1024 + 1)}

    for path in ("/rtc/validate", "/api/v1/rooms/token", "/"):
        assert ask(app, "POST", path, headers=headers).status == 413
