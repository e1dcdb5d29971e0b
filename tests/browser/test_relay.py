"""Chromium in calls that may use nothing but our relay, over each of its transports."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import trust
from tests.browser.conftest import Join, Seats
from tests.browser.page import Site
from tests.browser.seat import Client, Seat
from tests.browser.tab import Browser
from tests.conftest import Start
from tests.harness.authority import issue
from tests.harness.netns import Cable
from tests.harness.server import RunningServer, free_ports

NAME = "localhost"  # resolved without a name server
FIREFOX_PORTS = {"udp": (7980, 7981, 7982), "tcp": (7983, 7984, 7985), "tls": (7986, 7987, 7988)}
WAYS = {"udp": "turn:", "tcp": "turn:", "tls": "turns:"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    return issue(tmp_path_factory.mktemp("authority"), NAME)


@pytest.fixture(scope="module")
def trusting(
    launch: Callable[..., Browser],
    certificates: tuple[Path, Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:
    home = tmp_path_factory.mktemp("home")
    trust(home, certificates[0])
    with closing(launch("chromium", home=home)) as browser:
        yield browser


def turn_settings(way: str, certificates: tuple[Path, Path, Path]) -> dict[str, Any]:
    """One transport, the others off."""
    _, tcp_port, udp_port = free_ports()
    ports: dict[str, Any] = {"udp_port": 0, "tcp_port": 0, "tls_port": 0}
    ports[f"{way}_port"] = udp_port if way == "udp" else tcp_port
    files = {"cert_file": str(certificates[1]), "key_file": str(certificates[2])}
    return ports | files | {"domain": NAME, "enabled": True}


@pytest.fixture(scope="module")
def relaying(
    certificates: tuple[Path, Path, Path], start_server: Start
) -> Callable[[str], RunningServer]:
    """A server for each transport, another where it has ended."""
    started: dict[str, RunningServer] = {}

    def relaying(way: str) -> RunningServer:
        if way not in started or started[way].has_ended:
            started[way] = start_server(settings={"turn": turn_settings(way, certificates)})
        return started[way]

    return relaying


@pytest.mark.parametrize("way", WAYS)
def test_two_who_use_only_the_relay_see_and_hear_each_other(
    way: str,
    relaying: Callable[[str], RunningServer],
    trusting: Browser,
    page_folder: Path,
    join: Join,
) -> None:
    with closing(Site(page_folder, None)) as site:
        seat = Seat(trusting, site, relaying(way))
        ann, ben = join(seat, "ann", relayed=True), join(seat, "ben", relayed=True)
        ann.call("publishVideo")
        ben.call("publishAudio", 440)

        ben.sees(ann)
        assert ann.hears(ben) == pytest.approx(440, abs=10)
        for one in (ann, ben):
            assert_relayed(one, way)


def test_a_client_that_is_confined_to_tls_goes_on_by_the_relay(
    relaying: Callable[[str], RunningServer],
    trusting: Browser,
    page_folder: Path,
    join: Join,
    single: bool,
) -> None:
    with closing(Site(page_folder, None)) as site:
        seat = Seat(trusting, site, relaying("tls"))
        ann, ben = (join(seat, name, single=single) for name in ("ann", "ben"))
        ann.call("publishVideo")
        ben.call("publishVideo")
        ben.sees(ann)
        assert "relay" not in {path["candidateType"] for path in ann.call("paths")}

        ann.call("simulate", "force-tls")

        ann.call("waitEvent", "reconnected", 1, 30_000)
        ann.sees(ben)
        ben.sees(ann)
        assert_relayed(ann, "tls")


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_firefox_calls_by_the_relay(
    way: str, seats: Seats, cable: Cable, page_folder: Path, start_server: Start, join: Join
) -> None:
    ports = {"udp_port": 0, "tcp_port": 0} | {f"{way}_port": 3478}
    server = start_server(
        namespace=cable.near,
        addresses=[Cable.NEAR],
        ports=FIREFOX_PORTS[way],
        settings={"turn": ports},
    )
    firefox = seats("firefox")
    seat = Seat(firefox.browser, firefox.site, server)
    ann, ben = join(seat, "ann", relayed=True), join(seat, "ben", relayed=True)
    ann.call("publishVideo")
    tone = ben.plays(440)

    ben.sees(ann)
    assert ann.hears(ben) == pytest.approx(tone, abs=10)
    for one in (ann, ben):
        assert {path["candidateType"] for path in one.call("paths")} == {"relay"}


def test_firefox_calls_by_the_relay_over_tls(
    launch: Callable[..., Browser],
    cable: Cable,
    page_folder: Path,
    start_server: Start,
    join: Join,
    tmp_path: Path,
) -> None:
    authority, certificate, key = issue(tmp_path, "relay.test")
    files = {"cert_file": str(certificate), "key_file": str(key), "domain": "relay.test"}
    server = start_server(
        namespace=cable.near,
        addresses=[Cable.NEAR],
        ports=FIREFOX_PORTS["tls"],
        settings={"turn": {"udp_port": 0, "tcp_port": 0, "tls_port": 5349, **files}},
    )
    browser = launch("firefox", namespace=cable.near, authority=authority, names=Cable.NEAR)
    with closing(browser), closing(Site(page_folder, cable.near)) as site:
        seat = Seat(browser, site, server)
        ann, ben = join(seat, "ann", relayed=True), join(seat, "ben", relayed=True)
        ann.call("publishVideo")
        tone = ben.plays(440)

        ben.sees(ann)
        assert ann.hears(ben) == pytest.approx(tone, abs=10)
        for one in (ann, ben):
            assert {path["candidateType"] for path in one.call("paths")} == {"relay"}
            assert {path["relayProtocol"] for path in one.call("paths")} == {"tls"}


def assert_relayed(one: Client, way: str) -> None:
    paths = one.call("paths")
    assert paths
    for path in paths:
        assert path["candidateType"] == "relay"
        assert path["relayProtocol"] == way
        assert path["url"].startswith(WAYS[way])
