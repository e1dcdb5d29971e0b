"""The ASGI callable under uvicorn on a loopback port, with a real client."""

import asyncio
import gc
import json
import logging
import os
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import uvicorn
import uvloop
from livekit.protocol import rtc
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame

from sfu.commands import AddPeer, AddTransport, Command, RemovePeer, TellSequence
from sfu.events import (
    ChannelsOpened,
    Event,
    QualityChanged,
    SequenceTold,
    TransportChanged,
    TransportState,
)
from signaling.aio import driver, protocol
from signaling.aio.protocol import WebSocketProtocol
from signaling.aio.websocket import SignalingApp
from signaling.conference import Conference
from signaling.config import SignalingConfig
from signaling.requests import HANDLERS
from signaling.tokens import Claims, VideoGrant, mint
from tests.signaling.browser import Offers
from tests.signaling.stage import EPOCH, KEYS, NODE, join_request, wrap


class PretendedMedia:
    """Connects every transport at once, out of the very command: the app must not mind."""

    def __init__(self) -> None:
        self.node = NODE
        self.commands: list[Command] = []
        self.on_event: Callable[[Event], None] = lambda _: None

    def handle(self, command: Command) -> None:
        self.commands.append(command)
        if isinstance(command, AddTransport):
            name, peer = command.transport, command.peer
            self.on_event(TransportChanged(name, peer, TransportState.CONNECTED))
            self.on_event(ChannelsOpened(name, peer))
        elif isinstance(command, TellSequence):
            self.on_event(SequenceTold(command.peer, 0))


