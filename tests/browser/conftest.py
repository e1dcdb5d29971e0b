"""Browsers that live as long as the run, and tabs that live as long as a test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Playwright, async_playwright

from tests.browser.background import Background
from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox
from tests.browser.page import Site, build
from tests.browser.person import Open, Person
from tests.browser.seat import Client, Seat
from tests.browser.tab import Browser
from tests.conftest import Start
from tests.harness.netns import Cable
from tests.harness.server import RunningServer

Seats = Callable[[str], Seat]
Join = Callable[..., Client]
PAIRS = {
    "chromium": ("chromium", "chromium"),
    "firefox": ("firefox", "firefox"),
    "mixed": ("near chromium", "firefox"),
}


@pytest.fixture(scope="session")
def clinic(start_server: Start) -> RunningServer:
    """Shared: a test makes a workspace of its own."""
    return start_server(settings={"clinic": {"enabled": True}})


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    with closing(Background()) as background:
        yield background


@pytest.fixture(scope="session")
def playwright(background: Background) -> Iterator[Playwright]:
    manager = async_playwright()
    yield background.run(manager.__aenter__())
    background.run(manager.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def launch(
    background: Background, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Browser]:
    """Start a browser by its name; whoever starts one closes it."""

    def launch(name: str, **options: Any) -> Browser:
        folder = tmp_path_factory.mktemp(name)
        if name == "firefox":
            return Firefox(background, folder, **options)
        return Chromium(background, playwright, folder, **options)

    return launch


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def seats(
    launch: Callable[..., Browser], page_folder: Path, request: pytest.FixtureRequest
) -> Iterator[Seats]:
    """Seats by name, each made when first asked for, and again when its browser has died.

    "chromium": on the server's own machine, as after `make up`. "near chromium" and "firefox": on
    the machine of another server, which has an ordinary address, since Firefox does not pair with
    a loopback candidate. "far chromium": on a second machine, at the other end of the cable.
    """
    made: dict[str, Seat] = {}
    with ExitStack() as stack:

        def seat(name: str) -> Seat:
            if name not in made or not made[name].browser.is_alive:
                made[name] = _seat(name, launch, page_folder, stack, request)
            return made[name]

        yield seat


def _seat(
    name: str,
    launch: Callable[..., Browser],
    folder: Path,
    stack: ExitStack,
    request: pytest.FixtureRequest,
) -> Seat:
    namespace = None
    if name != "chromium":
        cable: Cable = request.getfixturevalue("cable")
        namespace = cable.far if name.startswith("far") else cable.near
    browser = launch(name.split()[-1], namespace=namespace)
    stack.callback(browser.close)
    site = stack.enter_context(closing(Site(folder, namespace)))
    server = request.getfixturevalue("distant_server" if namespace else "server")
    return Seat(browser, site, server)


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest, seats: Seats) -> tuple[Seat, Seat]:
    """The two seats of a call: Chromium twice, Firefox twice, or one of each."""
    one, other = PAIRS[request.param]
    return seats(one), seats(other)


@pytest.fixture
def join(room: str) -> Iterator[Join]:
    """Seat somebody in the test's room; every tab is given back at the end."""
    with ExitStack() as stack:

        def join(seat: Seat, identity: str, **options: Any) -> Client:
            client = seat.join(identity, room, **options)
            stack.callback(seat.leave, client)
            return client

        yield join


@pytest.fixture
def person(seats: Seats) -> Iterator[Open]:
    """Open a link in a browser that knows nothing yet."""
    with ExitStack() as stack:

        def person(link: str, locale: str = "en-US") -> Person:
            browser = seats("chromium").browser
            assert isinstance(browser, Chromium)
            tab = browser.open(link, locale=locale)
            stack.callback(tab.close)
            return Person(tab)

        yield person
