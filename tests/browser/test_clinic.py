"""The clinic's pages as its people use them: from the printed link to a visit."""

import json
from contextlib import closing
from uuid import uuid4

import httpx
import pytest

from tests.browser.accessible import accessible
from tests.browser.clock import Clock
from tests.browser.person import (
    PASSWORD,
    Open,
    Person,
    another_workspace,
    first_link_of,
    fit,
    unforced,
)
from tests.browser.visit import by_id
from tests.harness.server import OURS, RunningServer
from tests.hostile.spoof import Tap

pytestmark = pytest.mark.skipif(not OURS, reason="of our own pages")

PSEUDO = "ar-XB"  # long texts with accents, from right to left
WORDS = "Have your card at hand. In an emergency call 112."


@pytest.fixture(scope="module")
def first_link(clinic: RunningServer) -> str:
    return first_link_of(clinic)


def test_from_the_first_link_to_a_visit(
    clinic: RunningServer, person: Open, first_link: str
) -> None:
    olga = person(first_link, PSEUDO)
    olga.until(by_id("totp-secret"))
    fit(olga)
    olga.set_up("Olga")
    assert olga.read("[document.documentElement.lang, document.dir]") == [PSEUDO, "rtl"]
    fit(olga)
    carl = invite_carl(olga, person)
    add_pat(olga)
    put_up_words(olga)
    link = make_visit(olga)

    with closing(Tap()) as wire:
        pat = come_by(person(link, "es-MX"))
        agree(pat)
        olga.sees("Pat Moss", "live-region")
        fit(olga)
        write_while_waiting(pat, olga)
        assert pat.read(f"{by_id('leave-button')} === null") is True
        # Who waits has no way for media, and the media server does not know them.
        assert (wire.count(clinic.udp_port), people_in_rooms(clinic)) == (0, 0)
        meet(olga, pat)
        assert wire.count(clinic.udp_port) > 0
        assert people_in_rooms(clinic) == 2
    take_back(pat, olga)
    carl_comes(carl, olga)
    olga.press("people-toggle")
    fit(olga)

    ask_guest(olga)
    olga.press("lock-button")
    pat.sees("verrouillée", "live-region")
    olga.press("put-back-button", "Pat Moss")
    pat.until(by_id("waiting"))
    olga.until("!document.querySelector('[data-testid=tile][data-identity*=patient]')")
    olga.press("admit-button")
    pat.sees_movement()
    hand_over(olga, carl)
    carl.press("end-visit")
    carl.press("confirm-yes")
    pat.until(f"{by_id('ending')}?.dataset.ending === 'closed'")
    olga.until(f"{by_id('ending')}?.dataset.ending === 'closed'")
    olga.press("onward-button")
    olga.until("document.querySelector('[data-testid=meeting][data-status=ended]')")
    fit(olga)
    unforced(olga, pat, carl)


def people_in_rooms(clinic: RunningServer) -> int:
    """As whoever runs the server is told."""
    token = clinic.token("operator", "", grants={"roomList": True})
    url = f"http://{clinic.host}:{clinic.port}/twirp/livekit.RoomService/ListRooms"
    answer = httpx.post(url, json={}, headers={"authorization": f"Bearer {token}"})
    return sum(room["num_participants"] for room in answer.raise_for_status().json()["rooms"])


def meet(olga: Person, pat: Person) -> None:
    """Olga joins, and lets Pat in."""
    olga.press("join-visit")
    olga.press("join-button")
    olga.until(by_id("leave-button"))
    olga.press("admit-button")
    pat.until(by_id("leave-button"))
    olga.sees_movement()
    pat.sees_movement()


def agree(pat: Person) -> None:
    """To all that can be recorded, while there is time to read."""
    pat.press("consent-open")
    pat.until(f"{by_id('policy')}?.lang === 'fr'")
    fit(pat)
    pat.press("all-yes")
    pat.press("submit-button")
    pat.until(f"{by_id('consent')}?.dataset.scopes === 'audio video transcript ai'")


def write_while_waiting(pat: Person, olga: Person) -> None:
    """Pat has the clinic's words, hears from the host, and answers by keys alone."""
    late, answer = "I am five minutes late.", "That is all right."
    pat.sees(WORDS, "waiting-message")
    olga.press("lobby-chat-toggle", "Pat Moss")
    olga.fill("lobby-message-input", late)
    olga.press("lobby-message-send")
    pat.sees(late, "lobby-messages")
    pat.sees(late, "live-region")
    fit(pat)
    pat.walk_to("lobby-message-input")
    pat.tab.type(answer)
    pat.tab.press("Enter")
    olga.sees(answer, "lobby-messages")
    olga.sees(answer, "live-region")
    assert olga.read("document.querySelectorAll('[data-testid=lobby-message]').length") == 2
    fit(olga)


def take_back(pat: Person, olga: Person) -> None:
    """One of it, in the call, by keys alone; the host sees that at once, and what she notes is told
    to Pat."""
    assert pat.read("document.querySelector('hc-consent-form dialog').open") is False  # no question
    pat.walk_to("consent-open")
    pat.tab.press("Enter")
    pat.until(by_id("policy"))
    pat.walk_to("video-yes")
    pat.tab.press("ArrowDown")
    pat.walk_to("submit-button")
    pat.tab.press("Enter")
    olga.press("people-toggle")
    pats = "[data-testid=host-person][data-scopes='{}'] [data-testid=note-consent]"
    olga.until(f"document.querySelector({pats.format('audio transcript ai')!r})")
    olga.press("note-consent", "Pat Moss")
    olga.until("document.querySelector('dialog[open] [data-testid=policy]')")
    fit(olga)
    olga.press("video-yes", dialog=True)
    olga.press("submit-button", dialog=True)
    pat.until(f"{by_id('consent')}?.dataset.scopes === 'audio video transcript ai'")
    olga.press("people-toggle")