@dataclass
class Running:
    app: SignalingApp
    conference: Conference
    media: PretendedMedia
    port: int

    def query(self, identity: str = "ann", **more: str) -> str:
        grant = VideoGrant(room_join=True, room="ward")
        claims = Claims(identity=identity, video=grant)
        now = EPOCH + asyncio.get_running_loop().time()
        return urlencode({"access_token": mint(claims, "devkey", "secret", now=now)} | more)

    def v1(self, identity: str = "ann") -> str:
        request = wrap(join_request(Offers().sdp()))
        return f"/rtc/v1?{self.query(identity, join_request=request)}"

    def connect(self, path: str, **options: Any) -> connect:
        return connect(f"ws://127.0.0.1:{self.port}{path}", **options)

    async def get(self, path: str) -> tuple[int, dict[str, str], str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        status, *lines = head.split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
        return int(status.split()[1]), headers, body


@asynccontextmanager
async def running(**bounds: Any) -> AsyncIterator[Running]:
    media = PretendedMedia()
    conference = Conference(SignalingConfig(), KEYS, os.urandom, epoch=EPOCH)
    app = SignalingApp(conference, **bounds)
    app.add_node(media)
    media.on_event = app.receive_event
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        ws=WebSocketProtocol,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield Running(app, conference, media, server.servers[0].sockets[0].getsockname()[1])
    finally:
        await app.close()
        server.should_exit = True
        await serving


def run(check: Callable[[Running], Awaitable[None]], **bounds: int) -> None:
    async def main() -> None:
        async with running(**bounds) as server, asyncio.timeout(15):
            await check(server)

    uvloop.run(main())  # the loop that serves people


async def hear(client: ClientConnection, *kinds: str) -> list[Any]:
    """The next messages, which must be of these kinds."""
    heard: list[Any] = []
    for kind in kinds:
        response = rtc.SignalResponse.FromString(await client.recv(decode=False))
        assert response.WhichOneof("message") == kind
        heard.append(getattr(response, kind))
    return heard


async def close_code(client: ClientConnection) -> int:
    """After whatever it still says."""
    await client.wait_closed()
    assert client.close_code is not None
    return client.close_code


def test_join_ping_and_leave() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as ann:
            joined, answer, _ = await hear(ann, "join", "answer", "refresh_token")
            assert answer.id == 1
            assert joined.participant.identity == "ann"
            await hear(ann, "update")  # active
            await ann.send(rtc.SignalRequest(ping=1).SerializeToString())
            await hear(ann, "pong")
            await ann.send(rtc.SignalRequest(leave=rtc.LeaveRequest()).SerializeToString())
            assert await close_code(ann) == 1000
        assert isinstance(server.media.commands[0], AddPeer)
        assert isinstance(server.media.commands[-1], RemovePeer)

    run(check)


def test_text_frames_switch_to_json() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as ann:
            await hear(ann, "join", "answer", "refresh_token", "update")
            await ann.send('{"pingReq": {"timestamp": "5"}}')
            assert json.loads(await ann.recv())["pongResp"]["lastPingTimestamp"] == "5"

    run(check)


def test_refusals_come_before_the_upgrade() -> None:
    async def check(server: Running) -> None:
        for path, status, text in (
            ("/rtc/v1", 401, "no permissions to access the room"),
            ("/rtc?access_token=x", 401, "invalid authorization token"),
            (f"/rtc/v1?{server.query()}", 400, "join_request is required"),
            ("/rtc/v2", 404, ""),
            ("/rtc?" + "&".join(f"a{n}=1" for n in range(200)), 400, "too many parameters"),
        ):
            with pytest.raises(InvalidStatus) as caught:
                await server.connect(path)
            response = caught.value.response
            assert (response.status_code, response.body) == (status, text.encode())

    run(check)


def test_validate_tells_what_a_join_would_hear() -> None:
    async def check(server: Running) -> None:
        good, bad = f"/rtc/validate?{server.query()}", "/rtc/v1/validate?access_token=x"
        assert (await server.get(good))[::2] == (200, "success")
        assert (await server.get("/" + good))[::2] == (200, "success")
        status, headers, text = await server.get(bad)
        assert (status, text) == (401, "invalid authorization token")
        assert headers["access-control-allow-origin"] == "*"
        assert server.conference.rooms == {}

    run(check)


def test_other_requests_than_upgrades_find_nothing() -> None:
    async def check(server: Running) -> None:
        for path in ("/rtc", "/rtc/v1", "/rtc/else", "/validate"):
            assert (await server.get(path))[::2] == (404, "")

    run(check)


def test_v0_gets_its_offer_and_a_double_slash_is_forgiven() -> None:
    async def check(server: Running) -> None:
        async with server.connect(f"//rtc?{server.query()}") as ann:
            await hear(ann, "join", "offer", "refresh_token")

    run(check)


def test_a_resume_takes_over_and_the_old_connection_closes() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as ann:
            (joined, *_) = await hear(ann, "join", "answer", "refresh_token", "update")
            again = rtc.JoinRequest(reconnect=True, participant_sid=joined.participant.sid)
            path = f"/rtc/v1?{server.query(join_request=wrap(again))}"
            async with server.connect(path) as back:
                await hear(back, "reconnect", "update", "room_update", "refresh_token")
                assert await close_code(ann) == 1000
                await back.send(rtc.SignalRequest(ping=1).SerializeToString())
                await hear(back, "pong")

    run(check)


def test_a_lost_connection_keeps_the_participant() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1("bob")) as bob:
            await hear(bob, "join", "answer", "refresh_token", "update")
            ann = await server.connect(server.v1())
            await hear(ann, "join", "answer", "refresh_token", "update")
            await hear(bob, "update", "update")
            ann.transport.abort()
            await bob.send(rtc.SignalRequest(ping=1).SerializeToString())
            await hear(bob, "pong")
            assert len(server.conference.rooms["ward"].participants) == 2

    run(check)


def test_garbage_frames_leave_the_others_alone() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1("bob")) as bob, server.connect(server.v1()) as eve:
            await hear(bob, "join", "answer", "refresh_token", "update")
            await hear(eve, "join", "answer", "refresh_token", "update")
            for number in range(30):
                await eve.send(b"\xff" * 50 if number % 2 else "{" * 50)
            assert await close_code(eve) == 1000
            await bob.send(rtc.SignalRequest(ping=1).SerializeToString())
            while rtc.SignalResponse.FromString(await bob.recv(decode=False)).pong == 0:
                pass

    run(check)


