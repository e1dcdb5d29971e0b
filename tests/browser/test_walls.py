"""Networks that let little through: a call comes up all the same, by the one port that is open."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.chromium import trust
from tests.browser.conftest import Join
from tests.browser.page import Site
from tests.browser.seat import Client, Seat
from tests.browser.tab import Browser
from tests.conftest import Start
from tests.harness.authority import issue
from tests.harness.netns import Cable

NAME = "clinic.test"
PORT = 443
WITHIN = 10.0  # seconds, from the join to the picture
WALLS = {
    "no UDP": "meta l4proto udp drop",
    "only TCP 443": f"meta l4proto != tcp drop; tcp dport != {PORT} drop",
}
# What clients use of what is left; one of them with two peer connections.
HOW: dict[str, dict[str, bool]] = {
    "by either": {"single": False},
    "by the relay": {"relayed": True},
    "by the relay over TLS": {"relayed": True, "secured": True},
    "without the relay": {"unaided": True},
}


class Street(Cable):
    """Public addresses: Chromium takes no candidate with port 443 of a private one."""

    NEAR = "203.0.113.1"
    FAR = "203.0.113.2"


@pytest.fixture(scope="module")
def wire() -> Iterator[Cable]:
    """One of our own: others do without walls."""
    with Street() as cable:
        yield cable


@pytest.fixture(scope="module")
def seat(
    wire: Cable,
    launch: Callable[..., Browser],
    page_folder: Path,
    start_server: Start,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Seat]:
    """Beyond the wall, a browser that trusts the server's certificate."""
    authority, certificate, key = issue(tmp_path_factory.mktemp("authority"), NAME)
    files = {"cert_file": str(certificate), "key_file": str(key)}
    server = start_server(
        namespace=wire.near,
        addresses=[Street.NEAR],
        ports=(PORT, PORT, 7882),
        scheme="wss",
        settings={
            "tls": files,
            "turn": {"domain": NAME, "tcp_port": PORT, "tls_port": PORT},
        },
    )
    home = tmp_path_factory.mktemp("home")
    trust(home, authority)
    # WebRTC asks for the name with a dot behind it.
    flags = [f"--host-resolver-rules=MAP {NAME} {Street.NEAR},MAP {NAME}. {Street.NEAR}"]
    browser = launch("chromium", namespace=wire.far, home=home, flags=flags)
    with closing(browser), closing(Site(page_folder, wire.far)) as site:
        yield Seat(browser, site, replace(server, url=f"wss://{NAME}:{PORT}"))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("wall", WALLS)
def test_a_call_comes_up_behind_a_wall(
    seat: Seat, join: Join, wire: Cable, wall: str, how: str
) -> None:
    with wire.near.walled(WALLS[wall]):
        ann = join(seat, "ann", **HOW[how])
        ann.call("publishVideo")
        begun = time.monotonic()
        ben = join(seat, "ben", **HOW[how])
        ben.call("publishAudio", 440)
        ben.sees(ann)
        lasted = time.monotonic() - begun
        assert ann.hears(ben) == pytest.approx(440, abs=10)
        for one in (ann, ben):
            assert_by_tcp(one, how)
    print(json.dumps({"wall": wall, "how": how, "seconds": round(lasted, 2)}))
    assert lasted < WITHIN


def assert_by_tcp(one: Client, how: str) -> None:
    paths = one.call("paths")
    assert paths
    for path in paths:
        is_relayed = path["candidateType"] == "relay"
        assert is_relayed == how.startswith("by the relay") or how == "by either"
        protocol = path["relayProtocol" if is_relayed else "protocol"]
        assert protocol in ({"tls"} if how.endswith("TLS") else {"tcp", "tls"})
