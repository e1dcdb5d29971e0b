"""`housecall doctor` beside a running server, and beside one that has something wrong."""

import os
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.doctor import relayed
from api.doctor.relayed import RelayClient
from api.doctor.relays import attempt
from api.doctor.visit import IceServer
from tests.conftest import Start
from tests.harness import relay
from tests.harness.authority import issue
from tests.harness.relay import COMMAND, HOST, PASSWORD, USER
from tests.harness.server import OURS, RunningServer, free_ports

NAME = "localhost"

pytestmark = pytest.mark.skipif(not OURS, reason="of our own command line")


def doctor(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [COMMAND, "doctor", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout


def failures(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("failed")]


@pytest.fixture(scope="module")
def well(
    start_server: Start, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunningServer, Path]:
    """A server with all that there is, and the authority behind its certificate."""
    authority, certificate, key = issue(tmp_path_factory.mktemp("authority"), NAME)
    port, tcp_port, udp_port = free_ports()
    _, tls_port, relay_port = free_ports()
    files = {"cert_file": str(certificate), "key_file": str(key)}
    turn = {
        "domain": NAME, "udp_port": relay_port, "tcp_port": port, "tls_port": tls_port,
        "enabled": True,
    }  # fmt: skip
    server = start_server(
        ports=(port, tcp_port, udp_port), scheme="wss", settings={"tls": files, "turn": turn}
    )
    return server, authority


def configuration(server: RunningServer) -> Path:
    return server.log.parent / "server.yaml"


def test_a_server_that_is_well(well: tuple[RunningServer, Path]) -> None:
    server, authority = well
    arguments = ["--config", str(configuration(server)), "--data", "data"]
    status, said = doctor(server.log.parent, *arguments, SSL_CERT_FILE=str(authority))

    assert (status, failures(said)) == (0, []), said
    for way in ("udp", "tcp"):
        assert f"?transport={way} relays to media and back" in said
    assert f"turns:{NAME}" in said
    for expected in ("(UDP)", "(TCP)", "a client may join", "is good until", f"{NAME} leads here"):
        assert expected in said


def test_a_certificate_that_nobody_vouches_for(well: tuple[RunningServer, Path]) -> None:
    server, _ = well
    status, said = doctor(
        server.log.parent, "--config", str(configuration(server)), "--data", "data"
    )

    assert status == 1
    (failed,) = failures(said)
    assert f"browsers refuse the certificate of turns:{NAME}" in failed
    assert "get one from an authority" in failed


def test_from_another_machine(well: tuple[RunningServer, Path], tmp_path: Path) -> None:
    server, authority = well
    config = tmp_path / "keys.yaml"
    config.write_text(yaml.safe_dump({"keys": {server.key: server.secret}}))

    def look(url: str, **environment: str) -> tuple[int, str]:
        return doctor(tmp_path, "--url", url, "--config", "keys.yaml", **environment)

    url = f"https://{NAME}:{server.port}"
    status, said = look(url, SSL_CERT_FILE=str(authority))
    assert (status, failures(said)) == (0, []), said
    assert said.count("relays to media and back") == 3
    assert "get one from an authority" in look(url)[1]
    port = free_ports()[0]
    assert f"let the firewalls let TCP port {port}" in look(f"https://{NAME}:{port}")[1]
    assert "make a DNS record" in look("https://no.such.invalid")[1]


def test_an_address_that_is_none(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "doctor", "--url", "visit"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "housecall: 'visit' is not an http or https address\n"


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda keys: keys.update(keys={"other": "s" * 32}), "are these the settings"),
        (lambda keys: keys["turn"].update(domain="no.such.invalid"), "make a DNS record for it"),
    ],
    ids=["other keys", "a name that leads nowhere"],
)
def test_settings_that_are_not_the_server_s(
    well: tuple[RunningServer, Path], tmp_path: Path, change: Change, sentence: str
) -> None:
    keys = yaml.safe_load(configuration(well[0]).read_text())
    change(keys)
    config = tmp_path / "server.yaml"
    config.write_text(yaml.safe_dump(keys))
    status, said = doctor(tmp_path, "--config", str(config), SSL_CERT_FILE=str(well[1]))

    assert status == 1
    assert any(sentence in failed for failed in failures(said)), said


def test_a_server_that_does_not_run_and_a_port_that_is_somebody_else_s(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        environment = {"LIVEKIT_PORT": str(port)}
        assert (
            f"port {port} on 127.0.0.1 is in use: end the program"
            in (doctor(tmp_path, **environment)[1])
        )
    status, said = doctor(tmp_path, **environment)

    assert status == 1
    assert "start it with `housecall up`" in said


def test_a_relay_alone_by_both_families(tmp_path: Path) -> None:
    """Clients and peers: each by IPv4 and by IPv6."""
    both = {"bind": [HOST, "::1"], "allow_peers": ["127.0.0.0/8", "::1/128"], "tls_port": 0}
    with relay.running(tmp_path, both):
        arguments = ["--alone", "--config", "relay.yaml"]
        status, said = doctor(tmp_path, *arguments)

    assert (status, failures(said)) == (0, []), said
    for version in (4, 6):
        assert said.count(f"relays to this machine and back by IPv{version}") == 4
    assert "turn:[::1]:" in said
    status, said = doctor(tmp_path, *arguments)
    assert status == 1
    assert said.count("is not listened on: does the relay run") == 8


def test_a_relay_that_refuses_and_one_that_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relayed, "PATIENCE", 0.3)

    def look(port: int, password: str, peer: tuple[str, int]) -> str:
        server = IceServer(f"turn:{HOST}:{port}?transport=udp", USER, password)

        def use(client: RelayClient) -> str:
            client.permit(peer)
            return "relays"

        found = attempt(server, 4, use, [HOST], ssl.create_default_context())
        return found.sentence

    with relay.running(tmp_path, {"tls_port": 0}) as running:
        assert look(running.port, PASSWORD, (HOST, 5000)).endswith(" relays")
        assert "refuses the password" in look(running.port, "wrong", (HOST, 5000))
        assert "turn.deny_peer_cidrs" in look(running.port, PASSWORD, ("10.0.0.1", 5000))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        said = look(silent.getsockname()[1], PASSWORD, (HOST, 5000))
    assert "does not answer: let the firewalls let UDP port" in said