def test_a_frame_that_is_too_long_closes_the_connection() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as eve:
            await eve.send(b"\0" * 10_001)
            assert await close_code(eve) == 1009

    run(check, message_size=10_000)


def test_a_socket_that_does_not_read_is_cut() -> None:
    async def check(server: Running) -> None:
        raw = sockets.socket()
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", server.port))
        deaf = await server.connect(server.v1(), sock=raw)
        deaf.transport.pause_reading()
        (victim,) = server.conference.rooms["ward"].participants.values()
        for _ in range(400):
            victim.send(rtc.SignalResponse(refresh_token="x" * 50_000))
            server.app.receive_event(ChannelsOpened("PA_none/0", "PA_none"))  # any event flushes
            await asyncio.sleep(0)
            if victim.session is None:
                break
        assert victim.session is None
        deaf.transport.abort()

    run(check, send_queue=1_000_000)


def test_a_reader_that_is_too_slow_is_told_why() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as ann:
            await hear(ann, "join", "answer", "refresh_token", "update")
            (victim,) = server.conference.rooms["ward"].participants.values()
            for _ in range(3):
                victim.send(rtc.SignalResponse(refresh_token="x" * 50_000))
            server.app.receive_event(ChannelsOpened("PA_none/0", "PA_none"))  # any event flushes
            assert await close_code(ann) == 1008
            assert ann.close_reason == "too slow: more than 100000 bytes wait to be read"

    run(check, send_queue=100_000)


def test_who_asks_too_much_is_read_more_slowly_and_loses_nothing() -> None:
    async def check(server: Running) -> None:
        loop = asyncio.get_running_loop()
        async with server.connect(server.v1()) as eve, server.connect(server.v1("bob")) as bob:
            await hear(eve, "join", "answer", "refresh_token", "update")
            ping = rtc.SignalRequest(ping=1).SerializeToString()
            began = loop.time()
            for _ in range(550):
                await eve.send(ping)
            await bob.send(ping)
            while rtc.SignalResponse.FromString(await bob.recv(decode=False)).pong == 0:
                pass
            assert loop.time() - began < 0.4
            pongs = 0
            while pongs < 550:
                pongs += rtc.SignalResponse.FromString(await eve.recv(decode=False)).pong > 0
            assert loop.time() - began > 0.4  # 500 at once, then 100 a second

    run(check)


def test_a_large_request_counts_as_many() -> None:
    async def check(server: Running) -> None:
        loop = asyncio.get_running_loop()
        async with server.connect(server.v1()) as eve:
            await hear(eve, "join", "answer", "refresh_token", "update")
            large = rtc.SignalRequest(trickle=rtc.TrickleRequest(candidateInit="x" * 2_000_000))
            began = loop.time()
            for _ in range(2):
                await eve.send(large.SerializeToString())
            await eve.send(rtc.SignalRequest(ping=1).SerializeToString())
            await hear(eve, "pong")
            assert loop.time() - began < 0.5
            await eve.send(large.SerializeToString())
            await eve.send(rtc.SignalRequest(ping=1).SerializeToString())
            await hear(eve, "pong")
            assert loop.time() - began > 1.5

    run(check)


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (b"\x89\x80\0\0\0\0" * 100, "too many pings"),
        (b"\x02\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 2000, "too many fragments"),
    ],
    ids=["pings", "fragments"],
)
def test_what_costs_more_than_it_carries_ends_the_connection(frames: bytes, reason: str) -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as eve:
            await hear(eve, "join", "answer", "refresh_token", "update")
            eve.transport.write(frames)
            assert await close_code(eve) == 1008
            assert eve.close_reason == reason
        assert len(server.conference.rooms["ward"].participants) == 1  # it may come back

    run(check)


def test_who_neither_reads_nor_stops_pinging_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER", 0.1)

    async def check(server: Running) -> None:
        raw = sockets.socket()
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", server.port))
        deaf = await server.connect(server.v1(), sock=raw)
        deaf.transport.pause_reading()
        with suppress(ConnectionError):
            while True:
                deaf.transport.write((b"\x89\xfd\0\0\0\0" + bytes(125)) * 1000)
                await asyncio.sleep(0)
                if deaf.transport.is_closing():
                    break

    run(check)


