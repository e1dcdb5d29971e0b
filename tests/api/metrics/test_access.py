"""Who is shown the metrics, and who is not."""

import base64
import logging

import pytest
from starlette.applications import Starlette

from api.metrics import exposition
from api.metrics.access import neighbour_route, scraper_route
from api.metrics.exposition import Metrics
from api.middleware import App
from api.schema import Prometheus
from sfu.stats import NodeStats
from tests.api.asgi import Answer, ask

LOCAL = {"host": "127.0.0.1:7880"}
LOCKED = Prometheus(port=1, username="scraper", password="p:ä")


class Node:
    async def stats(self) -> NodeStats:
        return NodeStats(node="ND_1", rooms=3)


class Dead:
    async def stats(self) -> NodeStats:
        raise ConnectionResetError


METRICS = Metrics(lambda: [Node()])


@pytest.fixture
def neighbours() -> App:
    return Starlette(routes=[neighbour_route(METRICS)])


def scraper(settings: Prometheus) -> App:
    return Starlette(routes=[scraper_route(METRICS, settings)])


def basic(credentials: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


def is_told(answer: Answer) -> bool:
    return answer.status == 200 and b'livekit_room_total{node="ND_1"} 3.0' in answer.body


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("127.0.0.1", "127.0.0.1:7880"),
        ("127.0.0.1", "localhost:7880"),
        ("127.8.9.1", "localhost"),
        ("::1", "[::1]:7880"),
        ("::ffff:127.0.0.1", "localhost"),
    ],
)
def test_this_machine_is_told(neighbours: App, client: str, host: str) -> None:
    assert is_told(ask(neighbours, "GET", "/metrics", client=client, headers={"host": host}))


@pytest.mark.parametrize("client", ["192.0.2.1", "10.0.0.1", "fe80::1", "::ffff:192.0.2.1", ""])
def test_other_machines_are_not(neighbours: App, client: str) -> None:
    answer = ask(neighbours, "GET", "/metrics", client=client, headers=LOCAL)

    assert answer.status == 403
    assert b"prometheus.port" in answer.body
    assert b"livekit" not in answer.body


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "Via"],
)
def test_nor_is_whoever_comes_through_a_proxy(neighbours: App, header: str) -> None:
    headers = {**LOCAL, header: "127.0.0.1"}

    assert ask(neighbours, "GET", "/metrics", client="127.0.0.1", headers=headers).status == 403


@pytest.mark.parametrize("host", ["clinic.example", "127.0.0.1.evil.example", "", "["])
def test_nor_is_whoever_asked_for_another_name(neighbours: App, host: str) -> None:
    headers = {"host": host}

    assert ask(neighbours, "GET", "/metrics", client="127.0.0.1", headers=headers).status == 403


def test_nor_is_a_page_in_a_browser_of_this_machine(neighbours: App) -> None:
    headers = {**LOCAL, "origin": "https://evil.example"}

    assert ask(neighbours, "GET", "/metrics", client="127.0.0.1", headers=headers).status == 403


def test_without_a_password_every_scraper_is_told() -> None:
    app = scraper(Prometheus(port=1))

    assert is_told(ask(app, "GET", "/metrics"))
    assert is_told(ask(app, "GET", "/"))  # as in LiveKit
    assert ask(app, "POST", "/metrics").status == 405


def test_with_a_password_only_who_knows_it() -> None:
    assert is_told(ask(scraper(LOCKED), "GET", "/metrics", headers=basic("scraper:p:ä")))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("scraper:wrong"),
        basic("other:p:ä"),
        basic("scraper"),
        basic(""),
        {"authorization": "Bearer c2NyYXBlcjpwOuQ="},
        {"authorization": "Basic no base64"},
        {"authorization": "Basic ä"},
        {"authorization": ""},
    ],
)
def test_others_are_asked_for_it(headers: dict[str, str]) -> None:
    answer = ask(scraper(LOCKED), "GET", "/metrics", headers=headers)

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert b"livekit" not in answer.body


def test_a_process_that_does_not_answer_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    app = Starlette(routes=[scraper_route(Metrics(lambda: [Dead(), Node()]), Prometheus())])
    with caplog.at_level(logging.WARNING, exposition.__name__):
        assert is_told(ask(app, "GET", "/metrics"))

    assert "did not tell" in caplog.text


def test_the_format_is_the_one_that_every_prometheus_reads() -> None:
    answer = ask(scraper(Prometheus()), "GET", "/metrics")

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
