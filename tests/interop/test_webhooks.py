"""Webhooks of a running server, as livekit-api's receiver takes them."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from livekit import api
from livekit.protocol.webhook import WebhookEvent

from tests.harness import server as harness
from tests.harness.signal import signal
from tests.harness.wait import until
from tests.interop.party import parties

pytestmark = pytest.mark.anyio


class Hook:
    def __init__(self) -> None:
        self.events: list[WebhookEvent] = []
        verifier = api.TokenVerifier(harness.KEY, harness.SECRET)
        receiver = api.WebhookReceiver(verifier)
        events = self.events

        answers = self.answers = threading.Event()
        answers.set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                answers.wait(30)
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                events.append(receiver.receive(body, self.headers["authorization"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def names(self, room: str) -> list[str]:
        return [event.event for event in self.events if event.room.name == room]


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    thread = threading.Thread(target=hook.server.serve_forever, args=(0.05,))
    thread.start()
    yield hook
    hook.server.shutdown()
    thread.join()
    hook.server.server_close()


@pytest.fixture
def notifying(tmp_path: Path, hook: Hook) -> Iterator[harness.RunningServer]:
    settings = {
        "webhook": {"urls": [hook.url], "api_key": harness.KEY},
        "room": {"departure_timeout": 1},
    }
    server = harness.start(tmp_path, settings=settings)
    yield server
    server.stop()


async def test_a_call_is_told_in_order(
    notifying: harness.RunningServer, hook: Hook, room: str, single: bool
) -> None:
    async with parties(notifying, room, "ann", single=single) as (ann,):
        await ann.publish_tone(440)
        await asyncio.to_thread(
            until, lambda: "track_published" in hook.names(room), "the track is negotiated"
        )
        with signal(notifying, notifying.token("eve", room), "/rtc/v1") as eve:
            eve.receive()
        await asyncio.to_thread(
            until, lambda: "participant_connection_aborted" in hook.names(room), "eve was not there"
        )

    until(lambda: "room_finished" in hook.names(room), "the room ends")
    assert hook.names(room) == [
        "room_started",
        "participant_joined",
        "track_published",
        "participant_connection_aborted",
        "track_unpublished",
        "participant_left",
        "room_finished",
    ]
    assert hook.events[1].participant.identity == "ann"
    assert hook.events[2].track.name == "tone"


async def test_the_end_of_the_server_is_told(
    notifying: harness.RunningServer, hook: Hook, room: str
) -> None:
    with signal(notifying, notifying.token("ann", room), "/rtc/v1") as ann:
        ann.receive()
        assert notifying.stop() == 0

    assert hook.names(room)[-1] == "room_finished"


async def test_a_receiver_that_hangs_does_not_hold_up_the_end_of_the_server(
    notifying: harness.RunningServer, hook: Hook, room: str
) -> None:
    hook.answers.clear()
    with signal(notifying, notifying.token("ann", room), "/rtc/v1") as ann:
        ann.receive()
        assert notifying.stop() == 0
    hook.answers.set()
