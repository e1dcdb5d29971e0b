"""The tour in `docs/tour.md` is true."""

import re
import urllib.request
from pathlib import Path

import pytest

from tests.api.canaries import CANARY, NUMBER, Canaries
from tests.api.marking import marking_proxy
from tests.api.touring import Tour
from tests.harness.server import OURS

pytestmark = pytest.mark.skipif(not OURS, reason="of our own command line")


def test_the_tour_is_as_it_is_told(tmp_path: Path) -> None:
    tour = Tour(tmp_path)
    with tour.opened():
        shown = tour.walk()

    assert shown.count('"title":"not_admitted"') == shown.count("not yet") == 1
    assert '"rsvp":"accepted"' in shown
    assert '"duration":40' in shown
    assert '"mayRecord":["audio"]' in shown
    assert '"status":"ended"' in shown
    for who in ("clinician", "patient"):
        assert f'"role": "{who}"' in shown
    assert len(re.findall(r" is in \S+$", shown, re.MULTILINE)) == 2
    assert len(re.findall(r" is out$", shown, re.MULTILINE)) == 2
    assert re.search(r"^audit_log of clinic: \d+ entries, all whole$", shown, re.MULTILINE)
    assert "livekit_access_log of clinic: 2 entries, all whole" in shown
    assert "Traceback" not in tour.log.read_text()


def test_nothing_of_the_tour_is_in_a_log_or_a_metric(tmp_path: Path) -> None:
    """With a mark in every text field of every request of it."""
    tour, made = Tour(tmp_path), list[Canaries]()
    with marking_proxy(tour.http, made) as tour.api, tour.opened():
        shown = tour.walk()
        with urllib.request.urlopen(f"http://127.0.0.1:{tour.http}/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
    (canaries,) = made
    said = tour.log.read_text()
    folder = tmp_path / "housecall-data"
    beside = {p.name: p.read_text() for p in folder.iterdir() if p.suffix in (".json", ".jsonl")}

    # They were sent, and taken: the mark, a number, a day, links, sessions, tokens for the room.
    assert shown.count(CANARY) > 5
    assert {CANARY, NUMBER, "1950-02-17"} < canaries.planted
    for start in ("l=hcl_", "hcs_", "eyJ"):
        assert any(one.startswith(start) for one in canaries.planted), start
    for one in canaries.planted:
        planted = f"{said}2027-03-04 error api.planted: {one}\n"
        assert canaries.found_in(planted) >= {one}  # a search that finds what is there

    assert len(said) > 1000  # it has said something
    assert "livekit_participant_total" in metrics
    assert canaries.found_in(said) == set()
    assert canaries.found_in(metrics) == set()
    for name, text in beside.items():
        assert canaries.found_in(text) == set(), name
    assert "audit-anchors.json" in beside
