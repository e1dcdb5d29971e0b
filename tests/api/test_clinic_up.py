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
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from livekit import rtc
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from api.rules.credentials import code_at
from tests.api.test_up import HOUSECALL, ask_for_token, housecall, read_link, up
from tests.harness.command import run
from tests.harness.postgres import APP, OWNER, running
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


def test_a_clinic_moves_to_another_machine(tmp_path: Path, browser: httpx.Client) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with up(here) as process:
        link, _ = read_link(process)
        token = read_setup(process)
        browser.base_url = httpx.URL(link.partition("#")[0] + "api/v1")
        secret = b32decode(browser.post("/links/open", json={"token": token}).json()["secret"])
        step = int(time()) // 30
        body = {"token": token, "email": "olga@n.example", "name": "Olga", "password": PASSWORD}
        accepted = browser.post("/links/accept", json=body | {"code": code_at(secret, step)})
        assert accepted.status_code == 201
        made = housecall(here, "backup", "../one.housecall")
        refused = housecall(here, "restore", "../one.housecall", "--replace")
    moved = housecall(there, "restore", "../one.housecall")

    assert made.returncode == 0, made.stderr
    assert (tmp_path / "one.housecall").stat().st_mode & 0o777 == 0o600
    assert refused.returncode == 1
    assert "a server is running with it" in refused.stderr
    assert moved.returncode == 0, moved.stderr
    with up(there) as process:
        again, _ = read_link(process)
        browser.base_url = httpx.URL(again.partition("#")[0] + "api/v1")
        assert browser.get("/sessions/current").status_code == 401
        known = {"email": "olga@n.example", "password": PASSWORD}
        entered = browser.post("/sessions", json=known | {"code": code_at(secret, step + 1)})
        assert entered.status_code == 201, entered.text
        assert browser.get("/audit/verify").json()["problems"] == []
    assert again.partition("#")[2] == link.partition("#")[2]


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
        line = [HOUSECALL, "up", "--port", "0", "--udp-port", "0", "--tcp-port", str(port)]
        again = run(line, tmp_path)

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


def arrange(process: subprocess.Popen[str], browser: httpx.Client, pat: httpx.Client) -> Any:
    """A first owner, and a patient whose visit with them has begun: the visit."""
    link, _ = read_link(process)
    browser.base_url = httpx.URL(link.partition("#")[0] + "api/v1")
    accept(browser, read_setup(process))
    patient = browser.post("/patients", json={"name": "Pat Moss"}).json()["id"]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    body = {"startsAt": now, "duration": 20, "patientId": patient}
    meeting = browser.post("/meetings", json=body).json()
    sign_in_patient(browser, patient, pat)
    return meeting


@pytest.mark.anyio
async def test_a_visit_from_the_knock_to_the_end(
    tmp_path: Path, browser: httpx.Client, pat: httpx.Client
) -> None:
    with up(tmp_path) as process:
        meeting = arrange(process, browser, pat)
        visit, wanted = f"/meetings/{meeting['id']}", {"meetingId": meeting["id"]}
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
            while f"patient-{meeting['patientId']}" in clinician.remote_participants:
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
    entries = [json.loads(line) for line in lines.splitlines()][:-1]
    # Where the relay has its port, clients may ask it for an address besides.
    joins = [entry for entry in entries if not (entry["reason"] or "").startswith("relay")]
    assert [(j["role"], j["outcome"], j["reason"]) for j in joins] == [
        ("clinician", "done", None), ("patient", "done", None), ("patient", "refused", "http_403"),
        ("patient", "done", None), ("clinician", "refused", "http_403"),
    ]  # fmt: skip
    assert {j["meeting_id"] for j in joins} == {wanted["meetingId"]}


class Hearing:
    """A call of two, in which one speaks without a pause and the other counts what is heard."""

    def __init__(self) -> None:
        self.frames = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self, speaker: rtc.Room, listener: rtc.Room) -> None:
        source = rtc.AudioSource(48_000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("voice", source)
        subscribed: asyncio.Future[rtc.Track] = asyncio.get_running_loop().create_future()
        listener.on("track_subscribed", lambda heard, *_: subscribed.set_result(heard))
        await speaker.local_participant.publish_track(track)
        self._tasks.append(asyncio.create_task(self._speak(source)))
        async with asyncio.timeout(10):
            stream = rtc.AudioStream(await subscribed)
        self._tasks.append(asyncio.create_task(self._hear(stream)))

    async def _speak(self, source: rtc.AudioSource) -> None:
        frame = rtc.AudioFrame.create(48_000, 1, 480)
        while True:
            await source.capture_frame(frame)

    async def _hear(self, stream: rtc.AudioStream) -> None:
        async for _ in stream:
            self.frames += 1

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def lose_the_database(
    folder: Path, browser: httpx.Client, pat: httpx.Client, seconds: int
) -> None:
    """For so long, in the middle of a visit."""
    with running() as postgres:
        name = postgres.create()
        environment = {
            "HOUSECALL_CLINIC_DATABASE": postgres.url(APP, name),
            "HOUSECALL_CLINIC_DATABASE_OWNER": postgres.url(OWNER, name),
        }
        with up(folder, environment=environment) as process:
            meeting = arrange(process, browser, pat)
            visit, wanted = f"/meetings/{meeting['id']}", {"meetingId": meeting["id"]}
            pat.post(f"{visit}/place")
            assert browser.post(f"{visit}/admit").status_code == 200
            clinician, caller = rtc.Room(), rtc.Room()
            for who, room in ((browser, clinician), (pat, caller)):
                ticket = who.post("/livekit/token", json=wanted).json()
                await room.connect(ticket["url"], ticket["token"])
            hearing = Hearing()
            await hearing.begin(caller, clinician)

            postgres.stop()
            heard = []
            for _ in range(seconds):
                before = hearing.frames
                await asyncio.sleep(1)
                heard.append(hearing.frames - before)
            away = await asyncio.to_thread(browser.get, visit)
            postgres.start()

            assert (away.status_code, away.json()["title"]) == (503, "unavailable")
            assert int(away.headers["retry-after"]) > 0
            assert min(heard) > 50, heard  # of a hundred a second
            async with asyncio.timeout(20):
                while (await asyncio.to_thread(browser.get, visit)).status_code != 200:
                    await asyncio.sleep(0.1)
            assert clinician.isconnected()
            assert caller.isconnected()
            assert browser.get("/audit/verify").json()["problems"] == []
            assert browser.delete(visit).json()["status"] == "ended"
            await hearing.end()
            process.terminate()
            said, _ = process.communicate(timeout=20)
    assert "Traceback" not in said


@pytest.mark.anyio
async def test_a_call_does_not_notice_that_the_database_is_away(
    tmp_path: Path, browser: httpx.Client, pat: httpx.Client
) -> None:
    await lose_the_database(tmp_path, browser, pat, 3)


@pytest.mark.anyio
@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_call_does_not_notice_that_the_database_is_away_for_a_minute(
    tmp_path: Path, browser: httpx.Client, pat: httpx.Client
) -> None:
    await lose_the_database(tmp_path, browser, pat, 60)
