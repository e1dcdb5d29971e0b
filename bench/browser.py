"""Chromium on the measurement page, driven as the browser tests drive theirs."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser import page as tests_page
from tests.browser.background import Background
from tests.browser.chromium import Chromium
from tests.browser.page import Site
from tests.browser.tab import Tab

SOURCES = Path(__file__).parent / "page"
MODULES = tests_page.SOURCES / "node_modules"  # livekit-client and esbuild, as the tests have them


def build(folder: Path) -> None:
    """Bundle the measurement page into a folder."""
    line = [str(MODULES / ".bin/esbuild"), str(SOURCES / "main.ts"), "--bundle"]
    options = ["--target=es2022", "--log-level=warning", f"--outdir={folder}"]
    environment = {**os.environ, "NODE_PATH": str(MODULES)}
    subprocess.run([*line, *options], check=True, env=environment)
    shutil.copy(SOURCES / "index.html", folder)


class Stage:
    """One Chromium; every tab is a participant of its own with a fresh page."""

    def __init__(self, browser: Chromium, url: str) -> None:
        self._browser = browser
        self._url = url

    def open(self) -> Tab:
        return self._browser.open(self._url)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    build(folder)
    with closing(Background()) as background, closing(Site(folder)) as site:
        manager = async_playwright()
        playwright = background.run(manager.__aenter__())
        try:
            with closing(Chromium(background, playwright, folder)) as browser:
                yield Stage(browser, site.url)
        finally:
            background.run(manager.__aexit__(None, None, None))
