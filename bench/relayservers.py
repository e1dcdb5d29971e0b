"""What is compared as a relay: ours alone, ours with media beside it, coturn; and a peer."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.pinning import pinned
from tests.harness import relay
from tests.harness.relay import HOST, PASSWORD, USER
from tests.harness.server import free_ports
from tests.harness.wait import until

UNBOUNDED = {"per_user_relay_allocation_limit": 0, "per_user_bandwidth": 0}


@dataclass(frozen=True)
class Started:
    port: int
    process: int


@contextmanager
def started(server: str, folder: Path, core: int) -> Iterator[Started]:
    if server == "ours":
        with relay.running(folder, UNBOUNDED, core=core) as one:
            yield Started(one.port, one.process.pid)
    else:
        with coturn(folder, core) as begun:
            yield begun


@contextmanager
def own_media(core: int) -> Iterator[tuple[Started, int]]:
    """The relay, and the port of its media."""
    line = pinned(core, [sys.executable, "-m", "bench.ownmedia"])
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        door, media = map(int, process.stdout.readline().split())
        yield Started(door, process.pid), media
    finally:
        process.kill()
        process.wait()


@contextmanager
def far_echo(core: int) -> Iterator[int]:
    """The port of a peer that sends everything back."""
    _, _, port = free_ports()
    line = pinned(core, ["turnutils_peer", "-L", HOST, "-p", str(port)])
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: is_listening(port, "udp"), "the peer is there")
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def coturn(folder: Path, core: int) -> Iterator[Started]:
    """Debian's, with one thread for relaying, and nothing that it need not do."""
    program = shutil.which("turnserver")
    if program is None:
        raise FileNotFoundError("turnserver is missing: install coturn")
    port, _, _ = free_ports()
    log = folder / "coturn.log"
    line = [
        program, "-n", "-L", HOST, "-E", HOST, "-p", str(port), "-u", f"{USER}:{PASSWORD}",
        "-r", "bench", "-a", "-m", "1", "--no-tls", "--no-dtls", "--no-cli", "--simple-log",
        "--allow-loopback-peers", "-l", str(log), f"--pidfile={folder / 'pid'}",
        "-b", str(folder / "db"),
    ]  # fmt: skip
    process = subprocess.Popen(
        pinned(core, line), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: is_listening(port), "coturn listens")
        yield Started(port, process.pid)
    finally:
        process.kill()
        process.wait()


def is_listening(port: int, protocol: str = "tcp") -> bool:
    lines = Path(f"/proc/net/{protocol}").read_text().splitlines()
    return any(f":{port:04X} " in line for line in lines)
