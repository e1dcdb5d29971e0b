"""The test page as files, and a web server for it in any network."""

import shutil
import subprocess
import threading
from contextlib import nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.harness.netns import Namespace

SOURCES = Path(__file__).parent


def build(folder: Path) -> None:
    """Bundle the test page into a folder: a third of a second, and never stale."""
    line = [str(SOURCES / "node_modules/.bin/esbuild"), str(SOURCES / "src/main.ts"), "--bundle"]
    options = ["--target=es2022", "--log-level=warning", f"--outdir={folder}"]
    subprocess.run([*line, *options], check=True)
    shutil.copy(SOURCES / "index.html", folder)


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the test's own output tells enough."""


class Site:
    """A folder on a loopback address, which browsers take for a secure context."""

    def __init__(self, folder: Path, namespace: Namespace | None = None) -> None:
        with namespace.entered() if namespace else nullcontext():
            handler = partial(Handler, directory=str(folder))
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, name="test page")
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
