"""Calendar, text messages and their words, as staff use them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.browser.person import Open, Person, first_link_of, fit, unforced
from tests.browser.visit import by_id
from tests.conftest import Start
from tests.harness.server import OURS, RunningServer

pytestmark = pytest.mark.skipif(not OURS, reason="of our own pages")

PSEUDO = "ar-XB"  # long texts with accents, from right to left
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ENTRIES = "document.querySelectorAll('[data-testid=entry][data-kind={}]').length"
OTHER_NUMBER = "+34600998877"  # than that of who has just taken it back


@pytest.fixture(scope="module")
def texting_clinic(start_server: Start) -> RunningServer:
    """Whose carrier is not to be reached: messages wait."""
    address = "http://127.0.0.1:9/"
    sms = {
        "provider": "webhook",
        "url": address,
        "secret": "x" * 16,
        "sender": "North",
    }
    return start_server(settings={"clinic": {"enabled": True, "sms": sms}})


def test_a_calendar_texts_and_their_words(person: Open, texting_clinic: RunningServer) -> None:
    olga = person(first_link_of(texting_clinic), PSEUDO)
    olga.set_up("Olga")
    pat = post(olga, "/patients", {"name": "Pat Moss", "phone": "+34 600 11 22 33"})
    link = post(olga, f"/patients/{pat['id']}/links", {})
    olga.press("nav-calendar")
    olga.until(by_id("calendar"))
    olga.sees("UTC", "zone")
    own = f"[...{by_id('whose-input')}.options].find((one) => one.text === 'Olga')"
    olga.until(own)
    olga.choose("whose-input", olga.read(f"{own}.value"))
    say_hours(olga)
    make_series(olga)
    move_one(olga)
    be_busy_then(olga)
    call_off(olga)
    ask_to_text(olga)
    write_words(olga)
    says_yes(came := person(link["url"], "fr"))
    unforced(olga, came)


def post(olga: Person, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """As her page would: what other tests do by hand."""
    made: dict[str, Any] = json.loads(
        olga.tab.evaluate(
            """async (path, body) => {
          const headers = { 'content-type': 'application/json' };
          const answer = await fetch(`/api/v1${path}`, { method: 'POST', headers, body });
          return await answer.text();
        }""",
            path,
            json.dumps(body),
        )
    )
    return made


def say_hours(olga: Person) -> None:
    olga.press("hours-button")
    for day in DAYS:
        olga.fill(f"{day}-0-from-input", "09:00")
        olga.fill(f"{day}-0-to-input", "17:00")
    olga.fill("mon-1-from-input", "18:00")
    olga.press("submit-button", dialog=True)
    olga.until("document.querySelector('dialog[open] [data-testid=error-message]')")  # half of one
    olga.fill("mon-1-from-input", "")
    fit(olga)
    olga.press("submit-button", dialog=True)
    olga.until("!document.querySelector('dialog[open]')")


def make_series(olga: Person) -> None:
    """At the first time that is free, a week from now and twice more."""
    olga.press("calendar-after")
    olga.until(f"{by_id('live-region')}.textContent.includes('0')")
    olga.press("new-event")
    olga.press("picker-choice")
    olga.fill("date-input", f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}")
    olga.fill("time-input", "03:00")
    olga.press("free-times")
    olga.press("slot")
    assert olga.read(f"{by_id('time-input')}.value") == "09:00"
    olga.choose("frequency-input", "weekly")
    olga.fill("count-input", "3")
    fit(olga)
    olga.press("submit-button", dialog=True)
    olga.until(f"{ENTRIES.format('visit')} === 1")
    fit(olga)


def move_one(olga: Person) -> None:
    """Of the series, by keys alone; all others stay."""
    olga.walk_to("entry")
    olga.tab.press("Enter")
    olga.until("document.querySelector('[data-testid=entry-person][data-rsvp=needs_action]')")
    olga.until(by_id("recurrence"))
    fit(olga)
    olga.walk_to("move-entry")
    olga.tab.press("Enter")
    olga.fill("time-input", "11:00")
    fit(olga)
    olga.press("submit-button", dialog=True)
    olga.sees("11:00", "entry")
    olga.press("calendar-after")
    olga.sees("9:00", "entry")
    olga.press("calendar-before")
    olga.sees("11:00", "entry")


def be_busy_then(olga: Person) -> None:
    """Though a visit is there, when she says so."""
    olga.press("new-event")
    olga.choose("kind-input", "busy")
    olga.fill("date-input", f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}")
    olga.fill("time-input", "11:00")
    olga.press("submit-button", dialog=True)
    olga.until("document.querySelector('dialog[open] [data-testid=error-message]')")
    olga.press("overlapping-input")
    fit(olga)
    olga.press("submit-button", dialog=True)
    olga.until(f"{ENTRIES.format('busy')} === 1")
    olga.press("view-day")
    olga.until("document.querySelectorAll('[data-testid=calendar-day]').length === 1")
    fit(olga)


def call_off(olga: Person) -> None:
    """All of the series; what is not of it stays."""
    olga.tab.evaluate(
        "() => { document.querySelector('[data-kind=visit]').click(); return ''; }", gesture=True
    )
    olga.press("cancel-entry")
    olga.choose("scope-input", "all")
    fit(olga)
    olga.press("submit-button", dialog=True)
    olga.until(f"{ENTRIES.format('visit')} === 0 && {ENTRIES.format('busy')} === 1")


def ask_to_text(olga: Person) -> None:
    """Pat says yes, and takes it back."""
    olga.press("nav-patients")
    olga.press("patient-texting", "Pat Moss")
    olga.until(f"{by_id('may-be-texted')}?.dataset.given === 'false'")
    olga.press("note-texting")
    olga.until(f"{by_id('may-be-texted')}?.dataset.given === 'true'")
    fit(olga)
    olga.press("note-texting")
    olga.until("document.querySelectorAll('[data-testid=text-receipt]').length === 2")
    olga.press("texting-close")


def says_yes(pat: Person) -> None:
    """By themselves, while there is nothing else to do."""
    pat.press("submit-button")
    pat.until(f"{by_id('own-texting')}?.dataset.given === 'false'")
    fit(pat)
    pat.press("own-texting-button")
    pat.until(f"{by_id('own-texting')}?.dataset.given === 'true'")


def write_words(olga: Person) -> None:
    olga.press("nav-messages")
    olga.until("document.querySelector('[data-testid=carrier][data-provider=webhook]')")
    olga.fill("phone-input", OTHER_NUMBER)
    olga.press("submit-button")
    olga.until("document.querySelector('[data-testid=test-state][data-state]')")
    fit(olga)
    olga.press("submit-button")
    olga.until(f"{by_id('error-message')}")  # not twice within a minute

    edit = "document.querySelector('[data-name=sms-reminder] [data-testid=edit-template]')"
    olga.until(edit)
    olga.tab.evaluate(f"() => {{ {edit}.click(); return ''; }}", gesture=True)
    olga.fill("text-input", "{clinic}, psychiatry: {time} {link}")
    olga.sees("psychiatry: 2027-03-04", "preview")
    olga.press("submit-button", dialog=True)
    olga.until("document.querySelector('dialog[open] [data-testid=error-message]')")
    fit(olga)
    olga.fill("text-input", "{clinic}: {time} {link}")
    olga.press("submit-button", dialog=True)
    own = "document.querySelector('[data-name=sms-reminder]')?.dataset.own"
    olga.until(f"{own} === 'true'")
    olga.press("reset-template")
    olga.press("confirm-yes")
    olga.until(f"{own} === 'false'")
