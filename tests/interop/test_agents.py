"""Agent workers: livekit-agents 1.8.9, unmodified, and what the socket answers to others."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from livekit import api
from livekit.protocol import agent
from livekit.protocol.models import ParticipantInfo
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.harness.proxy import Proxy
from tests.harness.server import Server
from tests.harness.wait import until
from tests.interop.party import parties

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "agents" / "bin" / "python"
ECHO = ROOT / "tests" / "agents" / "echo.py"
STARTS_WITHIN = 60.0  # seconds: it loads much


class EchoWorker:
    """Behind a proxy that can cut its connections."""

    def __init__(self, server: Server, folder: Path) -> None:
        assert PYTHON.exists(), "its environment is missing: make setup-tests"
        self.log = folder / "worker.log"
        self.proxy = Proxy(server.host, server.port)
        environment = {
            **os.environ,
            "LIVEKIT_URL": f"ws://127.0.0.1:{self.proxy.port}",
            "LIVEKIT_API_KEY": server.key,
            "LIVEKIT_API_SECRET": server.secret,
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [PYTHON, ECHO, "start"], env=environment, stdout=out, stderr=subprocess.STDOUT
            )
        until(lambda: self.registrations, "the worker registers", STARTS_WITHIN)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def registrations(self) -> int:
        assert self.is_alive, self.text()
        return self.text().count('"registered worker"')

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.proxy.close()


@pytest.fixture(scope="module")
def workers() -> Iterator[list[EchoWorker]]:
    """All that have been started."""
    started: list[EchoWorker] = []
    yield started
    for one in started:
        one.stop()


@pytest.fixture
def worker(server: Server, workers: list[EchoWorker], tmp_path: Path) -> EchoWorker:
    """The last one, which takes seconds to begin; another where a test has left it dead."""
    if not workers or not workers[-1].is_alive:
        workers.append(EchoWorker(server, tmp_path))
    return workers[-1]


@pytest.mark.anyio
async def test_an_agent_comes_answers_and_is_sent_home(
    server: Server, room: str, worker: EchoWorker
) -> None:
    assert "livekit-agents 1.8.9" in worker.text()
    url = server.url.replace("ws", "http", 1)
    async with (
        parties(server, room, "ann", single=True) as (ann,),
        api.LiveKitAPI(url, server.key, server.secret) as client,
    ):
        await ann.publish_tone(500)
        sent = await client.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(room=room, agent_name="echo", metadata="m")
        )
        others = ann.room.remote_participants
        await ann.until(lambda: others, "the agent comes", 30)
        (echo,) = others.values()
        assert int(echo.kind) == ParticipantInfo.Kind.AGENT
        assert echo.attributes["lk.agent_name"] == "echo"
        assert await ann.hears_tone_of(echo.identity) == pytest.approx(500, abs=4)

        found = await client.agent_dispatch.get_dispatch(sent.id, room)
        assert found is not None
        assert [job.state.status for job in found.state.jobs] == [agent.JS_RUNNING]
        await client.agent_dispatch.delete_dispatch(sent.id, room)
        await ann.until(lambda: not others, "the agent leaves", 10)
        assert await client.agent_dispatch.get_dispatch(sent.id, room) is None


@pytest.mark.anyio
async def test_a_worker_that_loses_its_connection_comes_back(
    server: Server, room: str, worker: EchoWorker
) -> None:
    url = server.url.replace("ws", "http", 1)
    async with (
        parties(server, room, "ann", single=True) as (ann,),
        api.LiveKitAPI(url, server.key, server.secret) as client,
    ):
        await ann.publish_tone(500)
        request = api.CreateAgentDispatchRequest(room=room, agent_name="echo")
        sent = await client.agent_dispatch.create_dispatch(request)
        others = ann.room.remote_participants
        await ann.until(lambda: others, "the agent comes", 30)
        (echo,) = others.values()
        assert await ann.hears_tone_of(echo.identity) == pytest.approx(500, abs=4)

        registered = worker.registrations
        assert worker.proxy.cut() >= 2  # the worker's connection, and its job's
        await asyncio.to_thread(
            until, lambda: worker.registrations == registered + 1, "the worker registers again", 30
        )
        assert await ann.hears_tone_of(echo.identity) == pytest.approx(500, abs=4)
        await client.agent_dispatch.delete_dispatch(sent.id, room)
        await ann.until(lambda: not others, "the agent leaves", 10)

        await client.agent_dispatch.create_dispatch(request)
        await ann.until(lambda: others, "another agent comes", 30)
        await client.room.delete_room(api.DeleteRoomRequest(room=room))  # else it stays


def pass_(server: Server, **grants: object) -> dict[str, str]:
    token = server.token("worker", "", grants={"roomJoin": False, "agent": True} | grants)
    return {"Authorization": f"Bearer {token}"}


def open_socket(server: Server, headers: dict[str, str]) -> ClientConnection:
    return connect(f"{server.url}/agent?protocol=1", additional_headers=headers)


def test_a_registration_over_the_socket(server: Server) -> None:
    with open_socket(server, pass_(server)) as socket:
        register = agent.RegisterWorkerRequest(type=agent.JT_ROOM, agent_name="x")
        socket.send(agent.WorkerMessage(register=register).SerializeToString())
        frame = socket.recv(5)
        assert isinstance(frame, bytes)
        assert agent.ServerMessage.FromString(frame).register.worker_id.startswith("AW_")


@pytest.mark.parametrize("grants", [{"agent": False}, {"agent": False, "roomAdmin": True}])
def test_who_may_not_be_a_worker(server: Server, grants: dict[str, bool]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(server, pass_(server, **grants))

    assert refused.value.response.status_code == 401
    assert refused.value.response.body == b"permissions denied"


def test_a_worker_without_a_token(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(server, {})

    assert refused.value.response.status_code == 401


def test_a_plain_request_is_not_found(server: Server) -> None:
    assert server.get("/agent", pass_(server))[0] == 404


def test_a_worker_that_says_nonsense_is_put_out(server: Server) -> None:
    with open_socket(server, pass_(server)) as socket:
        for _ in range(20):
            socket.send(b"\xff\xff\xff")
        with pytest.raises(ConnectionClosed):
            socket.recv(5)
