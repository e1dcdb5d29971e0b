"""Whole rooms over real sockets by the ways that others do not take: IPv6, portable edges."""

import json
from typing import Any

import pytest

from tests.conftest import Start
from tests.harness.server import OURS, Server, free_ports
from tests.interop.sink import sink

pytestmark = pytest.mark.skipif(not OURS, reason="of our own settings")

PEOPLE, SECONDS = 3, 3.0
SENT = 50 + 30  # packets per second at least that one gets of another: sound and a small picture


def talk(server: Server) -> dict[str, Any]:
    """What a room of some people says of what it got."""
    with sink(server, 1, SECONDS, parties=PEOPLE) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, "the load test failed, see its own output"
    result: dict[str, Any] = json.loads(said)
    return result


@pytest.mark.parametrize(
    ("address", "arguments"), [("::1", ""), ("127.0.0.1", "--portable")], ids=["v6", "portable"]
)
def test_a_room_gets_all_that_it_sends(start_server: Start, address: str, arguments: str) -> None:
    ports = free_ports()
    rtc = {
        "tcp_port": ports[1],
        "udp_port": ports[2],
        "interfaces": {"includes": ["lo"]},
        "ips": {"includes": [f"{address}/{128 if ':' in address else 32}"]},
        "enable_loopback_candidate": True,
    }
    server = start_server(
        addresses=[address], arguments=arguments, ports=ports, settings={"rtc": rtc}
    )
    result = talk(server)

    assert result["packets_out"] > SENT * PEOPLE * (PEOPLE - 1) * SECONDS / 2
    assert result["silent"] == result["unauthentic"] == result["unknown"] == 0
    assert result["picture_breaks"] == result["switch_breaks"] == 0
