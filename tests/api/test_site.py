"""The page's files: who gets them, with which headers, and nothing beside them."""

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.middleware import App
from api.site import BUILT, Site, policy, wants_page
from tests.api.asgi import ask


@pytest.fixture
def app(tmp_path: Path) -> App:
    built = tmp_path / "built"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html>" + " " * 1000)
    (built / "assets" / "index-abc.js").write_text("run();")
    (tmp_path / "secret.txt").write_text("secret")
    return Starlette(routes=[Route("/{path:path}", Site(built).serve)])


def asks_for(accept: str) -> bool:
    return wants_page(Request({"type": "http", "headers": [(b"accept", accept.encode())]}))


def test_browsers_want_the_page_and_clients_do_not() -> None:
    assert asks_for("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    assert asks_for("application/json, text/html;q=0.5")
    assert not asks_for("*/*")
    assert not asks_for("")


def test_assets_are_kept_by_the_browser_for_good(app: App) -> None:
    answer = ask(app, "GET", "/assets/index-abc.js")

    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.body == b"run();"


def test_what_the_browser_has_is_not_sent_again(app: App) -> None:
    etag = ask(app, "GET", "/assets/index-abc.js").headers["etag"]
    answer = ask(app, "GET", "/assets/index-abc.js", headers={"If-None-Match": etag})

    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/index.html", "/nothing", "/../secret.txt", "/assets/../../secret.txt", "/assets"]
)
def test_nothing_else_is_there(app: App, path: str) -> None:
    assert ask(app, "GET", path).status == 404


def test_text_is_compressed_for_those_who_take_it(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>" * 1000)
    site = Site(tmp_path)

    async def root(request: Request) -> Response:
        return site.respond("/index.html", request)

    app = Starlette(routes=[Route("/", root)])
    answer = ask(app, "GET", "/", headers={"Accept-Encoding": "gzip, br"})

    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == ask(app, "GET", "/").body == b"<p>" * 1000


def test_the_policy_allows_nothing_inline_and_no_other_host() -> None:
    rules = dict(rule.split(" ", 1) for rule in policy("a.example:7880").split("; "))

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://a.example:7880 wss://a.example:7880"
    assert "unsafe" not in policy("a.example")


def test_a_strange_host_does_not_get_into_the_policy() -> None:
    assert "evil" not in policy("a; script-src evil.example")


def test_the_built_page_is_light() -> None:
    """What a browser gets in all until somebody can join, in the longest of its languages."""
    sizes = {
        path.name.partition("-")[0]: len(gzip.compress(path.read_bytes()))
        for path in (BUILT / "assets").glob("*.js")
    }
    languages = {name: sizes.pop(name) for name in ("es", "fr", "pseudo")}

    later = {"call", "calendar", "messages"}
    assert sizes.keys() >= later | {"index", "clinic"}
    assert sum(sizes.values()) + max(languages.values()) < 300_000  # bytes
    before_lobby = [size for name, size in sizes.items() if name not in later]
    assert sum(before_lobby) + max(languages.values()) < 100_000
