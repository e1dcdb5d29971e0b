"""A LiveKit server under test: one that we start as a user does, or one that already runs."""

import http.client
import os
import random
import shlex
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.harness import tokens
from tests.harness.netns import Namespace
from tests.harness.wait import until

KEY = "devkey"
SECRET = "a-secret-of-the-test-run-only-0123456789"
OURS = "HOUSECALL_TEST_COMMAND" not in os.environ
COMMAND = f"{Path(sys.executable).parent / 'housecall'} up --config {{config}} --data {{data}}"
ANYBODY = ssl._create_unverified_context()
PORTS = range(12_000, 32_000)  # below those that Linux gives to clients
STOPS_WITHIN = 5.0  # seconds after SIGTERM
STARTS_WITHIN = 20.0  # seconds, on two busy cores


@dataclass
class Server:
    """Where a server is and how to be let in."""

    url: str  # ws://host:port
    key: str
    secret: str
    udp_port: int = 7882
    namespace: Namespace | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    def token(self, identity: str, room: str, **options: Any) -> str:
        """A token for one person in one room; options as `tokens.claims` takes them."""
        return tokens.mint(self.secret, tokens.claims(self.key, identity, room, **options))

    def connect(self) -> socket.socket:
        """A TCP connection to the HTTP port, from inside the server's own network."""
        with self.namespace.entered() if self.namespace else nullcontext():
            return socket.create_connection((self.host, self.port), timeout=5)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The status and the body that a plain HTTP request is answered with."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        connection.sock = self.connect()
        if self.url.startswith("wss:"):  # with a certificate that nobody vouches for
            connection.sock = ANYBODY.wrap_socket(connection.sock)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@dataclass
class RunningServer(Server):
    """A server that we started and must stop."""

    process: subprocess.Popen[bytes] = field(kw_only=True)
    log: Path = field(kw_only=True)

    def stop(self) -> int:
        """End it politely; returns its exit status, negative when it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def text(self) -> str:
        """All that it has printed so far."""
        return self.log.read_text(errors="replace")


def start(
    folder: Path,
    *,
    namespace: Namespace | None = None,
    addresses: list[str] | None = None,
    arguments: str = "",
    ports: tuple[int, int, int] | None = None,
    scheme: str = "ws",
    command: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RunningServer:
    """Start a server on free ports (or in a namespace of its own) and wait until it is ready.

    `settings` are more keys of its configuration. HOUSECALL_TEST_COMMAND starts another one:
    `{config}` and `{data}` become its configuration file (LiveKit's YAML) and a folder of its own.
    """
    http_port, tcp_port, udp_port = ports or free_ports()
    config = folder / "server.yaml"
    keys = _config(addresses, http_port, tcp_port, udp_port)
    more = dict(settings or {})
    keys["rtc"] |= more.pop("rtc", {})  # its ports stay free ones
    keys |= more
    config.write_text(yaml.safe_dump(keys))
    template = command or os.environ.get("HOUSECALL_TEST_COMMAND", COMMAND)
    line = shlex.split(f"{template} {arguments}".format(config=config, data=folder / "data"))
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            namespace.command(*line) if namespace else line,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    host = (addresses or ["127.0.0.1"])[0]
    host = f"[{host}]" if ":" in host else host
    server = RunningServer(
        url=f"{scheme}://{host}:{http_port}",
        key=KEY,
        secret=SECRET,
        udp_port=udp_port,
        namespace=namespace,
        process=process,
        log=log,
    )
    _wait_until_ready(server)
    return server


def given() -> Server | None:
    """The running server that the environment names, if any."""
    url = os.environ.get("HOUSECALL_TEST_URL")
    if not url:
        return None
    key, secret = os.environ["HOUSECALL_TEST_KEY"], os.environ["HOUSECALL_TEST_SECRET"]
    return Server(url, key, secret, int(os.environ.get("HOUSECALL_TEST_UDP_PORT", "7882")))


def free_ports() -> tuple[int, int, int]:
    """Ports for HTTP, TCP media and UDP media that nobody uses now, on any address."""
    stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
    return free_port(stream), free_port(stream), free_port(datagram)


def free_port(kind: socket.SocketKind) -> int:
    """None that the system gives to a client meanwhile: browsers beside us take many."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket(socket.AF_INET, kind) as one, suppress(OSError):
            one.bind(("", port))
            return port
    raise AssertionError("no port is free")


def _config(
    addresses: list[str] | None, http_port: int, tcp_port: int, udp_port: int
) -> dict[str, Any]:
    rtc: dict[str, Any] = {"tcp_port": tcp_port, "udp_port": udp_port, "use_external_ip": False}
    ordinary = [address for address in addresses or [] if not address.startswith("127.")]
    if ordinary:
        rtc["node_ip"] = ordinary[0]
    else:
        rtc |= {"interfaces": {"includes": ["lo"]}, "enable_loopback_candidate": True}
    return {
        "port": http_port,
        "bind_addresses": addresses or ["127.0.0.1"],
        "rtc": rtc,
        "keys": {KEY: SECRET},
    }


def _wait_until_ready(server: RunningServer) -> None:
    def ready() -> bool:
        code = server.process.poll()
        assert code is None, f"the server ended with {code}:\n{server.text()}"
        try:
            with server.connect():
                return True
        except OSError:
            return False

    def answers() -> bool:
        code = server.process.poll()
        assert code is None, f"the server ended with {code}:\n{server.text()}"
        try:
            return server.get("/") == (200, "OK")
        except OSError:  # it listens before its media processes are there
            return False

    try:
        until(ready, "the server listens", STARTS_WITHIN)
        until(answers, "the server is ready", STARTS_WITHIN)
    except BaseException:
        server.process.kill()
        server.process.wait()
        raise
