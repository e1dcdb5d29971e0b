"""A patient's folder: what goes in, what comes out, and who is told."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.clinic.sweeping import forget_missing, sweep
from api.rules.contents import LARGEST
from api.store.models import ChartItem, PatientFile
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.pictures import SECRET, pdf, picture
from tests.api.records import BINARY, send

pytestmark = pytest.mark.anyio


async def patient_of(house: House, **more: Any) -> str:
    return str((await house.owner.ask("POST", "/patients", {"name": "Pat", **more}, 201))["id"])


async def told(house: House, action: str) -> list[dict[str, Any]]:
    log = await house.owner.ask("GET", "/audit?limit=200", status=200)
    return [item for item in log["items"] if item["action"] == action]


def stored(house: House) -> list[Path]:
    assert house.clinic.vault is not None
    return [path for path in house.clinic.vault.folder.rglob("*") if path.is_file()]


async def test_a_picture_comes_back_without_what_it_told(north: House) -> None:
    patient = await patient_of(north)
    made = await send(north.owner, patient)
    path = f"/patients/{patient}/files/{made['id']}"

    assert made["mediaType"] == "image/jpeg"
    assert made["name"] == "2027-03-04-120000.jpg"
    assert made["meetingId"] is None
    answer = await north.owner.client.get(f"{path}/content")
    assert SECRET.encode() in picture()
    assert SECRET.encode() not in answer.content
    assert len(answer.content) == made["size"] == int(answer.headers["content-length"])
    assert hashlib.sha256(answer.content).hexdigest() == made["sha256"]
    (kept,) = stored(north)
    assert answer.content not in kept.read_bytes()


async def test_what_comes_back_is_kept_and_not_shown(north: House) -> None:
    patient = await patient_of(north)
    made = await send(north.owner, patient, pdf())
    path = f"/patients/{patient}/files/{made['id']}"
    await north.owner.ask("PATCH", path, {"name": '../Grün "1".exe'}, 200)

    answer = await north.owner.client.get(f"{path}/content")
    headers = answer.headers
    assert answer.content == pdf()
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == (
        "attachment; filename=\"file.pdf\"; filename*=UTF-8''..-Gr%C3%BCn%20%221%22.exe.pdf"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers.get_list("content-security-policy")
    assert headers["cache-control"] == "no-store"


async def test_every_look_is_told_to_the_audit_log(north: House) -> None:
    patient = await patient_of(north)
    made = await send(north.owner, patient)
    path = f"/patients/{patient}/files/{made['id']}"
    await north.owner.ask("GET", f"/patients/{patient}/files", status=200)
    await north.owner.ask("GET", path, status=200)
    await north.owner.client.get(f"{path}/content")
    await north.owner.ask("PATCH", path, {"name": "Knee"}, 200)
    await north.owner.ask("DELETE", path, status=204)

    for what in ("add", "list", "view", "download", "change", "delete"):
        (entry,) = await told(north, f"file.{what}")
        assert entry["object_id"] == patient
    assert entry["detail"] == {"file": made["id"], "sha256": made["sha256"]}
    assert "Knee" not in str(await told(north, "file.change"))


async def test_what_is_deleted_is_gone(north: House) -> None:
    patient = await patient_of(north)
    made = await send(north.owner, patient)
    path = f"/patients/{patient}/files/{made['id']}"
    await north.owner.ask("DELETE", path, status=204)

    assert stored(north) == []
    for method, way in (("GET", path), ("GET", f"{path}/content"), ("DELETE", path)):
        await north.owner.ask(method, way, status=404)
    assert (await north.owner.ask("GET", f"/patients/{patient}/files", status=200))["items"] == []


async def test_who_may_do_what(north: House) -> None:
    patient = await patient_of(north)
    made = await send(north.owner, patient)
    path = f"/patients/{patient}/files/{made['id']}"
    anna, audrey = await north.staff("anna", "assistant"), await north.staff("audrey", "auditor")
    await send(anna, patient, picture("PNG"))
    await anna.ask("GET", f"{path}/content", status=200)
    await anna.ask("DELETE", path, status=403)
    await send(audrey, patient, status=403)
    for way in (f"/patients/{patient}/files", path, f"{path}/content"):
        await audrey.ask("GET", way, status=403)
    body = {"name": "k", "scopes": ["files.read", "patients.read"]}
    secret = (await north.owner.ask("POST", "/keys", body, 201))["secret"]
    program = await north.person("program")
    program.client.headers["authorization"] = f"Bearer {secret}"
    await program.ask("GET", path, status=200)
    await send(program, patient, status=403)
    wrong = {"name": "d", "scopes": ["files.delete"]}
    assert (await north.owner.ask("POST", "/keys", wrong, 400))["title"] == "wrong_scope"
    clara = await north.staff("clara", "clinician")
    await clara.ask("DELETE", path, status=204)


async def test_a_restricted_patient_s_folder_is_for_the_team(north: House) -> None:
    patient = await patient_of(north, restricted=True)
    made = await send(north.owner, patient)
    path = f"/patients/{patient}/files/{made['id']}"
    clara = await north.staff("clara", "clinician")
    refused = await send(clara, patient, status=403)
    assert refused["title"] == "restricted"
    for way in (path, f"{path}/content", f"/patients/{patient}/files"):
        await clara.ask("GET", way, status=403)


async def test_a_file_of_one_patient_is_none_of_another(north: House) -> None:
    one, other = await patient_of(north), await patient_of(north)
    made = await send(north.owner, one)
    for method, way in (("GET", ""), ("GET", "/content"), ("PATCH", ""), ("DELETE", "")):
        body = {"name": "X"} if method == "PATCH" else None
        path = f"/patients/{other}/files/{made['id']}{way}"
        await north.owner.ask(method, path, body, 404)
    meeting = {"startsAt": "2027-03-04T13:00:00Z", "patientId": other}
    theirs = (await north.owner.ask("POST", "/meetings", meeting, 201))["id"]
    await send(north.owner, one, status=404, meetingId=theirs)
    path = f"/patients/{one}/files/{made['id']}"
    await north.owner.ask("PATCH", path, {"meetingId": theirs}, 404)


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "page": (b"<!doctype html><script>alert(1)</script>", 415, "wrong_type"),
    "empty": (b"", 415, "wrong_type"),
    "two": (picture() + b"PK\x05\x06" + bytes(18), 422, "two_types"),
    "cut off": (picture()[:-9], 422, "damaged_file"),
    "no picture": (picture("PNG")[:60] + picture("PNG")[-12:], 422, "damaged_file"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_not_taken_is_told_why_and_leaves_nothing(north: House, what: str) -> None:
    content, status, kind = REFUSED[what]
    patient = await patient_of(north)
    refused = await send(north.owner, patient, content, status)

    assert north.owner.client.cookies  # still signed in
    assert refused["title"] == kind
    assert refused["type"] == f"urn:housecall:{kind}"
    assert len(refused["detail"]) > 20
    assert stored(north) == []


async def test_what_is_too_large_is_refused_before_and_while_it_comes(north: House) -> None:
    patient = await patient_of(north)
    announced = await send(
        north.owner, patient, b"x", 413, headers={"content-length": str(LARGEST + 1)}
    )
    assert announced["title"] == "file_too_large"

    async def endless() -> Any:
        sent = 0
        while sent <= LARGEST + (2 << 20):
            sent += 1 << 20
            yield bytes(1 << 20)

    path = f"/patients/{patient}/files"
    answer = await north.owner.client.post(path, content=endless(), headers=BINARY)
    assert answer.status_code == 413
    assert answer.json()["title"] == "file_too_large"


async def test_a_form_or_json_is_no_file(north: House) -> None:
    patient = await patient_of(north)
    for kind in ("multipart/form-data; boundary=x", "application/json", ""):
        refused = await send(north.owner, patient, status=415, headers={"content-type": kind})
        assert refused["title"] == "wrong_type"
    await send(north.owner, patient, picture("PNG"), headers={"content-type": "image/jpeg"})


async def test_who_may_not_put_one_there_is_told_before_it_is_read(north: House) -> None:
    """A stranger's 50 MB are not taken in."""
    patient = await patient_of(north)
    reads: list[int] = []

    async def content() -> Any:
        reads.append(1)
        yield picture()

    stranger = await north.person("mallory")
    for who, id, status in ((stranger, patient, 401), (north.owner, north.owner.id, 404)):
        path = f"/patients/{id}/files"
        answer = await who.client.post(path, content=content(), headers=BINARY)
        assert answer.status_code == status
    assert reads == []


