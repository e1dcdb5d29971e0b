"""Whole rooms over real sockets by the ways that others do not take: IPv6, portable edges."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import Start
from tests.harness.server import OURS, Server, free_ports

pytestmark = pytest.mark.skipif(not OURS, reason="of our own settings")

PEOPLE, SECONDS = 3, 3.0
SENT = 50 + 30  # packets per second at least that one gets of another: sound and a small picture
# A clip of two seconds takes one to encode.
MORE = json.dumps({"parties": PEOPLE, "clip": 2.0})


def talk(server: Server) -> dict[str, Any]:
    """What a room of some people says of what it got."""
    line = [sys.executable, "-m", "tests.interop.sink", server.url, server.key, server.secret]
    line += ["1", str(SECONDS), MORE]
    said = subprocess.run(line, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    result: dict[str, Any] = json.loads(said.stdout)
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
