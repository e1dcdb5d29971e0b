"""The tour of `docs/tour.md`, run as it is written: its commands in real shells, with real curl."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.harness.server import free_ports

PAGE = Path(__file__).parents[2] / "docs" / "tour.md"
BLOCK = re.compile(r"^```sh ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TAIL = 6000  # characters of the server's log beside a failure
ENVIRONMENT = Path(sys.executable).parents[1]
# Also what curl has no word for: every refusal ends the tour, but the one that it expects.
CURL = "fail-with-body\nshow-error\nmax-time = 30\nnoproxy = *\n"


class Tour:
    """Its three terminals, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "server.log"  # all that the server says on standard error
        self.http, tcp, udp = free_ports()
        self.api = self.http  # where its commands go
        self._mail = free_ports()[0]
        (folder / ".venv").symlink_to(ENVIRONMENT)
        (folder / ".curlrc").write_text(CURL)
        self._environment = {
            **{name: value for name, value in os.environ.items() if "HOUSECALL" not in name},
            "CURL_HOME": str(folder),
            "HOUSECALL_PORT": str(self.http),
            "HOUSECALL_RTC_TCP_PORT": str(tcp),
            "HOUSECALL_RTC_UDP_PORT": str(udp),
            "HOUSECALL_RTC_INTERFACES_INCLUDES": "lo",
            "HOUSECALL_TURN_ENABLED": "false",
            "HOUSECALL_LOGGING_LEVEL": "debug",
        }

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The first two terminals."""
        with ExitStack() as stack, self.log.open("wb") as log:
            for name, errors in (("mail", log), ("server", log)):
                process = subprocess.Popen(
                    ["bash", "-c", self.commands(name)],
                    cwd=self.folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,
                )
                stack.callback(_end, process)
            yield

    def commands(self, terminal: str) -> str:
        blocks = [text for name, text in BLOCK.findall(PAGE.read_text()) if name == terminal]
        text = "\n".join(blocks).replace("8025", str(self._mail))
        return text.replace("7880", str(self.api))

    def walk(self) -> str:
        """The third terminal; what it has shown. Any command that fails ends it."""
        script = "set -euo pipefail\n" + self.commands("")
        shown = self.folder / "shown"
        with shown.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            status = process.wait(100)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # whoever is still in the call
            process.wait()
        assert status == 0, f"{shown.read_text()}\n{self.log.read_text()[-TAIL:]}"
        return shown.read_text()


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
