"""`housecall up` as a person runs it: what it prints, what it refuses, how it ends."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from livekit.protocol import models, rtc
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from api.tls import make_certificate
from tests.api.test_tls import NOW
from tests.conftest import Start
from tests.harness.command import run
from tests.harness.server import OURS, RunningServer, free_ports
from tests.harness.wait import until

# Whether a port is free was looked up on loopback alone.
LOOPBACK_MEDIA = {**os.environ, "HOUSECALL_RTC_INTERFACES_INCLUDES": "lo"}
KEY_SECRET = "a-secret-of-the-test-run-only-0123456789"
HOUSECALL = str(Path(sys.executable).parent / "housecall")

pytestmark = pytest.mark.skipif(not OURS, reason="of our own command line")


def housecall(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run([HOUSECALL, *arguments], folder)


@contextmanager
def up(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A server without a configuration file, on free ports."""
    names = ("--port", "--tcp-port", "--udp-port")
    ports = [word for pair in zip(names, map(str, free_ports()), strict=True) for word in pair]
    process = subprocess.Popen(
        [HOUSECALL, "up", *ports, *arguments],
        cwd=folder,
        env={**LOOPBACK_MEDIA, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_link(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The link that it prints, and all before it."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"https?://\S+/#r=\S+", line):
            return found[0], said
    raise AssertionError(f"no link in: {said}")


def ask_for_token(link: str, context: ssl.SSLContext | None = None, **change: str) -> Any:
    page, _, invitation = link.partition("#r=")
    room, _, secret = invitation.rpartition(".")
    body = json.dumps({"room": room, "secret": secret, "name": "Ann"} | change).encode()
    request = urllib.request.Request(f"{page}api/v1/rooms/token", body)
    with urllib.request.urlopen(request, context=context, timeout=5) as answer:
        return json.load(answer)


def test_the_printed_link_leads_into_its_room(tmp_path: Path) -> None:
    with up(tmp_path, "--room", "ward-7") as process:
        link, _ = read_link(process)
        admission = ask_for_token(link)
        query = urlencode({"access_token": admission["token"], "auto_subscribe": 1})

        with connect(f"{admission['url']}/rtc?{query}", proxy=None) as client:
            assert b"ward-7" in client.recv(timeout=5, decode=False)  # the join message


def test_a_link_survives_a_restart_and_the_command_line_makes_the_same(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        link, _ = read_link(process)
    with up(tmp_path) as process:
        again, _ = read_link(process)
    made = housecall(tmp_path, "link", "visit").stdout.strip()

    assert link.partition("#")[2] == again.partition("#")[2] == made.partition("#")[2]


def test_data_stays_in_its_folder_for_its_owner(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        read_link(process)
    stored = sorted((tmp_path / "housecall-data").iterdir())

    assert {path.name for path in stored} >= {
        "housecall.db",
        "keys.yaml",
        "link.key",
        "secrets.yaml",
    }
    assert {path.stat().st_mode & 0o777 for path in stored} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["housecall-data"]


def test_dev_says_that_everybody_knows_its_key(tmp_path: Path) -> None:
    with up(tmp_path, "--dev") as process:
        _, said = read_link(process)

    assert said.count("devkey") == 1
    assert "camera" not in said  # loopback


def test_without_tls_it_says_what_browsers_will_do(tmp_path: Path) -> None:
    with up(tmp_path, "--bind", "0.0.0.0") as process:
        _, said = read_link(process)

    assert "browsers refuse camera and microphone" in said
    assert "--tls self" in said


def test_its_own_certificate_is_used_and_its_fingerprint_printed(tmp_path: Path) -> None:
    with up(tmp_path, "--tls", "self", "--bind", "127.0.0.1") as process:
        link, _ = read_link(process)
        assert process.stdout is not None
        printed = "".join(line for _, line in zip(range(4), process.stdout, strict=False))
        authority = tmp_path / "housecall-data" / "tls-certificate.pem"
        context = ssl.create_default_context(cafile=authority)

        assert link.startswith("https://127.0.0.1:")
        admission = ask_for_token(link, context)
        assert admission["url"].startswith("wss://127.0.0.1:")
        address = f"{admission['url']}/rtc?access_token={admission['token']}"
        with connect(address, ssl=context, proxy=None) as client:
            assert client.recv(timeout=5, decode=False)
        assert re.search(r"^  ([0-9A-F]{2}:){31}[0-9A-F]{2}$", printed, re.MULTILINE)


def test_a_renewed_certificate_is_shown_to_new_connections(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def renew() -> str:
        pem, private = make_certificate(["127.0.0.1"], NOW)
        key.write_bytes(private)
        certificate.write_bytes(pem)
        return pem.decode()

    renew()
    arguments = ["--tls-cert", str(certificate), "--tls-key", str(key), "--bind", "127.0.0.1"]
    with up(tmp_path, *arguments) as process:
        link, _ = read_link(process)
        port = int(link.split(":")[2].split("/")[0])
        fresh = renew()

        until(
            lambda: ssl.get_server_certificate(("127.0.0.1", port)) == fresh,
            "the new certificate is shown",
            10.0,
        )


@pytest.mark.parametrize(
    ("which", "kind"),
    [
        ("--port", socket.SOCK_STREAM),
        ("--tcp-port", socket.SOCK_STREAM),
        ("--udp-port", socket.SOCK_DGRAM),
    ],
)
def test_a_busy_port_is_one_clear_sentence(tmp_path: Path, which: str, kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = str(taken.getsockname()[1])
        with up(tmp_path, which, port) as process:
            said = process.communicate(timeout=20)[0]

    assert process.returncode == 1
    assert said == (
        f"housecall: port {port} on 127.0.0.1 is in use: end the program that has it, "
        f"or choose another with {which}\n"
    )


def test_keys_of_a_file_that_do_nothing_are_named(start_server: Start, tmp_path: Path) -> None:
    file = tmp_path / "livekit.yaml"
    file.write_text(
        "keys: {a: b}\nport: 1\nrct: {}\nrtc: {use_external_ip: true}\ningress: {rtmp_base_url: x}"
    )
    with up(tmp_path, "--config", str(file), "--bind", "127.0.0.1") as process:
        _, said = read_link(process)

    assert "the setting rct is not known" in said
    for key in ("rtc.use_external_ip", "ingress"):
        assert said.count(f"the setting {key} is not supported yet") == 1


def test_a_token_of_the_command_line_opens_its_room(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        link, _ = read_link(process)
        made = housecall(tmp_path, "token", "--room", "ward", "--identity", "ann", "--name", "Ann")
        page = link.partition("#")[0]

        with urllib.request.urlopen(
            f"{page}rtc/validate?access_token={made.stdout.strip()}", timeout=5
        ) as answer:
            assert answer.read() == b"success"


def open_call(server: RunningServer, **options: Any) -> Any:
    query = urlencode({"access_token": server.token("ann", "ward"), "auto_subscribe": 1})
    return connect(f"{server.url}/rtc?{query}", proxy=None, **options)


def send_and_listen(client: ClientConnection, frame: bytes) -> None:
    client.send(frame)
    while True:
        client.recv(timeout=5)


def test_a_socket_with_a_request_line_of_60000_bytes_opens(server: RunningServer) -> None:
    token = server.token("ann", "ward", metadata="m" * 44_200)
    query = urlencode({"access_token": token})
    assert len(query) > 59_000

    with connect(f"{server.url}/rtc?{query}", proxy=None) as client:
        assert client.recv(timeout=5, decode=False)


def test_a_refused_socket_reads_why(server: RunningServer) -> None:
    with pytest.raises(InvalidStatus) as refusal, connect(f"{server.url}/rtc", proxy=None):
        pass

    assert refusal.value.response.status_code == 401
    assert refusal.value.response.body


def test_messages_are_not_compressed_and_not_too_long(server: RunningServer) -> None:
    with open_call(server, max_size=None) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        client.recv(timeout=5)
        with pytest.raises(ConnectionClosed):
            send_and_listen(client, b"\x00" * (2 * 1024 * 1024 + 1))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_calls_end_politely(start_server: Start, number: signal.Signals) -> None:
    server = start_server()
    with open_call(server) as client:
        client.recv(timeout=5)
        server.process.send_signal(number)
        responses = [rtc.SignalResponse.FromString(message) for message in client]

    assert server.process.wait(5) == 0
    assert responses[-1].leave.reason == models.SERVER_SHUTDOWN


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    """For whoever the call's end is told to, who takes nothing."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        file = tmp_path / "livekit.yaml"
        file.write_text(f"keys: {{a: {KEY_SECRET}}}\nwebhook: {{api_key: a, urls: ['{url}']}}")
        with up(tmp_path, "--config", str(file), "--bind", "127.0.0.1") as process:
            admission = ask_for_token(read_link(process)[0])
            address = f"{admission['url']}/rtc?access_token={admission['token']}"
            with connect(address, proxy=None) as client:
                client.recv(timeout=5)
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGINT)
                said, _ = process.communicate(timeout=60)

    assert process.returncode == 1  # of a polite end it is 0
    assert "ended at once, as a second signal asked for" in said


def test_no_log_holds_a_token_or_a_secret(tmp_path: Path) -> None:
    with up(tmp_path, "--log-level", "debug") as process:
        link, _ = read_link(process)
        token = ask_for_token(link)["token"]
        page = link.partition("#")[0].replace("http", "ws")
        with connect(f"{page}rtc?access_token={token}", proxy=None) as client:
            client.recv(timeout=5)
        with pytest.raises(InvalidStatus), connect(f"{page}rtc?access_token={token}x", proxy=None):
            pass
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=10)[0]

    assert token[:40] not in said
    assert link.rpartition(".")[2] not in said
