"""Debian's Chromium, driven by Playwright over a pipe."""

import os
import signal
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Browser as Driven
from playwright.async_api import Error, Page, Playwright

from tests.browser import authorities
from tests.browser.background import Background
from tests.browser.tab import Browser, PageError, Tab
from tests.harness.netns import Namespace

T = TypeVar("T")
EXECUTABLE = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",  # tests may run as root in a container
    "--use-fake-device-for-media-stream=display-media-type=monitor",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]


class ChromiumTab(Tab):
    def __init__(self, background: Background, page: Page) -> None:
        super().__init__()
        self._background = background
        self.page = page
        page.on("console", lambda message: self.said.console.append(message.text))
        page.on("pageerror", lambda error: self.said.console.append(f"uncaught: {error}"))
        page.on("request", lambda request: self.said.requests.append(request.url))
        page.on("websocket", lambda socket: self.said.requests.append(socket.url))

    def go(self, url: str) -> None:
        self._background.run(self._go(url))

    async def _go(self, url: str) -> None:
        await self.page.goto(url)

    def evaluate(self, function: str, *arguments: str, gesture: bool = False) -> Any:
        if gesture:
            return self._background.run(self._with_gesture(function, arguments))
        spread = f"(all) => ({function})(...all)"
        return self._background.run(self._evaluate(spread, arguments))

    async def _evaluate(self, function: str, arguments: Sequence[str]) -> Any:
        return await self.page.evaluate(function, list(arguments))

    async def _with_gesture(self, function: str, arguments: Sequence[str]) -> Any:
        session = await self.page.context.new_cdp_session(self.page)
        parameters = ", ".join(map(repr, arguments))
        answer = await session.send(
            "Runtime.evaluate",
            {
                "expression": f"({function})({parameters})",
                "awaitPromise": True,
                "returnByValue": True,
                "userGesture": True,
            },
        )
        await session.detach()
        if "exceptionDetails" in answer:
            raise PageError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_for(self, job: Coroutine[Any, Any, T]) -> T:
        """The result of one of the page's own methods."""
        return self._background.run(job)

    def press(self, *keys: str) -> None:
        for key in keys:
            self._background.run(self.page.keyboard.press(key))

    def type(self, text: str) -> None:
        self._background.run(self.page.keyboard.type(text))

    def click(self, selector: str) -> None:
        self._background.run(self.page.click(selector))

    def close(self) -> None:
        with suppress(Error):  # its browser may have been killed
            self._background.run(self.page.context.close())


class Chromium(Browser):
    name = "chromium"

    def __init__(
        self,
        background: Background,
        playwright: Playwright,
        folder: Path,
        *,
        namespace: Namespace | None = None,
        flags: Sequence[str] = (),
        home: Path | None = None,
    ) -> None:
        """`home`: a folder with certificates that it shall trust (`trust`)."""
        super().__init__()
        self._background = background
        executable = _wrapper(folder, namespace) if namespace else Path(EXECUTABLE)
        environment: dict[str, Any] | None = {**os.environ, "HOME": str(home)} if home else None
        self._driven = background.run(
            self._launch(playwright, executable, [*FLAGS, *flags], environment)
        )

    @staticmethod
    async def _launch(
        playwright: Playwright,
        executable: Path,
        flags: list[str],
        environment: dict[str, Any] | None,
    ) -> Driven:
        # Playwright's default of muted audio stays: it silences the loudspeakers only.
        return await playwright.chromium.launch(
            executable_path=executable, args=flags, env=environment
        )

    def open(
        self,
        url: str,
        *,
        permissions: Sequence[str] = ("camera", "microphone"),
        locale: str = "en-US",
    ) -> ChromiumTab:
        """`locale`: the language that its person reads."""
        return self._background.run(self._open(url, permissions, locale))

    async def _open(self, url: str, permissions: Sequence[str], locale: str) -> ChromiumTab:
        context = await self._driven.new_context(ignore_https_errors=True, locale=locale)
        await context.grant_permissions(list(permissions))
        tab = ChromiumTab(self._background, await context.new_page())
        await tab._go(url)
        return tab

    @property
    def is_alive(self) -> bool:
        return self._driven.is_connected()

    def kill(self) -> None:
        for process in self._background.run(self._processes()):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    async def _processes(self) -> list[int]:
        session = await self._driven.new_browser_cdp_session()
        answer = await session.send("SystemInfo.getProcessInfo")
        # The browser itself comes last: killed first it would end the others politely.
        info = sorted(answer["processInfo"], key=lambda process: process["type"] == "browser")
        return [process["id"] for process in info]

    def close(self) -> None:
        with suppress(Error):
            self._background.run(self._driven.close())


def trust(home: Path, authority: Path) -> None:
    """Make a browser with this home take certificates of an authority (PEM)."""
    authorities.trust(home / ".pki" / "nssdb", authority)


def _wrapper(folder: Path, namespace: Namespace) -> Path:
    """An executable that starts Chromium inside a namespace."""
    script = folder / f"chromium-{namespace.pid}"
    line = " ".join(namespace.command(EXECUTABLE))
    script.write_text(f'#!/bin/sh\nexec {line} "$@"\n')
    script.chmod(0o755)
    return script
