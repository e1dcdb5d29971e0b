"""One clinic serves another, and everybody is told when the server is in trouble."""

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.api.test_status_up import clinic_of, standing, states
from tests.browser.clock import Clock
from tests.browser.person import Open, Person, another_workspace, fit, unforced
from tests.browser.visit import by_id
from tests.conftest import Start
from tests.harness import relay
from tests.harness.server import OURS, RunningServer
from tests.harness.wait import until

pytestmark = pytest.mark.skipif(not OURS, reason="of our own pages")

PSEUDO = "ar-XB"  # long texts with accents, from right to left
STAFF, ANYBODY = 10, 20  # seconds between two questions of their pages about the server


def api(person: Person, method: str, path: str, body: object = None) -> Any:
    """Asked by the page of somebody who is signed in."""
    said = person.tab.evaluate(
        """async (method, path, body) => {
          const headers = { "content-type": "application/json" };
          const more = body === "null" ? {} : { body };
          const answer = await fetch(`/api/v1${path}`, { method, headers, ...more });
          if (!answer.ok) throw new Error(await answer.text());
          return answer.text();
        }""",
        method,
        path,
        json.dumps(body),
    )
    return json.loads(said) if said else None


def test_an_hq_takes_the_next_of_another_clinic(clinic: RunningServer, person: Open) -> None:
    helen = person(another_workspace(clinic, "hq"), PSEUDO)
    helen.set_up("Helen")
    sofia = person(another_workspace(clinic, "east"))
    sofia.set_up("Sofia")
    sofia.press("nav-clinic")
    sofia.fill("hq-input", "hq")
    sofia.press("hq-offer")
    sofia.until("document.querySelector('[data-testid=agreement][data-state=offered]')")
    fit(sofia)
    assert helen.read(f"{by_id('nav-hq')} === null") is True
    helen.press("nav-clinic")
    helen.press("hq-accept")
    helen.until("document.querySelector('[data-testid=agreement][data-state=agreed]')")
    fit(helen)
    patient = api(sofia, "POST", "/patients", {"name": "Pat Moss", "language": "fr"})["id"]
    starts = datetime.now(UTC) + timedelta(minutes=5)
    wanted = {"startsAt": starts.isoformat(), "patientId": patient}
    visit = api(sofia, "POST", "/meetings", wanted)["id"]
    pat = person(api(sofia, "POST", f"/patients/{patient}/links", {})["url"], "fr-FR")
    pat.press("submit-button")
    pat.press("join-button")
    pat.until(by_id("waiting"))
    says_how_urgent_it_is(sofia)
    says_what_she_can(helen)

    helen.press("nav-hq")
    helen.until("document.querySelector('[data-testid=hq-waiter][data-priority=urgent]')")
    fit(helen)
    assert "Pat" not in helen.text("hq-waiter")
    helen.press("take-next")
    helen.press("join-button")
    helen.until(by_id("leave-button"))
    pat.until(by_id("leave-button"))
    helen.sees_movement()
    helen.press("hq-put-back")
    pat.until(by_id("waiting"))
    helen.press("hq-take")
    helen.press("join-button")
    pat.until(by_id("leave-button"))
    helen.until(by_id("leave-button"))
    helen.press("hq-end")
    pat.until(f"{by_id('ending')}?.dataset.ending === 'closed'")
    helen.until(by_id("take-next"))
    assert api(sofia, "GET", f"/meetings/{visit}")["status"] == "ended"
    unforced(helen, sofia, pat)


def says_how_urgent_it_is(sofia: Person) -> None:
    """And what it asks for: her list shows it, and the form what was said before."""
    sofia.press("nav-day")
    sofia.press("triage-button")
    fit(sofia)
    sofia.choose("priority-input", "urgent")
    sofia.fill("skill-input", "Wounds")
    sofia.press("submit-button", dialog=True)
    sofia.until("document.querySelector('[data-testid=waiter][data-priority=urgent]')")
    sofia.sees("Wounds", "waiter")
    sofia.press("triage-button")
    sofia.until(f"{by_id('skill-input')}?.value === 'Wounds'")
    assert sofia.read(f"{by_id('priority-input')}.value") == "urgent"
    sofia.press("cancel-button", dialog=True)
    fit(sofia)


def says_what_she_can(helen: Person) -> None:
    helen.press("nav-staff")
    helen.press("abilities-button")
    fit(helen)
    helen.fill("languages-input", "fr, de")
    helen.fill("skills-input", "wounds, hearts")
    helen.press("submit-button", dialog=True)
    helen.sees("wounds · hearts", "abilities")
    (own,) = api(helen, "GET", "/hq/staff")["items"]
    assert (own["languages"], own["skills"]) == (["fr", "de"], ["wounds", "hearts"])
    fit(helen)


def hurried(person: Person) -> Clock:
    """Its page asks once, as for who looks at it again; later pauses pass when that is told."""
    clock = Clock(person)
    person.read("document.dispatchEvent(new Event('visibilitychange'))")
    return clock


@pytest.mark.parametrize("every", [1, pytest.param(60, marks=[pytest.mark.long])])
@pytest.mark.timeout(400)
def test_a_relay_that_stops_is_a_banner_of_the_staff(
    tmp_path: Path, start_server: Start, person: Open, every: int
) -> None:
    """Issue 8: within 90 s, with the sentence that says what to do."""
    with relay.running(tmp_path) as relaying:
        server = {
            "host": relay.HOST, "port": relaying.port, "protocol": "udp",
            "username": relay.USER, "credential": relay.PASSWORD,
        }  # fmt: skip
        clinic = start_server(
            settings={
                "clinic": {"enabled": True, "status": {"every": f"{every}s"}},
                "rtc": {"node_ip": relay.HOST, "turn_servers": [server]},
                "turn": {"enabled": False},
            }
        )
        link = until(lambda: re.search(r"http\S+/#l=hcl_\S+", clinic.text()), "the link")[0]
        olga = person(link, PSEUDO)
        olga.set_up("Olga")
        until(lambda: standing(clinic_of(clinic))["status"] == "ok", "all is well", every + 40)
        status = person(f"{link.partition('#')[0]}status")
        status.until(f"{by_id('server-status')}?.dataset.status === 'ok'")
        assert olga.read(f"{by_id('server-trouble')} === null") is True
        # Who waits for a minute of the server's waits for the pages too.
        clocks = {} if every > STAFF else {STAFF: hurried(olga), ANYBODY: hurried(status)}

        def all_ask_again(relay_is_well: bool) -> None:
            until(lambda: states(clinic_of(clinic))["relay"] == relay_is_well, "it is seen", 90)
            for pause, clock in clocks.items():
                clock.go(pause)

        relaying.process.terminate()
        relaying.process.wait(relay.ENDS_WITHIN)
        stopped = monotonic()
        all_ask_again(relay_is_well=False)
        olga.until(by_id("server-trouble"), 90)
        shown = monotonic() - stopped
        assert shown < 90
        fit(olga)
        assert "housecall" not in olga.text("server-trouble")  # in disguise: no word is English
        status.until(f"{by_id('server-status')}?.dataset.status === 'degraded'", 60)
        status.sees("Start the relay again".lower())
        fit(status)

        again = subprocess.Popen(
            [relay.COMMAND, "turn", "--config", str(relaying.log.with_name("relay.yaml"))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            all_ask_again(relay_is_well=True)
            olga.until(f"{by_id('server-trouble')} === null", 90)
        finally:
            again.terminate()
            again.wait(relay.ENDS_WITHIN)
    print(json.dumps({"every": every, "banner": round(shown, 1)}))
