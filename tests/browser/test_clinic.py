"""The clinic's pages as its people use them: from the printed link to a visit."""

import json
import re
import subprocess
from base64 import b32decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import time
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from api.rules.credentials import code_at
from tests.api.test_up import HOUSECALL
from tests.browser.chromium import ChromiumTab
from tests.browser.conftest import Seats
from tests.browser.test_page import accessible
from tests.browser.visit import Visitor, by_id
from tests.conftest import Start
from tests.harness.server import OURS, RunningServer
from tests.harness.wait import until

pytestmark = pytest.mark.skipif(not OURS, reason="of our own pages")

PASSWORD = "a horse, a staple and a battery"
Open = Callable[[str], "Person"]


class Person(Visitor):
    """Somebody in front of the clinic's pages."""

    secret = ""

    def fill(self, testid: str, text: str) -> None:
        """Into a field, instead of what stands there, as by hand but for dates."""
        self.until(f"{by_id(testid)}?.checkVisibility()")
        self.tab.evaluate(
            """(testid, text) => {
              const field = document.querySelector(`[data-testid="${testid}"]`);
              field.focus();
              field.value = text;
              field.dispatchEvent(new InputEvent('input', { bubbles: true }));
              return '';
            }""",
            testid,
            text,
        )

    def press(self, testid: str, within: str = "") -> None:
        """A button, by its test id, perhaps within the row that has a text."""
        has = f"(row) => row.textContent.includes({json.dumps(within)})"
        rows = f"[...document.querySelectorAll('li.row')].find({has})"
        button = f"{rows if within else 'document'}?.querySelector('[data-testid={testid}]')"
        self.until(f"{button}?.checkVisibility()")
        self.tab.evaluate(f"() => {{ {button}.click(); return ''; }}", gesture=True)

    def text(self, testid: str) -> str:
        self.until(by_id(testid))
        return str(self.read(f"{by_id(testid)}.value ?? {by_id(testid)}.textContent.trim()"))

    def sees(self, text: str, testid: str = "") -> None:
        place = by_id(testid) if testid else "document.body"
        self.until(f"{place}.innerText.includes({json.dumps(text)})")

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


@pytest.fixture(scope="module")
def clinic(start_server: Start) -> RunningServer:
    return start_server(settings={"clinic": {"enabled": True}})


@pytest.fixture
def person(seats: Seats) -> Iterator[Open]:
    """Open a link in a browser that knows nothing yet."""
    with ExitStack() as stack:

        def person(link: str) -> Person:
            tab = seats("chromium").browser.open(link)
            stack.callback(tab.close)
            return Person(tab)

        yield person


@pytest.fixture(scope="module")
def first_link(clinic: RunningServer) -> str:
    found = until(lambda: re.search(r"http\S+/#l=hcl_\S+", clinic.text()), "the link is printed")
    return found[0]


def test_from_the_first_link_to_a_visit(person: Open, first_link: str) -> None:
    olga = person(first_link)
    olga.until(by_id("totp-secret"))
    accessible(olga)
    olga.set_up("Olga")
    accessible(olga)
    invite_carl(olga, person)
    add_pat(olga)
    link = make_visit(olga)

    pat = come_by(person(link))
    olga.sees("Pat Moss is in the waiting room", "live-region")
    accessible(olga)
    assert pat.read(f"{by_id('leave-button')} === null") is True
    olga.press("join-visit")
    olga.press("join-button")
    olga.until(by_id("leave-button"))
    olga.press("admit-button")
    pat.until(by_id("leave-button"))
    olga.sees_movement()
    pat.sees_movement()
    accessible(olga)

    olga.press("put-back-button")
    pat.until(by_id("waiting"))
    olga.until("!document.querySelector('[data-testid=tile][data-local=false]')")
    olga.press("admit-button")
    pat.sees_movement()
    olga.press("end-visit")
    olga.press("confirm-yes")
    pat.until(f"{by_id('ending')}?.dataset.ending === 'closed'")
    olga.until(f"{by_id('ending')}?.dataset.ending === 'closed'")
    olga.press("onward-button")
    olga.until("document.querySelector('[data-testid=meeting][data-status=ended]')")
    accessible(olga)
    unforced(olga, pat)


def invite_carl(olga: Person, person: Open) -> None:
    olga.press("nav-staff")
    olga.press("invite-staff")
    olga.fill("name-input", "Carl")
    olga.fill("email-input", "carl@north.example")
    accessible(olga)
    olga.press("submit-button")
    link = olga.text("link-url")
    accessible(olga)
    olga.press("link-close")
    carl = person(link)
    carl.set_up("Carl")
    carl.press("nav-staff")
    carl.until("document.querySelectorAll('[data-testid=member]').length === 2")
    assert carl.read(by_id("invite-staff")) is None  # not his to do


