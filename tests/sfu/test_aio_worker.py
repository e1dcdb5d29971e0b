"""Media processes: real ones, started, commanded, killed and held up."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sfu.aio.listening import EngineConfig
from sfu.aio.messages import TO_WORKER, Start, Stop
from sfu.aio.remote import RemoteNode
from sfu.aio.reserve import spawn
from sfu.aio.worker import own_words
from sfu.commands import AddPeer, AddPublication, AddSubscription, RemovePeer
from sfu.events import ChannelsOpened, Event, TransportChanged
from sfu.media import Encoding, Kind
from sfu.wire import LARGEST, frame
from tests.sfu.lines import OURS, THEIRS, Tcp, Udp, connect, describe
from tests.sim.peer import Peer

pytestmark = pytest.mark.anyio

CONFIG = EngineConfig("ND_test", ["127.0.0.1"], udp_port=0, tcp_port=None)
ABSENT = {
    "aiohttp", "aiosmtplib", "aiosqlite", "alembic", "api", "argon2", "asyncpg", "av", "fastapi",
    "httptools", "icalendar", "jwt", "prometheus_client", "pydantic", "recorder", "rich",
    "signaling", "smtplib", "sqlalchemy", "sqlite3", "starlette", "typer", "uvicorn", "websockets",
    "zxcvbn",
}  # fmt: skip


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


class Stage:
    """A media process with one client."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.peer = Peer((0, "client"), THEIRS, OURS)
        self.node: RemoteNode

    def describe(self) -> None:
        describe(self.node, self.peer)

    async def connect(self, line: Udp | Tcp) -> None:
        await connect(self.peer, line, self.events)


@asynccontextmanager
async def staged(config: EngineConfig = CONFIG) -> AsyncIterator[Stage]:
    stage = Stage()
    stage.node = await RemoteNode.start(config, stage.events.append)
    try:
        yield stage
    finally:
        await stage.node.kill()


async def test_a_client_connects_over_udp() -> None:
    async with staged() as stage:
        stage.describe()
        line = Udp(stage.node.node.candidates[0].port)
        await stage.connect(line)
        line.close()

        assert [type(event) for event in stage.events] == [TransportChanged, ChannelsOpened]
        assert stage.node.node.node_id == "ND_test"


async def test_a_client_connects_over_a_connection_that_was_passed_on() -> None:
    async with staged() as stage:
        stage.describe()
        with socket.create_server(("127.0.0.1", 0)) as server:
            line = Tcp(server.getsockname()[1])
            ours, _ = server.accept()
        stage.node.adopt(ours, b"")
        await stage.connect(line)
        line.close()

        assert ours.fileno() == -1  # not open twice


async def test_a_taken_port_is_the_same_error_as_without_a_process() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        config = EngineConfig("ND_test", ["127.0.0.1"], taken.getsockname()[1], None)
        with pytest.raises(OSError, match="in use"):
            await RemoteNode.start(config, print)


@pytest.mark.parametrize(
    ("number", "reason"),
    [(signal.SIGKILL, "it has ended"), (signal.SIGSTOP, "it does not answer")],
    ids=["killed", "held up"],
)
async def test_a_dead_or_hanging_process_is_noticed(number: int, reason: str) -> None:
    async with staged() as stage:
        os.kill(stage.node.pid, number)

        async with asyncio.timeout(5):
            assert await stage.node.lost == reason


async def test_it_tells_what_it_has_counted() -> None:
    async with staged() as stage:
        stage.describe()

        first, second = await asyncio.gather(stage.node.stats(), stage.node.stats())

        assert (first.node, first.participants, second.participants) == ("ND_test", 1, 1)


async def test_it_has_one_thread() -> None:
    async with staged() as stage:
        stage.describe()
        line = Udp(stage.node.node.candidates[0].port)
        await stage.connect(line)
        line.close()

        assert len(list(Path(f"/proc/{stage.node.pid}/task").iterdir())) == 1


async def test_a_dead_process_tells_nothing() -> None:
    async with staged() as stage:
        os.kill(stage.node.pid, signal.SIGKILL)
        async with asyncio.timeout(5):
            with pytest.raises(ConnectionError):
                await stage.node.stats()


async def test_signals_to_the_group_are_not_its_to_answer() -> None:
    async with staged() as stage:
        os.kill(stage.node.pid, signal.SIGINT)
        os.kill(stage.node.pid, signal.SIGTERM)
        stage.describe()
        line = Udp(stage.node.node.candidates[0].port)
        await stage.connect(line)
        line.close()


async def test_it_carries_out_what_it_was_sent_before_it_stops() -> None:
    async with staged() as stage:
        stage.describe()
        line = Udp(stage.node.node.candidates[0].port)
        await stage.connect(line)
        line.receive()
        stage.node.handle(RemovePeer("PA_test"))

        await stage.node.close()

        assert stage.node.status == 0
        assert line.receive()  # DTLS's goodbye
        line.close()