async def test_there_is_room_for_so_much_and_no_more(
    north: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = await patient_of(north)
    await send(north.owner, patient)
    north.clinic.file_space = 10
    assert (await send(north.owner, patient, status=413))["title"] == "no_space"
    north.clinic.file_space = 10**9
    monkeypatch.setattr("api.clinic.folders.MOST", 1)
    assert (await send(north.owner, patient, status=409))["title"] == "folder_full"
    north.clinic.receiving = 4
    other = await patient_of(north)
    assert (await send(north.owner, other, status=429))["title"] == "too_many_files"
    north.clinic.receiving = 0
    assert north.clinic.vault is not None
    north.clinic.vault.folder = Path("/dev/null")
    assert (await send(north.owner, other, status=507))["title"] == "disk_full"
    assert north.clinic.receiving == 0


async def test_what_is_sent_twice_with_one_key_is_there_once(north: House) -> None:
    patient, key = await patient_of(north), {"idempotency-key": "k"}
    first = await send(north.owner, patient, headers=key)
    assert await send(north.owner, patient, headers=key) == first
    assert len(stored(north)) == 1
    other = await send(north.owner, patient, picture("PNG"), 409, headers=key)
    assert other["title"] == "key_used"
    assert len(stored(north)) == 1


async def test_who_was_faster_is_not_overwritten(north: House) -> None:
    patient = await patient_of(north)
    made = await send(north.owner, patient)
    path = f"/patients/{patient}/files/{made['id']}"
    await north.owner.ask("PATCH", path, {"name": "Knee"}, 200, if_match='"1"')
    await north.owner.ask("PATCH", path, {"name": "Foot"}, 412, if_match='"1"')
    assert (await north.owner.ask("GET", path, status=200))["name"] == "Knee"


async def test_a_long_folder_comes_in_pages(north: House) -> None:
    patient = await patient_of(north)
    made = [(await send(north.owner, patient, picture("PNG")))["id"] for _ in range(3)]
    first = await north.owner.ask("GET", f"/patients/{patient}/files?limit=2", status=200)
    more = f"/patients/{patient}/files?limit=2&after={first['next']}"
    last = await north.owner.ask("GET", more, status=200)
    assert [item["id"] for item in first["items"] + last["items"]] == sorted(made)
    assert last["next"] is None


async def test_an_archived_patient_s_folder_is_read_alone(north: House) -> None:
    patient = await patient_of(north)
    made = await send(north.owner, patient)
    await north.owner.ask("DELETE", f"/patients/{patient}", status=204)
    await north.owner.ask("GET", f"/patients/{patient}/files/{made['id']}/content", status=200)
    assert (await send(north.owner, patient, status=409))["title"] == "archived"


async def test_a_content_that_is_lost_or_changed_is_told(north: House, clock: Clock) -> None:
    patient = await patient_of(north)
    ids = [(await send(north.owner, patient))["id"] for _ in range(2)]
    workspace = (await north.clinic.workspaces())[0].id
    changed, lost = (next(p for p in stored(north) if p.name == id) for id in ids)
    changed.write_bytes(changed.read_bytes()[:-1])
    lost.unlink()

    for id in ids:
        path = f"/patients/{patient}/files/{id}/content"
        assert (await north.owner.ask("GET", path, status=410))["title"] == "content_lost"
    assert await sweep(north.clinic, workspace) == 1
    assert await forget_missing(north.clinic, workspace) == 1
    listed = await north.owner.ask("GET", f"/patients/{patient}/files", status=200)
    assert [item["id"] for item in listed["items"]] == ids[:1]
    assert (await told(north, "file.lose"))[0]["object_id"] == patient


async def test_what_no_row_tells_of_is_swept_away_in_time(north: House, clock: Clock) -> None:
    import os

    patient = await patient_of(north)
    made = await send(north.owner, patient)
    workspace = (await north.clinic.workspaces())[0].id
    folder = stored(north)[0].parent
    now = clock.now.timestamp()
    for name, age in (("of-an-upload", 10), (".unfinished", 90_000), ("deleted", 90_000)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (now - age, now - age))
    os.utime(folder / made["id"], (now - 90_000, now - 90_000))

    assert await sweep(north.clinic, workspace) == 0
    assert {path.name for path in stored(north)} == {made["id"], "of-an-upload"}


async def test_a_file_is_filed_under_a_visit_and_taken_off(north: House) -> None:
    patient = await patient_of(north)
    wanted = {"startsAt": "2027-03-04T13:00:00Z", "patientId": patient}
    meetings = [(await north.owner.ask("POST", "/meetings", wanted, 201))["id"] for _ in range(2)]
    made = await send(north.owner, patient, meetingId=meetings[0])
    path = f"/patients/{patient}/files/{made['id']}"
    assert made["meetingId"] == meetings[0]
    for meeting in (meetings[1], None):
        changed = await north.owner.ask("PATCH", path, {"meetingId": meeting}, 200)
        assert changed["meetingId"] == meeting
        chart = await north.owner.ask("GET", f"/patients/{patient}/chart", status=200)
        filed = {one["id"]: [item["id"] for item in one["items"]] for one in chart["items"]}
        assert filed == {id: [made["id"]] if id == meeting else [] for id in meetings}
    await north.owner.ask("PATCH", path, {"meetingId": meetings[0]}, 200)
    await north.owner.ask("DELETE", path, status=204)
    (workspace,) = await north.clinic.workspaces()
    async with north.clinic.store.reading(workspace.id) as tx:
        assert (await tx.session.scalars(select(ChartItem))).all() == []
        assert (await tx.session.scalars(select(PatientFile))).all() == []
