"""Debian's Firefox ESR, driven over WebDriver BiDi without a driver binary between."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.browser.authorities import trust
from tests.browser.background import Background
from tests.browser.bidi import Bidi, BidiError
from tests.browser.tab import Browser, PageError, Tab
from tests.harness.netns import Namespace
from tests.harness.wait import until

EXECUTABLE = "firefox-esr"
TONE = 700  # Hz, of the fake microphone: without a sound card Web Audio stands still
STARTS_WITHIN = 60.0  # seconds, on two busy cores
PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.navigator.audio.fake_frequency": TONE,
    # Nothing that would call home, ask questions or slow the tests down.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.min_background_timeout_value": 4,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " ", "Escape": "\ue00c"}  # WebDriver's names


class FirefoxTab(Tab):
    fixed_tone = TONE

    def __init__(self, background: Background, bidi: Bidi, context: str) -> None:
        super().__init__()
        self._background = background
        self._bidi = bidi
        self.context = context

    def go(self, url: str) -> None:
        self._background.run(
            self._bidi.send(
                "browsingContext.navigate", context=self.context, url=url, wait="complete"
            )
        )

    def evaluate(self, function: str, *arguments: str, gesture: bool = False) -> Any:
        job = self._bidi.send(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": argument} for argument in arguments],
            target={"context": self.context},
            awaitPromise=True,
            userActivation=gesture,
        )
        answer = self._background.run(job)
        if answer["type"] == "exception":
            raise PageError(str(answer["exceptionDetails"].get("text")))
        return answer["result"].get("value")

    def press(self, *keys: str) -> None:
        actions = [
            {"type": kind, "value": KEYS.get(key, key)}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._background.run(
            self._bidi.send("input.performActions", context=self.context, actions=[source])
        )

    def type(self, text: str) -> None:
        self.press(*text)

    def click(self, selector: str) -> None:
        script = f"() => document.querySelector({json.dumps(selector)}).click()"
        self.evaluate(script, gesture=True)

    def close(self) -> None:
        with suppress(BidiError, ConnectionClosed):  # its browser may have been killed
            self._background.run(self._bidi.send("browsingContext.close", context=self.context))


class Firefox(Browser):
    name = "firefox"

    def __init__(
        self,
        background: Background,
        folder: Path,
        *,
        namespace: Namespace | None = None,
        authority: Path | None = None,
        names: str | None = None,
    ) -> None:
        """`authority`: a certificate that it trusts, PEM. `names`: the address of all of them."""
        super().__init__()
        self._background = background
        profile = folder / "firefox-profile"
        profile.mkdir()
        preferences = PREFERENCES | ({"network.dns.forceResolve": names} if names else {})
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in preferences.items()]
        (profile / "user.js").write_text("\n".join(lines))
        if authority is not None:
            trust(profile, authority)
        self._log = folder / "firefox.log"
        self._process = self._start(profile, namespace)
        self._bidi = self._connect(namespace)

    def _start(self, profile: Path, namespace: Namespace | None) -> subprocess.Popen[bytes]:
        line = [EXECUTABLE, "--headless", "--no-remote", "--profile", str(profile)]
        line += ["--remote-debugging-port", "0", "about:blank"]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                namespace.command(*line) if namespace else line,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(profile)},
                start_new_session=True,
            )

    def _connect(self, namespace: Namespace | None) -> Bidi:
        def port() -> str | None:
            assert self._process.poll() is None, self._log.read_text(errors="replace")
            text = self._log.read_text(errors="replace")
            found = re.search(r"BiDi listening on ws://127\.0\.0\.1:(\d+)", text)
            return found[1] if found else None

        number = until(port, "Firefox listens", STARTS_WITHIN)
        with namespace.entered() if namespace else nullcontext():
            sock = socket.create_connection(("127.0.0.1", int(number)))
        url = f"ws://127.0.0.1:{number}/session"
        return self._background.run(Bidi.open(url, sock))

    def open(self, url: str, *, permissions: Sequence[str] = ()) -> FirefoxTab:
        context = self._background.run(self._bidi.send("browsingContext.create", type="window"))
        tab = FirefoxTab(self._background, self._bidi, context["context"])
        self._background.run(self._listen(tab))
        tab.go(url)
        return tab

    async def _listen(self, tab: FirefoxTab) -> None:
        def log(entry: dict[str, Any]) -> None:
            if entry["source"].get("context") == tab.context:
                tab.said.console.append(str(entry.get("text")))

        def request(entry: dict[str, Any]) -> None:
            if entry.get("context") == tab.context:
                tab.said.requests.append(entry["request"]["url"])

        await self._bidi.listen("log.entryAdded", log)
        await self._bidi.listen("network.beforeRequestSent", request)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        if self._process.poll() is None:
            self._background.run(self._leave())
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self._background.run(self._bidi.close())

    async def _leave(self) -> None:
        with suppress(BidiError, ConnectionClosed):
            await self._bidi.send("browser.close")
