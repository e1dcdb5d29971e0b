"""Staff, patients, guests and keys: who may do what, and that all of it is told."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api.clinic.auditing import retain
from tests.api.conftest import Clock
from tests.api.house import House, Person

pytestmark = pytest.mark.anyio

PAT = {"name": "Pat Moss", "email": "pat@home.example", "phone": "+1 555 0100", "language": "es"}


async def told(owner: Person, *actions: str) -> list[dict[str, Any]]:
    page = await owner.ask("GET", "/audit?limit=200", status=200)
    return [item for item in page["items"] if item["action"] in actions]


async def test_roles_do_what_the_table_says(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    anna = await north.staff("anna", "assistant")
    axel = await north.staff("axel", "auditor")
    patient = (await anna.ask("POST", "/patients", PAT, 201))["id"]
    for person, status in ((carl, 200), (anna, 200), (axel, 403), (north.owner, 200)):
        await person.ask("GET", f"/patients/{patient}", status=status)
    for person, status in ((carl, 403), (anna, 403), (axel, 200), (north.owner, 200)):
        await person.ask("GET", "/audit", status=status)
    for person in (carl, anna, axel):
        await person.ask("POST", "/keys", {"name": "x", "scopes": ["staff.read"]}, 403)

    (first, *_) = await told(north.owner, "permission.refuse")
    assert (first["actor_id"], first["actor_role"], first["reason"]) == (
        axel.id, "auditor", "forbidden",
    )  # fmt: skip
    assert first["detail"] == {"permission": "patients.read"}
    assert first["user_agent"] == "axel's browser"
    assert first["address"] == "192.0.2.1"


async def test_a_record_is_changed_by_one_at_a_time(north: House) -> None:
    owner = north.owner
    patient = await owner.ask("POST", "/patients", PAT, 201)
    path, seen = f"/patients/{patient['id']}", owner.last.headers["etag"]
    changed = await owner.ask("PATCH", path, {"phone": None, "name": "Pat M."}, 200, if_match=seen)
    answer = await owner.ask("PATCH", path, {"name": "Patricia"}, 412, if_match=seen)

    assert (changed["phone"], changed["name"], changed["email"]) == (
        None, "Pat M.", "pat@home.example",
    )  # fmt: skip
    assert answer["title"] == "changed"
    (entry,) = await told(owner, "patient.change")
    assert entry["detail"] == {"fields": ["name", "phone"]}


async def test_every_look_is_told_and_no_name_is(north: House) -> None:
    patient = await north.owner.ask("POST", "/patients", PAT, 201)
    await north.owner.ask("GET", f"/patients/{patient['id']}", status=200)
    await north.owner.ask("GET", "/patients", status=200)

    views = await told(north.owner, "patient.create", "patient.view", "patient.list")
    assert [(v["action"], v["object_id"]) for v in views] == [
        ("patient.create", patient["id"]), ("patient.view", patient["id"]), ("patient.list", None),
    ]  # fmt: skip
    text = await north.owner.ask("GET", "/audit/export", status=200)
    for secret in ("Moss", "home.example", "+1", "555 0100"):  # no hash has a sign or a space
        assert secret not in text


async def test_a_restricted_record_is_for_its_team(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    dora = await north.staff("dora", "clinician")
    anna = await north.staff("anna", "assistant")
    body = PAT | {"restricted": True, "birthDate": "1980-02-29"}
    patient = (await carl.ask("POST", "/patients", body, 201))["id"]
    path = f"/patients/{patient}"
    await carl.ask("GET", path, status=200)
    for person in (dora, anna, north.owner):
        assert (await person.ask("GET", path, status=403))["title"] == "restricted"
        assert (await person.ask("GET", "/patients", status=200))["items"] == []
        await person.ask("PATCH", path, {"name": "x"}, 403)

    hidden = "/patients/restricted/search"
    who = {"name": PAT["name"].upper(), "birthDate": body["birthDate"]}
    assert (await dora.ask("POST", hidden, who, 200))["ids"] == [patient]
    assert (await dora.ask("POST", hidden, who | {"name": "Pat"}, 200))["ids"] == []
    assert (await carl.ask("POST", hidden, who, 200))["ids"] == []  # not hidden from him
    assert (await dora.ask("POST", hidden, {"reference": "A-17"}, 200))["ids"] == []
    await dora.ask("POST", hidden, {"name": "Pat"}, 422)
    await anna.ask("POST", hidden, who, 403)
    await anna.ask("GET", f"{path}/team", status=403)
    looked = await told(north.owner, "patient.search_hidden")
    assert [entry["detail"]["ids"] for entry in looked] == [[patient], [], [], []]

    await anna.ask("POST", f"{path}/break-glass", {"reason": "I am curious"}, 403)
    await dora.ask("POST", f"{path}/break-glass", {"reason": "short"}, 422)
    reason = {"reason": "collapsed in the waiting room"}
    await dora.ask("POST", f"{path}/break-glass", reason, 201)
    await dora.ask("GET", path, status=200)
    for _ in range(6):
        clock.go(minutes=10)
        for person in (carl, dora, north.owner):
            await person.ask("GET", "/sessions/current", status=200)
    await dora.ask("GET", path, status=403)
    (glass,) = (await north.owner.ask("GET", "/broken-glasses", status=200))["items"]
    assert (glass["staffId"], glass["patientId"], glass["reason"]) == (
        dora.id, patient, "collapsed in the waiting room",
    )  # fmt: skip
    assert (glass["staffName"], glass["patientName"]) == ("dora", PAT["name"])
    vera = await north.staff("vera", "auditor")
    (seen,) = (await vera.ask("GET", "/broken-glasses", status=200))["items"]
    assert (seen["staffName"], seen["patientName"]) == ("dora", None)
    (entry,) = await told(north.owner, "break_glass")
    assert "collapsed" not in str(entry)

    await carl.ask("PUT", f"{path}/team/{dora.id}", status=204)
    await dora.ask("GET", path, status=200)
    team = await dora.ask("GET", f"{path}/team", status=200)
    assert {(one["name"], one["role"]) for one in team["items"]} == {
        ("carl", "clinician"), ("dora", "clinician"),
    }  # fmt: skip
    await carl.ask("DELETE", f"{path}/team/{dora.id}", status=204)
    await dora.ask("GET", path, status=403)


async def test_an_archived_patient_is_out(north: House) -> None:
    patient = (await north.owner.ask("POST", "/patients", PAT, 201))["id"]
    link = await north.owner.ask("POST", f"/patients/{patient}/links", {}, 201)
    pat = await north.person("pat")
    token = link["url"].partition("#l=")[2]
    await pat.ask("POST", "/sessions/link", {"token": token}, 201)
    await north.owner.ask("DELETE", f"/patients/{patient}", status=204)

    await pat.ask("GET", "/sessions/current", status=401)
    await north.owner.ask("POST", f"/patients/{patient}/links", {}, 409)
    assert (await north.owner.ask("GET", "/patients", status=200))["items"] == []


async def test_an_owner_is_left(north: House) -> None:
    me = f"/staff/{north.owner.id}"
    for change in ({"role": "clinician"}, {"disabled": True}):
        assert (await north.owner.ask("PATCH", me, change, 409))["title"] == "last_owner"
    other = await north.staff("oskar", "owner")
    await other.ask("PATCH", me, {"role": "clinician"}, 200)
    await north.owner.ask("PATCH", me, {"role": "owner"}, 403)


async def test_an_e_mail_address_is_somebody_s_alone(north: House) -> None:
    body = {"email": "OLGA@north.example", "name": "other", "role": "clinician"}

    assert (await north.owner.ask("POST", "/staff", body, 409))["title"] == "email_taken"


async def test_a_key_does_what_its_scopes_say(north: House, clock: Clock) -> None:
    body = {"name": "records", "scopes": ["patients.read"]}
    made = await north.owner.ask("POST", "/keys", body, 201)
    program = await north.person("program")
    key = {"authorization": f"Bearer {made['secret']}"}
    patient = await north.owner.ask("POST", "/patients", PAT, 201)
    hidden = await north.owner.ask("POST", "/patients", PAT | {"restricted": True}, 201)

    assert made["secret"].startswith("hck_")
    await program.ask("GET", f"/patients/{patient['id']}", status=200, **key)
    await program.ask("GET", f"/patients/{hidden['id']}", status=403, **key)
    await program.ask("POST", "/patients", PAT, 403, **key)
    await program.ask("GET", "/staff", status=403, **key)
    (view,) = await told(north.owner, "patient.view")
    assert (view["actor_kind"], view["actor_id"]) == ("key", made["key"]["id"])


async def test_two_keys_live_for_a_change_over(north: House, clock: Clock) -> None:
    owner, body = north.owner, {"name": "records", "scopes": ["staff.read"], "days": 30}
    first, second = [await owner.ask("POST", "/keys", body, 201) for _ in range(2)]
    assert (await owner.ask("POST", "/keys", body, 409))["title"] == "two_keys_live"
    program = await north.person("program")
    for key in (first, second):
        bearer = {"authorization": f"Bearer {key['secret']}"}
        await program.ask("GET", "/staff", status=200, **bearer)
    await owner.ask("DELETE", f"/keys/{first['key']['id']}", status=204)
    await program.ask("GET", "/staff", status=401, authorization=f"Bearer {first['secret']}")
    await owner.ask("POST", "/keys", body, 201)
    listed = (await owner.ask("GET", "/keys", status=200))["items"]
    live = {item["id"]: item["revokedAt"] is None for item in listed}
    assert (live.pop(first["key"]["id"]), list(live.values())) == (False, [True, True])
    assert first["secret"] not in str(listed)

    clock.go(days=30)
    answer = await program.ask(
        "GET", "/staff", status=401, authorization=f"Bearer {second['secret']}"
    )
    assert answer["title"] == "key_not_live"


async def test_a_key_makes_no_people_and_no_keys(north: House) -> None:
    for scope in ("staff.change", "keys.change", "break_glass"):
        body = {"name": "x", "scopes": [scope]}
        assert (await north.owner.ask("POST", "/keys", body, 400))["title"] == "wrong_scope"


async def test_lists_come_in_pages(north: House, clock: Clock) -> None:
    for n in range(5):
        clock.go(seconds=1)
        await north.owner.ask("POST", "/patients", {"name": f"P{n}"}, 201)
    names: list[str] = []
    after = ""
    while after is not None:
        page = await north.owner.ask("GET", f"/patients?limit=2{after}", status=200)
        names += [item["name"] for item in page["items"]]
        after = page["next"] and f"&after={page['next']}"

    assert names == [f"P{n}" for n in range(5)]


async def test_patients_are_found_by_words_of_what_is_known(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    ole = {"name": "Øle Ågård", "reference": "A-17", "birthDate": "1980-02-29"}
    for body in (PAT, ole, {"name": "Pia_50%", "restricted": True}, {"name": "pat archer"}):
        await north.owner.ask("POST", "/patients", body, 201)

    async def found(person: Person, text: str, **more: Any) -> list[str]:
        body = {"text": text, **more}
        page = await person.ask("POST", "/patients/search", body, 200)
        return [item["name"] for item in page["items"]]

    assert await found(carl, "") == ["pat archer", "Pat Moss", "Øle Ågård"]
    assert await found(carl, "moss PAT") == ["Pat Moss"]
    assert await found(carl, "øLE å") == ["Øle Ågård"]
    assert await found(carl, "a-17") == await found(carl, "1980-02-29") == ["Øle Ågård"]
    assert await found(carl, "home.example") == ["Pat Moss"]
    assert await found(carl, "pia") == []  # for her team alone
    assert await found(north.owner, "_50%") == ["Pia_50%"]
    assert await found(north.owner, "%") == ["Pia_50%"]
    assert await found(carl, "pat", limit=1) == ["pat archer"]
    page = await carl.ask("POST", "/patients/search", {"text": "pat", "limit": 1}, 200)
    assert page["more"] is True


async def test_the_log_verifies_over_http(north: House) -> None:
    await asyncio.gather(
        *(north.owner.ask("POST", "/patients", {"name": f"P{n}"}, 201) for n in range(12))
    )

    report = await north.owner.ask("GET", "/audit/verify", status=200)
    assert report == {"log": "audit_log", "entries": 16, "problems": []}
    report = await north.owner.ask("GET", "/audit/verify?log=livekit_access_log", status=200)
    assert report["problems"] == []


async def test_logs_are_kept_for_as_long_as_the_owner_says(north: House, clock: Clock) -> None:
    await north.owner.ask("PATCH", "/workspace", {"auditDays": 30}, 422)
    changed = await north.owner.ask("PATCH", "/workspace", {"auditDays": 400}, 200)
    (workspace,) = await north.clinic.workspaces()
    assert (changed["title"], changed["auditDays"]) == ("Clinic", 400)
    assert await retain(north.clinic, workspace.id) == 0

    clock.go(days=399)
    await north.owner.sign_in()
    clock.go(days=1, seconds=1)
    assert await retain(north.clinic, workspace.id) == 5
    await north.owner.sign_in()
    page = await north.owner.ask("GET", "/audit", status=200)
    assert [(i["seq"], i["action"]) for i in page["items"]] == [
        (6, "session.begin"), (7, "session.end"),  # of the one before
        (8, "audit.cut"), (9, "session.begin"), (10, "session.end"),
    ]  # fmt: skip
    assert (await north.owner.ask("GET", "/audit/verify", status=200))["problems"] == []


async def test_nobody_is_born_in_the_time_to_come(north: House, clock: Clock) -> None:
    """Who is noted so could not come in: their link asks for it."""
    born = (clock.now + timedelta(days=3)).date().isoformat()
    body = {"name": "Pat", "birthDate": born}
    assert (await north.owner.ask("POST", "/patients", body, 400))["title"] == "not_born"
    today = {"name": "Pat", "birthDate": clock.now.date().isoformat()}
    patient = await north.owner.ask("POST", "/patients", today, 201)
    path = f"/patients/{patient['id']}"
    assert (await north.owner.ask("PATCH", path, {"birthDate": born}, 400))["title"] == "not_born"
    assert (await north.owner.ask("GET", path, status=200))["birthDate"] == today["birthDate"]
