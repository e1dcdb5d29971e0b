"""The test page as files, and a web server for it in any network."""

import os
import shutil
import subprocess
import threading
from contextlib import nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.harness.netns import Namespace

SOURCES = Path(__file__).parent
MODULES = SOURCES / "node_modules"


def build(folder: Path, main: Path = SOURCES / "src" / "main.ts") -> None:
    """Bundle a page into a folder, the test page by default: a third of a second, never stale.

    Wherever `main` is, it has the packages and the HTML of the test page.
    """
    line = [str(MODULES / ".bin/esbuild"), str(main), "--bundle"]
    options = ["--target=es2022", "--log-level=warning", f"--outdir={folder}"]
    environment = {**os.environ, "NODE_PATH": str(MODULES)}
    subprocess.run([*line, *options], check=True, env=environment)
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
