"""`housecall turn` on free ports, as a user starts it."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from api.tls import make_certificate
from bench.pinning import pinned
from tests.harness.server import free_ports
from tests.harness.wait import until

COMMAND = Path(sys.executable).parent / "housecall"
USER, PASSWORD = "ann", "a-password"
HOST = "127.0.0.1"
STARTS_WITHIN = 60.0  # seconds: on a new machine it compiles its loops first
ENDS_WITHIN = 20.0  # on two busy cores


@dataclass
class RunningRelay:
    port: int  # UDP and TCP
    tls_port: int
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def running(
    folder: Path, settings: Mapping[str, Any] | None = None, *, core: int | None = None
) -> Iterator[RunningRelay]:
    """`settings` are more keys of `turn`. Loopback is opened, since peers of tests are there.

    `core`: the only one that it runs on.
    """
    port, tls_port, _ = free_ports()
    for name, pem in zip(("cert", "key"), make_certificate([HOST], datetime.now(UTC)), strict=True):
        (folder / f"{name}.pem").write_bytes(pem)
    keys: dict[str, Any] = {
        "bind": [HOST],
        "udp_port": port,
        "tcp_port": port,
        "tls_port": tls_port,
        "cert_file": str(folder / "cert.pem"),
        "key_file": str(folder / "key.pem"),
        "users": {USER: PASSWORD},
        "allow_peers": ["127.0.0.0/8"],
    }
    config, log = folder / "relay.yaml", folder / "relay.log"
    config.write_text(yaml.safe_dump({"turn": keys | dict(settings or {})}))
    line = [str(COMMAND), "turn", "--config", str(config)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            line if core is None else pinned(core, line), stdout=out, stderr=subprocess.STDOUT
        )

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        return "turns:" in log.read_text() or f":{port}?transport=tcp" in log.read_text()

    try:
        until(is_ready, "the relay listens", STARTS_WITHIN)
        yield RunningRelay(port, tls_port, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(ENDS_WITHIN) == 0
        finally:
            process.kill()
            process.wait()
    assert "Traceback" not in log.read_text(), log.read_text()