def add_pat(olga: Person) -> None:
    olga.press("nav-patients")
    olga.press("add-patient")
    olga.fill("name-input", "Pat Moss")
    olga.fill("birthDate-input", "1980-02-29")
    accessible(olga)
    olga.press("submit-button")
    olga.press("edit-patient", "Pat Moss")
    olga.fill("reference-input", "A-17")
    olga.press("submit-button")
    olga.sees("A-17")
    olga.fill("patient-search", "nobody at all")
    olga.until(by_id("empty"))
    olga.fill("patient-search", "moss")
    olga.until(by_id("patient"))
    accessible(olga)


def make_visit(olga: Person) -> str:
    """At the next quarter of an hour; returns the patient's link."""
    olga.press("nav-day")
    olga.press("new-visit")
    olga.press("picker-choice")
    accessible(olga)
    olga.press("submit-button")
    olga.until(f"{by_id('invite-dialog')}.open")
    accessible(olga)
    olga.press("invite-link")
    link = olga.text("link-url")
    accessible(olga)
    olga.press("link-close")
    olga.until("document.querySelector('[data-testid=meeting][data-status=open]')")
    return link


def come_by(pat: Person) -> Person:
    """By the link, the date of birth and the lobby into the waiting room."""
    accessible(pat)
    pat.press("submit-button")
    pat.fill("birthDate-input", "1980-02-28")
    pat.press("submit-button")
    pat.until(by_id("error-message"))
    pat.fill("birthDate-input", "1980-02-29")
    accessible(pat)
    pat.press("submit-button")
    pat.press("join-button")
    pat.until(by_id("waiting"))
    assert "next" in pat.text("wait-place")
    accessible(pat)
    return pat


def unforced(*people: Person) -> None:
    """Nobody else was asked for anything, no policy was broken, nothing was raised."""
    for one in people:
        asked = [urlsplit(url) for url in one.tab.said.requests]
        assert {url.netloc for url in asked} == {asked[0].netloc}
        assert not [url for url in asked if "hcl_" in url._replace(fragment="").geturl()]
        broken = ("Content Security Policy", "uncaught")
        assert [text for text in one.tab.said.console if any(b in text for b in broken)] == []


def test_links_that_are_not_good_and_people_who_idle_are_told_so(
    clinic: RunningServer, person: Open
) -> None:
    link = another_workspace(clinic)
    stranger = person(f"{link.partition('#')[0]}#a=hca_{'x' * 64}&m={uuid4()}")
    stranger.press("answer-accepted")
    stranger.until(by_id("error-message"))
    accessible(stranger)

    sofia = person(link)
    sofia.set_up("Sofia")
    clock = Clock(sofia)
    clock.go(12 * 60)
    sofia.until(f"{by_id('idle-dialog')}.open")
    accessible(sofia)
    sofia.tab.press("Escape")
    sofia.until(f"!{by_id('idle-dialog')}.open")
    clock.go(12 * 60)
    sofia.until(f"{by_id('idle-dialog')}.open")
    clock.go(60)
    sofia.until(by_id("reason"))
    accessible(sofia)

    sofia.fill("email-input", "sofia@north.example")
    sofia.fill("password-input", PASSWORD)
    sofia.fill("code-input", sofia.code(1))
    sofia.press("submit-button")
    sofia.fill("workspace-input", "south")  # there are two of them on this server
    sofia.press("submit-button")
    sofia.until(by_id("who"))
    sofia.press("sign-out-button")
    sofia.until(f"!{by_id('who')} && document.activeElement?.matches('hc-sign-in h1')")


def another_workspace(clinic: RunningServer) -> str:
    folder = clinic.log.parent
    files = ["--config", str(folder / "server.yaml"), "--data", str(folder / "data")]
    made = subprocess.run(
        [HOUSECALL, "workspace", "south", *files], capture_output=True, text=True, timeout=20
    )
    token = made.stdout.strip().partition("#")[2]
    return f"http://127.0.0.1:{clinic.port}/#{token}"


class Clock:
    """A page's own time, which goes on when it is told to."""

    def __init__(self, person: Person) -> None:
        assert isinstance(person.tab, ChromiumTab)
        self._person = person
        self._tab = person.tab
        self._tab.wait_for(self._tab.page.clock.install())
        person.tab.press("Shift")  # timers are the page's own from now on

    def go(self, seconds: int) -> None:
        self._tab.wait_for(self._tab.page.clock.fast_forward(seconds * 1000))
