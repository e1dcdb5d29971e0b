"""Somebody in front of the clinic's pages, and what must hold of each of them."""

import json
import re
from base64 import b32decode
from collections.abc import Callable
from time import time
from urllib.parse import urlsplit

from api.rules.credentials import code_at
from tests.api.test_up import HOUSECALL
from tests.browser.accessible import accessible
from tests.browser.legible import legible
from tests.browser.visit import Visitor, by_id
from tests.harness.command import run
from tests.harness.server import RunningServer
from tests.harness.wait import until

PASSWORD = "a horse, a staple and a battery"
Open = Callable[..., "Person"]


class Person(Visitor):
    """Somebody in front of the clinic's pages."""

    secret = ""

    def fill(self, testid: str, text: str) -> None:
        """Into a field, instead of what stands there, as by hand but for dates."""
        self._enter(testid, text, "new InputEvent('input', { bubbles: true })")

    def choose(self, testid: str, value: str) -> None:
        """Of what a menu has."""
        self._enter(testid, value, "new Event('change', { bubbles: true })")

    def _enter(self, testid: str, value: str, event: str) -> None:
        places = f"[...document.querySelectorAll('[data-testid=\"{testid}\"]')]"
        field = f"{places}.find((one) => one.checkVisibility())"
        self.until(field)
        self.tab.evaluate(
            f"""(value) => {{
              const field = {field};
              field.focus();
              field.value = value;
              field.dispatchEvent({event});
              return '';
            }}""",
            value,
        )

    def press(self, testid: str, within: str = "", *, dialog: bool = False) -> None:
        """A button that is seen, by its test id, perhaps within the row that has a text, or the
        open dialog."""
        has = f"(row) => row.textContent.includes({json.dumps(within)})"
        rows = f"[...document.querySelectorAll('li.row')].find({has})"
        place = rows if within else "document.querySelector('dialog[open]')"
        found = f"({place if within or dialog else 'document'})?.querySelectorAll"
        shown = f"[...({found}('[data-testid=\"{testid}\"]') ?? [])]"
        button = f"{shown}.find((one) => one.checkVisibility())"
        self.until(button)
        self.tab.evaluate(f"() => {{ {button}.click(); return ''; }}", gesture=True)

    def text(self, testid: str) -> str:
        self.until(by_id(testid))
        return str(self.read(f"{by_id(testid)}.value ?? {by_id(testid)}.textContent.trim()"))

    def sees(self, text: str, testid: str = "") -> None:
        place = by_id(testid) if testid else "document.body"
        self.until(f"{place}?.innerText.includes({json.dumps(text)})")

    def set_up(self, name: str) -> None:
        """Password and authenticator, by a link that is open."""
        self.secret = self.text("totp-secret").replace(" ", "")
        self.fill("name-input", name)
        self.fill("email-input", f"{name.lower()}@north.example")
        self.fill("password-input", PASSWORD)
        self.fill("code-input", self.code())
        self.press("submit-button")
        self.until(by_id("who"))

    def code(self, later: int = 0) -> str:
        """Of the authenticator, so many steps from now: each serves once."""
        return code_at(b32decode(self.secret), int(time()) // 30 + later)


def first_link_of(clinic: RunningServer) -> str:
    """What its first start prints."""
    found = until(lambda: re.search(r"http\S+/#l=hcl_\S+", clinic.text()), "the link is printed")
    return found[0]


def another_workspace(clinic: RunningServer, name: str) -> str:
    """Its first owner's link."""
    folder = clinic.log.parent
    files = ["--config", str(folder / "server.yaml"), "--data", str(folder / "data")]
    made = run([HOUSECALL, "workspace", name, *files])
    token = made.stdout.strip().partition("#")[2]
    return f"http://127.0.0.1:{clinic.port}/#{token}"


def fit(person: Person) -> None:
    """For who hears the page, and for who reads it in a language that is not English."""
    accessible(person)
    legible(person)


def unforced(*people: Person) -> None:
    """Nobody else was asked for anything, no policy was broken, nothing was raised."""
    for one in people:
        asked = [urlsplit(url) for url in one.tab.said.requests]
        assert {url.netloc for url in asked} == {asked[0].netloc}
        assert not [url for url in asked if "hcl_" in url._replace(fragment="").geturl()]
        broken = ("Content Security Policy", "uncaught")
        assert [text for text in one.tab.said.console if any(b in text for b in broken)] == []