def carl_comes(carl: Person, olga: Person) -> None:
    """As an interpreter, who waits and is asked like everybody else."""
    olga.press("add-colleague")
    olga.until(by_id("part-input"))
    olga.tab.evaluate(f"() => {{ {by_id('part-input')}.value = 'interpreter'; return ''; }}")
    fit(olga)
    olga.press("submit-button")
    carl.press("nav-day")
    carl.press("join-visit")
    carl.press("join-button")
    carl.until(by_id("waiting"))
    olga.press("admit-button")
    carl.press("all-no")
    carl.press("submit-button")
    carl.until(f"{by_id('consent')}?.dataset.answered === 'true'")
    assert carl.read("document.querySelector('hc-host-panel')") is None


def ask_guest(olga: Person) -> None:
    """Somebody of the family, by a link."""
    olga.press("add-guest")
    olga.fill("name-input", "Gus Moss")
    olga.press("submit-button", dialog=True)
    assert "#l=hcl_" in olga.text("link-url")
    olga.press("link-close")
    olga.until("document.querySelectorAll('[data-testid=host-person]').length === 4")


def hand_over(olga: Person, carl: Person) -> None:
    """To Carl, who is the interpreter no longer."""
    carl.press("leave-button")
    olga.press("remove-person", "Carl")
    olga.press("confirm-yes")
    olga.until("document.querySelectorAll('[data-testid=host-person]').length === 3")
    olga.press("hand-over")
    olga.until(f"{by_id('staff-input')}?.checkVisibility()")
    olga.press("submit-button")
    carl.press("rejoin-button")
    carl.until(by_id("hand-over"))


def invite_carl(olga: Person, person: Open) -> Person:
    olga.press("nav-staff")
    olga.press("invite-staff")
    olga.fill("name-input", "Carl")
    olga.fill("email-input", "carl@north.example")
    fit(olga)
    olga.press("submit-button")
    link = olga.text("link-url")
    fit(olga)
    olga.press("link-close")
    carl = person(link)
    carl.set_up("Carl")
    carl.press("nav-staff")
    carl.until("document.querySelectorAll('[data-testid=member]').length === 2")
    assert carl.read(by_id("invite-staff")) is None  # not his to do
    return carl


def add_pat(olga: Person) -> None:
    olga.press("nav-patients")
    olga.press("add-patient")
    olga.fill("name-input", "Pat Moss")
    olga.fill("birthDate-input", "1980-02-29")
    olga.fill("language-input", "fr-CA")
    fit(olga)
    olga.press("submit-button")
    olga.press("edit-patient", "Pat Moss")
    olga.fill("reference-input", "A-17")
    olga.press("submit-button")
    olga.sees("A-17")
    olga.fill("patient-search", "nobody at all")
    olga.until(by_id("empty"))
    olga.fill("patient-search", "moss")
    olga.until(by_id("patient"))
    fit(olga)


def put_up_words(olga: Person) -> None:
    """For all who wait: one line, whatever was pasted."""
    olga.press("nav-clinic")
    olga.fill("waitingMessage-input", WORDS.replace(" In", "\n\nIn"))
    olga.press("submit-button")
    olga.until(f"{by_id('waitingMessage-input')}.value === {json.dumps(WORDS)}")
    olga.until(by_id("no-providers"))  # none is registered with this server
    fit(olga)


def make_visit(olga: Person) -> str:
    """At the next quarter of an hour; returns the patient's link."""
    olga.press("nav-day")
    olga.press("new-visit")
    olga.press("picker-choice")
    fit(olga)
    olga.press("submit-button")
    olga.until(f"{by_id('invite-dialog')}.open")
    fit(olga)
    olga.press("invite-link")
    link = olga.text("link-url")
    olga.press("link-close")
    olga.until("document.querySelector('[data-testid=meeting][data-status=open]')")
    return link


def come_by(pat: Person) -> Person:
    """By the link, the date of birth and the lobby into the waiting room."""
    pat.sees("Su videoconsulta")
    fit(pat)
    pat.press("submit-button")
    pat.fill("birthDate-input", "1980-02-28")
    pat.press("submit-button")
    pat.until(by_id("error-message"))
    pat.fill("birthDate-input", "1980-02-29")
    pat.press("submit-button")
    pat.press("join-button")
    pat.until(by_id("waiting"))
    assert pat.read("document.documentElement.lang") == "fr"  # the clinic knows what Pat reads
    assert "votre tour" in pat.text("wait-place")
    fit(pat)
    return pat


def test_links_that_are_not_good_and_people_who_idle_are_told_so(
    clinic: RunningServer, person: Open
) -> None:
    link = another_workspace(clinic, "south")
    stranger = person(f"{link.partition('#')[0]}#a=hca_{'x' * 64}&m={uuid4()}")
    stranger.press("answer-accepted")
    stranger.until(by_id("error-message"))
    accessible(stranger)

    sofia = person(link)
    sofia.set_up("Sofia")
    clock = Clock(sofia)
    sofia.tab.press("Shift")  # who is there sets the timer anew
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