def test_a_connection_that_has_ended_keeps_no_frame_until_the_collector_comes() -> None:
    def large() -> list[Frame]:
        frames = [one for one in gc.get_objects() if type(one) is Frame]
        return [frame for frame in frames if len(frame.data) > 100_000]

    async def check(server: Running) -> None:
        eve = await server.connect(server.v1())
        await hear(eve, "join", "answer", "refresh_token", "update")
        (participant,) = server.conference.rooms["ward"].participants.values()
        session = participant.session
        assert session is not None
        await eve.send(bytes([0xFF]) * 1_000_000)
        while not session.ignored:
            await asyncio.sleep(0.001)
        eve.transport.abort()
        await eve.wait_closed()
        while participant.session is not None:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert large() == []

    gc.collect()
    gc.disable()
    try:
        run(check)
    finally:
        gc.enable()


def test_shutting_down_says_goodbye() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as ann:
            await hear(ann, "join", "answer", "refresh_token", "update")
            await server.app.close()
            (leave,) = await hear(ann, "leave")
            assert leave.action == rtc.LeaveRequest.Action.DISCONNECT
            assert await close_code(ann) == 1000
            with pytest.raises(InvalidStatus) as caught:
                await server.connect(server.v1())
            assert caught.value.response.status_code == 503

    run(check)


def test_a_deadline_that_has_come_is_met_however_often_the_app_looks() -> None:
    met: list[float] = []

    async def check(server: Running) -> None:
        past = asyncio.get_running_loop().time() - 1.0
        for _ in range(2):  # uvloop gives another kind of handle for such a deadline
            server.conference._context.timers.at(past, met.append)
            server.app.receive_event(QualityChanged("RM_none", []))
        await asyncio.sleep(0.01)

    run(check)

    assert len(met) == 2


def test_a_fault_of_ours_costs_one_client_and_is_logged_without_its_words(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = " ".join(("Ann", "Field"))

    def fail(*_: object) -> None:
        raise RuntimeError(name)

    monkeypatch.setitem(HANDLERS, "mute", fail)

    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as ann:
            await hear(ann, "join", "answer", "refresh_token", "update")
            await ann.send(rtc.SignalRequest(mute=rtc.MuteTrackRequest()).SerializeToString())
            (leave,) = await hear(ann, "leave")
            assert leave.action == rtc.LeaveRequest.Action.RECONNECT

    with caplog.at_level(logging.INFO):
        run(check)
    assert "RuntimeError" in caplog.text
    assert name not in caplog.text


def test_neither_names_nor_tokens_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1("ann.field")) as ann:
            await hear(ann, "join", "answer", "refresh_token", "update")

    with caplog.at_level(logging.DEBUG, logger="signaling"), caplog.at_level(logging.INFO):
        run(check)
    assert "ann.field" not in caplog.text
    assert "access_token" not in caplog.text


def test_a_lost_node_is_told_at_once_and_the_next_join_waits_for_another() -> None:
    async def check(server: Running) -> None:
        async with server.connect(server.v1()) as ann:
            await hear(ann, "join", "answer", "refresh_token", "update")
            server.app.lose_node(server.media)
            (leave,) = await hear(ann, "leave")
            assert leave.action == rtc.LeaveRequest.Action.RECONNECT
            assert await close_code(ann) == 1000

        joining = asyncio.create_task(server.connect(server.v1()).__aenter__())
        await asyncio.sleep(0.05)
        assert not joining.done()
        server.app.add_node(server.media)
        back = await joining
        await hear(back, "join", "answer", "refresh_token", "update")
        await back.close()

    run(check)


def test_a_join_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "NODE_WAIT", 0.05)

    async def check(server: Running) -> None:
        server.app.lose_node(server.media)
        with pytest.raises(InvalidStatus) as caught:
            await server.connect(server.v1())
        assert caught.value.response.status_code == 503

    run(check)
