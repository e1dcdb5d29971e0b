"""A server whose page, relay and media over TCP have one port."""

import json
import ssl
import urllib.request
from datetime import UTC, datetime

import pytest
from aioice import turn
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind

from api.tls import make_certificate
from tests.conftest import Start
from tests.harness.server import RunningServer, free_ports
from tests.interop.party import parties
from tests.interop.test_aioice import Inbox, unverified
from tests.interop.test_resume import protocols

USER, PASSWORD = "ann", "a-password"

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", params=["one process", "media apart"])
def one_port(
    request: pytest.FixtureRequest, start_server: Start, tmp_path_factory: pytest.TempPathFactory
) -> RunningServer:
    folder = tmp_path_factory.mktemp("certificate")
    for name, pem in zip(("cert", "key"), make_certificate(["a"], datetime.now(UTC)), strict=True):
        (folder / f"{name}.pem").write_bytes(pem)
    port, _, udp_port = free_ports()
    relay = {
        "domain": "localhost",
        "udp_port": 0,
        "tcp_port": port,
        "tls_port": port,
        "cert_file": str(folder / "cert.pem"),
        "key_file": str(folder / "key.pem"),
        "users": {USER: PASSWORD},
    }
    workers = 0 if request.param == "one process" else 1
    return start_server(ports=(port, port, udp_port), settings={"turn": relay, "workers": workers})


@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
async def test_the_relay_is_there(one_port: RunningServer, tls: bool) -> None:
    assert await allocates(one_port, USER, PASSWORD, tls=tls)


async def test_a_password_of_the_api_is_taken(one_port: RunningServer) -> None:
    asking = urllib.request.Request(
        f"http://{one_port.host}:{one_port.port}/api/v1/relay/credentials",
        method="POST",
        headers={"Authorization": f"Bearer {one_port.token('ann', 'ward')}"},
    )
    with urllib.request.urlopen(asking, timeout=5) as answer:
        (server,) = json.load(answer)["iceServers"]
    assert await allocates(one_port, server["username"], server["credential"], tls=True)


async def allocates(one_port: RunningServer, user: str, password: str, *, tls: bool) -> bool:
    context: ssl.SSLContext | bool = unverified() if tls else False
    relayed, inbox = await turn.create_turn_endpoint(
        Inbox,
        server_addr=(one_port.host, one_port.port),
        username=user,
        password=password,
        ssl=context,
        transport="tcp",
    )
    host: str = relayed.get_extra_info("sockname")[0]
    relayed.close()
    await inbox.closed.wait()
    return host == one_port.host


async def test_the_page_is_there(one_port: RunningServer) -> None:
    assert one_port.get("/") == (200, "OK")


async def test_media_is_there(one_port: RunningServer, room: str, single: bool) -> None:
    async with parties(one_port, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_pictures()
        await ben.sees_pictures_of("ann")
        back: list[bool] = []
        ann.room.on("reconnected", lambda: back.append(True))

        await ann.room.simulate_scenario(SimulateScenarioKind.Value("SIMULATE_FORCE_TCP"))

        await ann.until(lambda: back, "is back", timeout=30)
        await ben.sees_pictures_of("ann")
        assert await protocols(ann) == {"tcp"}