async def test_its_log_is_ours_and_a_fault_costs_one_command(
    caplog: pytest.LogCaptureFixture,
) -> None:
    video = AddPublication("PA_test/0", "PA_test", "TR_1", "0", Kind.VIDEO, [], [Encoding(2)])
    with caplog.at_level(logging.WARNING):
        async with staged() as stage:
            stage.describe()
            stage.node.handle(video)
            stage.node.handle(AddSubscription("PA_test/0", "PA_test", "TR_1", "1", [], ssrc=-1))
            line = Udp(stage.node.node.candidates[0].port)
            await stage.connect(line)
            line.close()

    (record,) = (record for record in caplog.records if record.name == "sfu.aio.worker")
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("ND_test: AddSubscription: ")


def raw(*messages: object) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """A media process whose parent sends these; `bytes` as they are."""
    ours, theirs = socket.socketpair()
    process = spawn(theirs)
    for message in messages:
        ours.sendall(message if isinstance(message, bytes) else frame(TO_WORKER.encode(message)))  # type: ignore[arg-type]
    return ours, process


@pytest.mark.parametrize(
    "hostile",
    [
        b"\xff" * 100,
        (LARGEST + 1).to_bytes(4, "big") + b"\x01",
        frame(b"\x02\x92\xa4Stop\x80"),
        frame(b"\x01\x92\xa4Quit\x80"),
        frame(b"\x01\xc1"),
    ],
    ids=["noise", "too long", "another version", "an unknown kind", "no message"],
)
@pytest.mark.parametrize("first", [[], [Start(CONFIG, logging.WARNING)]], ids=["at once", "later"])
def test_bytes_that_make_no_sense_end_it_cleanly(
    capfd: pytest.CaptureFixture[str], first: list[Start], hostile: bytes
) -> None:
    ours, process = raw(*first, hostile)

    assert process.wait(20) == 1
    assert capfd.readouterr() == ("", "")
    ours.close()


@pytest.mark.parametrize("length", [0, 3, 20])
def test_a_channel_that_ends_in_mid_message_ends_it_cleanly(
    capfd: pytest.CaptureFixture[str], length: int
) -> None:
    whole = frame(TO_WORKER.encode(AddPeer("RM_1", "PA_1", "alice")))
    ours, process = raw(Start(CONFIG, logging.WARNING), whole[:length])
    ours.close()

    assert process.wait(20) == 1
    assert capfd.readouterr() == ("", "")


def test_it_ends_when_it_is_told_to() -> None:
    ours, process = raw(Start(CONFIG, logging.WARNING), Stop())

    assert process.wait(20) == 0
    ours.close()


PARENT = """
import asyncio, os, signal
from sfu.aio.listening import EngineConfig
from sfu.aio.remote import RemoteNode

async def main():
    config = EngineConfig("ND_test", ["127.0.0.1"], udp_port=0, tcp_port=None)
    node = await RemoteNode.start(config, print)
    {hang}
    print(node.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.parametrize("hang", ["", "os.kill(node.pid, signal.SIGSTOP)"], ids=["idle", "held up"])
def test_it_dies_with_its_parent(repository: Path, hang: str) -> None:
    script = PARENT.format(hang=hang)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=repository
    ) as parent:
        # The media process has inherited this pipe: reading ends when both are gone.
        said = parent.communicate(timeout=30)[0]

    assert parent.returncode == -signal.SIGKILL
    assert int(said) != parent.pid


@pytest.mark.parametrize("step", ["started", "used"])
async def test_it_loads_nothing_of_the_web_of_databases_or_of_mail(
    step: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # it tells of every import
    async with staged() as stage:
        if step == "used":
            stage.describe()
            line = Udp(stage.node.node.candidates[0].port)
            await stage.connect(line)
            line.close()
        await stage.node.close()
    loaded = set(imports(capfd.readouterr().err))

    assert {"sfu", "numpy"} <= loaded
    assert not loaded & ABSENT


def imports(told: str) -> list[str]:
    return [line.rpartition("|")[2].strip().split(".")[0] for line in told.splitlines()]


def test_of_a_library_s_line_the_kind_of_the_error_is_told_and_nothing_it_says() -> None:
    try:
        raise ValueError("canary")
    except ValueError as error:
        told = (ValueError, error, error.__traceback__)
    message = "Exception in callback f('canary')\nhandle: <Handle canary>"
    record = logging.LogRecord("asyncio", logging.ERROR, "", 1, message, None, told)

    line = own_words(record)
    assert line.startswith("asyncio: Exception in callback f: ValueError\n")
    assert "canary" not in line.replace('raise ValueError("canary")', "")
