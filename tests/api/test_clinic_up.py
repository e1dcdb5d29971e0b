"""A clinic as a new user meets it: `housecall up`, the printed link, people, a visit, the log."""

import asyncio
import json
import re
import sqlite3
import subprocess
from base64 import b32decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time
from urllib.parse import urlencode

import httpx
import pytest
from livekit import rtc
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from api.rules.credentials import code_at
from tests.api.test_up import HOUSECALL, ask_for_token, housecall, read_link, up
from tests.harness.server import OURS

pytestmark = pytest.mark.skipif(not OURS, reason="of our own command line")

PASSWORD = "a horse, a staple and a battery"


def read_setup(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"#l=(hcl_\S+)", line):
            return found[1]
    raise AssertionError("no link for an owner")


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def pat(browser: httpx.Client) -> Iterator[httpx.Client]:
    """The patient's browser."""
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


def accept(browser: httpx.Client, token: str) -> httpx.Response:
    opened = browser.post("/links/open", json={"token": token}).json()
    code = code_at(b32decode(opened["secret"]), int(time()) // 30)
    body = {"token": token, "email": "olga@n.example", "name": "Olga", "password": PASSWORD}
    return browser.post("/links/accept", json=body | {"code": code})


def test_from_the_printed_link_to_a_whole_log(tmp_path: Path, browser: httpx.Client) -> None:
    with up(tmp_path) as process:
        link, _ = read_link(process)
        token = read_setup(process)
        browser.base_url = httpx.URL(link.partition("#")[0] + "api/v1")
        assert accept(browser, token).status_code == 201
        who = browser.get("/sessions/current").json()
        patient = browser.post("/patients", json={"name": "Pat Moss"})
        assert (who["role"], patient.status_code) == ("owner", 201)
        assert browser.post("/links/open", json={"token": token}).status_code == 401

        admission = ask_for_token(link)
        query = urlencode({"access_token": admission["token"], "auto_subscribe": 1})
        with connect(f"{admission['url']}/rtc?{query}", proxy=None) as client:
            client.recv(timeout=5, decode=False)
        with pytest.raises(InvalidStatus):
            connect(f"{admission['url']}/rtc?access_token=wrong", proxy=None)
        process.terminate()
        said, _ = process.communicate(timeout=20)

    assert "Traceback" not in said
    checked = housecall(tmp_path, "audit", "verify")
    assert checked.stdout.splitlines() == [
        "audit_log of clinic: 6 entries, all whole",
        "livekit_access_log of clinic: 2 entries, all whole",
    ]
    lines = housecall(tmp_path, "audit", "export", "clinic", "--log", "livekit_access_log").stdout
    first, second, head = map(json.loads, lines.splitlines())
    assert (first["room"], first["outcome"]) == ("visit", "done")
    assert (second["outcome"], second["reason"]) == ("refused", "http_401")
    assert head["head"]["seq"] == 2
    assert "Pat" not in housecall(tmp_path, "audit", "export", "clinic").stdout

    damage(tmp_path)
    found = housecall(tmp_path, "audit", "verify")
    assert found.returncode == 1
    assert "audit_log of clinic: entry 2 has been changed" in found.stdout


def damage(folder: Path) -> None:
    """As somebody could who may write the file."""
    database = sqlite3.connect(folder / "housecall-data" / "housecall.db")
    with database:
        database.execute("DROP TRIGGER audit_log_keeps")
        database.execute("UPDATE audit_log SET action = 'nothing' WHERE seq = 2")
    database.close()


def test_the_operator_makes_another_workspace(tmp_path: Path) -> None:
    made = housecall(tmp_path, "workspace", "south", "--title", "South Clinic")
    refused = housecall(tmp_path, "workspace", "South Clinic")
    unknown = housecall(tmp_path, "audit", "export", "north")
    planned = housecall(tmp_path, "plan", "south", "standard")
    assert planned.stdout == "south has the plan standard.\n", planned.stderr
    assert "'golden' is not one of" in housecall(tmp_path, "plan", "south", "golden").stderr

    assert re.search(r"/#l=hcl_\S{64}$", made.stdout.strip()), made.stderr
    assert refused.returncode == unknown.returncode == 1
    assert "small letters" in refused.stderr
    assert "there is none by that name" in unknown.stderr


def test_a_server_without_a_clinic_has_none(tmp_path: Path, browser: httpx.Client) -> None:
    with up(tmp_path, "--dev") as process:
        link, _ = read_link(process)
        answer = browser.get(link.partition("#")[0] + "api/v1/sessions/current")

    assert answer.status_code == 404
    assert not (tmp_path / "housecall-data" / "housecall.db").exists()


def test_a_port_that_is_taken_ends_the_start(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        link, _ = read_link(process)
        port = httpx.URL(link).port
        again = subprocess.run(
            [HOUSECALL, "up", "--port", "0", "--udp-port", "0", "--tcp-port", str(port)],
            cwd=tmp_path, capture_output=True, text=True, timeout=20,
        )  # fmt: skip

    assert again.returncode == 1
    assert str(port) in again.stderr


def refusal_of(url: str, token: str) -> int:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{url}/rtc?access_token={token}", proxy=None)
    return refused.value.response.status_code


def sign_in_patient(browser: httpx.Client, patient: str, pat: httpx.Client) -> None:
    link = browser.post(f"/patients/{patient}/links", json={}).json()["url"]
    pat.base_url = browser.base_url
    entered = pat.post("/sessions/link", json={"token": link.partition("#l=")[2]})
    assert entered.status_code == 201, entered.text


@pytest.mark.anyio
async def test_a_visit_from_the_knock_to_the_end(
    tmp_path: Path, browser: httpx.Client, pat: httpx.Client
) -> None:
    with up(tmp_path) as process:
        link, _ = read_link(process)
        browser.base_url = httpx.URL(link.partition("#")[0] + "api/v1")
        accept(browser, read_setup(process))
        patient = browser.post("/patients", json={"name": "Pat Moss"}).json()["id"]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        body = {"startsAt": now, "duration": 20, "patientId": patient}
        visit = f"/meetings/{browser.post('/meetings', json=body).json()['id']}"
        wanted = {"meetingId": visit.rpartition("/")[2]}
        sign_in_patient(browser, patient, pat)
        assert pat.post("/livekit/token", json=wanted).status_code == 403
        place = pat.post(f"{visit}/place").json()
        host = browser.post("/livekit/token", json=wanted).json()
        me = browser.get("/waiting").json()["items"][0]["participant"]["id"]
        assert (place["position"], browser.get(visit).json()["status"]) == (1, "lobby")

        assert browser.post(f"{visit}/participants/{me}/admit").status_code == 200
        ticket = pat.post("/livekit/token", json=wanted).json()
        clinician, caller = rtc.Room(), rtc.Room()
        await clinician.connect(host["url"], host["token"])
        await caller.connect(ticket["url"], ticket["token"])
        async with asyncio.timeout(10):
            while browser.get(visit).json()["status"] != "live":
                await asyncio.sleep(0.05)
        assert browser.post(f"{visit}/participants/{me}/put-back").status_code == 200
        assert refusal_of(ticket["url"], ticket["token"]) == 403
        async with asyncio.timeout(5):
            while f"patient-{patient}" in clinician.remote_participants:
                await asyncio.sleep(0.02)
        browser.post(f"{visit}/participants/{me}/admit")
        await rtc.Room().connect(ticket["url"], ticket["token"])

        before = monotonic()
        ended = browser.delete(visit)
        async with asyncio.timeout(5):
            while clinician.isconnected():
                await asyncio.sleep(0.01)
        assert monotonic() - before < 1
        assert ended.json()["status"] == "ended"
        assert refusal_of(host["url"], host["token"]) == 403
        process.terminate()
        said, _ = process.communicate(timeout=20)

    assert "Traceback" not in said
    checked = housecall(tmp_path, "audit", "verify").stdout.splitlines()
    assert all(line.endswith("all whole") for line in checked), checked
    lines = housecall(tmp_path, "audit", "export", "clinic", "--log", "livekit_access_log").stdout
    joins = [json.loads(line) for line in lines.splitlines()][:-1]
    assert [(j["role"], j["outcome"], j["reason"]) for j in joins] == [
        ("clinician", "done", None), ("patient", "done", None), ("patient", "refused", "http_403"),
        ("patient", "done", None), ("clinician", "refused", "http_403"),
    ]  # fmt: skip
    assert {j["meeting_id"] for j in joins} == {wanted["meetingId"]}
