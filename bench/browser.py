"""Chromium on the measurement page, driven as the browser tests drive theirs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.background import Background
from tests.browser.chromium import Chromium
from tests.browser.page import Site, build
from tests.browser.tab import Tab

PAGE = Path(__file__).parent / "page"
MAIN = PAGE / "main.ts"  # of the measurement page


class Stage:
    """One Chromium; every tab is a participant of its own with a fresh page."""

    def __init__(self, browser: Chromium, url: str) -> None:
        self._browser = browser
        self._url = url

    def open(self) -> Tab:
        return self._browser.open(self._url)


@contextmanager
def stage(folder: Path, main: Path = MAIN) -> Iterator[Stage]:
    build(folder, main)
    with closing(Background()) as background, closing(Site(folder)) as site:
        manager = async_playwright()
        playwright = background.run(manager.__aenter__())
        try:
            with closing(Chromium(background, playwright, folder)) as browser:
                yield Stage(browser, site.url)
        finally:
            background.run(manager.__aexit__(None, None, None))
