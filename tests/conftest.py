"""The server under test, its log beside every failure, and rooms that no two tests share."""

import os
import uuid
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings

from tests.harness import server as servers
from tests.harness.netns import Cable
from tests.harness.server import RunningServer, Server

# A property has the same examples each time, so that a change is judged by itself; the profile
# `explore` looks for new ones. No deadlines: two busy cores make any of them wrong.
settings.register_profile("repeat", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

STARTED = pytest.StashKey[list[RunningServer]]()
STOPPED_AT_ONCE = 4
TAIL = 6000  # characters of a server's log beside a failed test

Start = Callable[..., RunningServer]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[STARTED] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for server in item.config.stash[STARTED]:
            report.sections.append((f"log of the server at {server.url}", server.text()[-TAIL:]))
    return report


@pytest.fixture(scope="session")
def start_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """Start servers as a user does; each must end politely and with a clean log."""
    started = request.config.stash[STARTED]

    def start(**options: object) -> RunningServer:
        server = servers.start(tmp_path_factory.mktemp("server"), **options)  # type: ignore[arg-type]
        started.append(server)
        return server

    yield start
    # Some at once: each has seconds for it, and a run starts dozens.
    with ThreadPoolExecutor(STOPPED_AT_ONCE) as pool:
        statuses = list(pool.map(RunningServer.stop, started))
    if servers.OURS:
        assert statuses == [0] * len(started)
        assert not [server.text() for server in started if "Traceback" in server.text()]


@pytest.fixture(scope="session")
def server(start_server: Start) -> Server:
    """The server of the run: HOUSECALL_TEST_URL's, or one that we start."""
    return servers.given() or start_server()


@pytest.fixture(scope="session")
def cable() -> Iterator[Cable]:
    """Two networks with an ordinary address each, joined by a wire that can be cut."""
    with Cable() as cable:
        yield cable


@pytest.fixture(scope="session")
def distant_server(cable: Cable, start_server: Start) -> RunningServer:
    """A server on an ordinary address, in a network of its own."""
    return start_server(
        namespace=cable.near, addresses=[Cable.NEAR, "127.0.0.1"], ports=(7880, 7881, 7882)
    )


@pytest.fixture(params=[True, False], ids=["single", "dual"])
def single(request: pytest.FixtureRequest) -> bool:
    """Whether clients use one peer connection for both directions, or two."""
    return bool(request.param)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of tests that are coroutines."""
    return "asyncio"


@pytest.fixture
def room() -> str:
    return f"room-{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[1]
