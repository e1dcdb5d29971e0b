"""Webhooks over real HTTP."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from livekit.protocol import models
from livekit.protocol.webhook import WebhookEvent

from signaling import webhooks as core
from signaling.aio.webhooks import WebhookSender
from signaling.webhooks import Dead, WebhookConfig

EVENTS = [
    WebhookEvent(event="room_started", id=f"EV_{n}", room=models.Room(name="ward")) for n in (1, 2)
]


class Receiver:
    """Answers with these statuses, then with 200."""

    def __init__(self, statuses: list[int]) -> None:
        self.statuses = statuses
        self.heard: list[bytes] = []
        self.release = threading.Event()
        self.release.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.heard.append(body)
                receiver.release.wait(10)
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    receiver = Receiver(list(statuses))
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release.set()
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()


def deliver(url: str, *, patience: float = 10.0) -> list[Dead]:
    dead: list[Dead] = []

    async def main() -> None:
        sender = WebhookSender(WebhookConfig((url,), "APIkey", "s" * 32), dead.append, epoch=0.0)
        sender.send(EVENTS)
        await sender.close(patience)

    asyncio.run(main())
    return dead


def ids(receiver: Receiver) -> list[str]:
    return [str(body).split('"id": "')[1][:4] for body in receiver.heard]


def test_events_arrive_in_order() -> None:
    with receiving() as receiver:
        assert deliver(receiver.url) == []
        assert ids(receiver) == ["EV_1", "EV_2"]


def test_a_receiver_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "FIRST_WAIT", 0.01)
    with receiving(503, 500) as receiver:
        assert deliver(receiver.url) == []
        assert ids(receiver) == ["EV_1", "EV_1", "EV_1", "EV_2"]


def test_a_redirection_is_not_followed() -> None:
    with receiving(302, 307) as receiver:
        assert [dead.reason for dead in deliver(receiver.url)] == ["status 302", "status 307"]


def test_nobody_listens() -> None:
    with receiving() as receiver:
        url = receiver.url
    dead = deliver(url, patience=0.3)

    assert [one.reason for one in dead] == ["the server has ended"] * 2


def test_a_receiver_that_hangs_does_not_hold_up_the_end() -> None:
    with receiving() as receiver:
        receiver.release.clear()
        dead = deliver(receiver.url, patience=0.3)
        receiver.release.set()

    assert [one.id for one in dead] == ["EV_1", "EV_2"]
