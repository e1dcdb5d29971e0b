"""FHIR R5: what is told is valid, comes back as it went, and is for whoever may see it anyway."""

import json
import subprocess
import sys
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.fhir.answers import MEDIA_TYPE, PARAMETERS, outcome
from api.fhir.terms import Type
from api.rules.plans import Provider
from api.store.models import Meeting
from tests.api.conftest import Clock
from tests.api.house import House, Person
from tests.api.pictures import pdf
from tests.api.providers import Fake, connect, use
from tests.api.records import said_by_patient, send
from tests.api.rest.test_charts import meet, visit

pytestmark = pytest.mark.anyio


def parsed(resource: dict[str, Any]) -> Any:
    """By fhir.resources, which refuses what is none; and again from what it has written."""
    kind = resource["resourceType"]
    model = getattr(import_module(f"fhir.resources.{kind.lower()}"), kind)
    once = model.model_validate(resource)
    again = json.loads(once.model_dump_json())
    assert again == resource
    assert model.model_validate_json(once.model_dump_json()) == once
    return once


async def ask(who: Person, path: str, status: int = 200, **headers: str) -> Any:
    answer = await who.ask("GET", f"/fhir/{path}", status=status, **headers)
    assert who.last.headers["content-type"] == MEDIA_TYPE
    parsed(answer)
    return answer


async def found(who: Person, path: str) -> list[str]:
    bundle = await ask(who, path)
    assert bundle["type"] == "searchset"
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


@pytest.fixture
async def patient(north: House) -> str:
    wanted = {
        "name": "Pat Poe", "birthDate": "1980-02-29", "email": "pat@home.example",
        "phone": "+34 600 11 22 33", "language": "es", "reference": "17-B",
    }  # fmt: skip
    return str((await north.owner.ask("POST", "/patients", wanted, 201))["id"])


async def test_a_patient(north: House, patient: str) -> None:
    told = await ask(north.owner, f"Patient/{patient}")
    assert told["name"] == [{"text": "Pat Poe"}]
    assert told["birthDate"] == "1980-02-29"
    assert told["identifier"] == [{"use": "usual", "value": "17-B"}]
    assert {one["system"]: one["value"] for one in told["telecom"]} == {
        "phone": "+34 600 11 22 33",
        "email": "pat@home.example",
    }
    assert told["communication"][0]["language"]["coding"][0]["code"] == "es"
    bare = (await north.owner.ask("POST", "/patients", {"name": "Q"}, 201))["id"]
    assert set(await ask(north.owner, f"Patient/{bare}")) == {
        "resourceType", "id", "meta", "active", "name",
    }  # fmt: skip
    await north.owner.ask("DELETE", f"/patients/{bare}", status=204)
    assert await found(north.owner, "Patient?active=true") == [patient]
    assert await found(north.owner, "Patient?active=false") == [bare]


async def test_a_visit_is_an_appointment_and_once_two_have_met_an_encounter(
    north: House, clock: Clock, patient: str
) -> None:
    made = await visit(north, patient)
    told = await ask(north.owner, f"Appointment/{made['id']}")
    assert told["status"] == "booked"
    assert told["start"] == "2027-03-04T12:05:00Z"
    assert told["end"] == "2027-03-04T12:35:00Z"
    assert told["subject"] == {"reference": f"Patient/{patient}", "type": "Patient"}
    (service,) = told["virtualService"]
    assert service["addressUrl"] == f"https://north.example/#m={made['id']}"
    assert service["channelType"]["code"] == "housecall"
    assert [one["actor"]["display"] for one in told["participant"]] == ["olga", "Pat Poe"]
    assert await found(north.owner, "Encounter") == []
    await ask(north.owner, f"Encounter/{made['id']}", 404)

    await meet(north, clock, made["id"])
    assert (await ask(north.owner, f"Appointment/{made['id']}"))["status"] == "fulfilled"
    told = await ask(north.owner, f"Encounter/{made['id']}")
    assert told["status"] == "completed"
    assert told["class"][0]["coding"][0]["code"] == "VR"
    assert told["appointment"][0]["reference"] == f"Appointment/{made['id']}"
    assert told["actualPeriod"] == {
        "start": "2027-03-04T12:00:00Z", "end": "2027-03-04T12:10:00Z",
    }  # fmt: skip
    assert len(told["participant"]) == 2


async def test_a_visit_elsewhere_leads_there(north: House, clinic: Clinic, patient: str) -> None:
    fake = Fake()
    use(clinic, fake)
    await connect(north, fake, Provider.ZOOM)
    wanted = {"startsAt": "2027-03-04T15:00:00Z", "conferencing": "zoom", "patientId": patient}
    made = await north.owner.ask("POST", "/meetings", wanted, 201)
    made = await north.owner.ask("GET", f"/meetings/{made['id']}", status=200)

    (service,) = (await ask(north.owner, f"Appointment/{made['id']}"))["virtualService"]
    assert service["channelType"] == {
        "system": "http://hl7.org/fhir/virtual-service-type", "code": "zoom",
    }  # fmt: skip
    assert service["addressUrl"] == made["joinUrl"]


@pytest.mark.parametrize("own", ["scheduled", "open", "lobby", "live", "cancelled", "no_show"])
async def test_each_state_has_its_word(north: House, patient: str, own: str) -> None:
    made = await visit(north, patient)
    (workspace,) = await north.clinic.workspaces()
    async with north.clinic.store.writing(workspace.id) as tx:
        query = select(Meeting).where(Meeting.id == UUID(made["id"]))
        (await tx.session.scalars(query)).one().status = own
    its = (await ask(north.owner, f"Appointment/{made['id']}"))["status"]
    assert await found(north.owner, f"Appointment?status={its}") == [made["id"]]
    other = "fulfilled"
    assert await found(north.owner, f"Appointment?status={other}") == []


async def test_consent_is_what_was_permitted_until_it_was_taken_back(
    north: House, clock: Clock, patient: str
) -> None:
    made = await visit(north, patient)
    first = (await said_by_patient(north, made["id"], patient, ("audio", "video")))["id"]
    clock.go(minutes=1)
    second = (await said_by_patient(north, made["id"], patient, ("video",), given=False))["id"]
    clock.go(minutes=1)

    told = await ask(north.owner, f"Consent/{first}")
    assert told["status"] == "active"  # for sound
    assert told["decision"] == "deny"
    permitted = {p["code"][0]["coding"][0]["code"]: p["period"] for p in told["provision"]}
    assert permitted == {
        "audio": {"start": "2027-03-04T12:00:00Z"},
        "video": {"start": "2027-03-04T12:00:00Z", "end": "2027-03-04T12:01:00Z"},
    }
    assert told["provision"][0]["data"][0]["reference"]["reference"] == f"Appointment/{made['id']}"
    assert "provision" not in await ask(north.owner, f"Consent/{second}")
    assert set(await found(north.owner, f"Consent?patient={patient}")) == {first, second}
    await said_by_patient(north, made["id"], patient, ("audio", "video"), given=False)
    assert set(await found(north.owner, "Consent?status=inactive")) == {first, second}
    (last,) = await found(north.owner, "Consent?status=active")
    assert last not in (first, second)
    assert (await ask(north.owner, f"Consent/{first}"))["status"] == "inactive"


async def test_what_staff_have_said_is_no_patient_s_consent(north: House, patient: str) -> None:
    from tests.api.rest.test_consent import words

    made = await visit(north, patient)
    body = await words(north.owner, made)
    own = (await north.owner.ask("POST", "/video/consent-log", body, 201))["id"]
    await ask(north.owner, f"Consent/{own}", 404)
    assert await found(north.owner, "Consent") == []


async def test_a_file_is_a_document_whose_content_can_be_read(north: House, patient: str) -> None:
    made = await visit(north, patient)
    file = await send(north.owner, patient, pdf(), meetingId=made["id"])
    told = await ask(north.owner, f"DocumentReference/{file['id']}")
    attachment = told["content"][0]["attachment"]
    assert attachment["contentType"] == "application/pdf"
    assert attachment["size"] == file["size"]
    assert attachment["title"] == file["name"]
    assert told["context"][0]["reference"] == f"Appointment/{made['id']}"
    path = attachment["url"].removeprefix("https://north.example/api/v1")
    assert (await north.owner.client.get(path)).content == pdf()
    assert await found(north.owner, "DocumentReference?status=current") == [file["id"]]


async def test_what_was_done_is_told_by_audit_events(north: House, patient: str) -> None:
    made = await visit(north, patient)
    await north.owner.ask("GET", f"/patients/{patient}", status=200)
    bundle = await ask(north.owner, f"AuditEvent?patient=Patient/{patient}")
    by_code = {
        entry["resource"]["code"]["coding"][0]["code"]: entry["resource"]
        for entry in bundle["entry"]
    }
    assert {"patient.create", "patient.view", "meeting.create"} <= set(by_code)
    view = by_code["patient.view"]
    assert view["action"] == "R"
    assert view["patient"]["reference"] == f"Patient/{patient}"
    assert view["agent"][0]["who"]["identifier"]["value"] == f"urn:uuid:{north.owner.id}"
    assert view["agent"][0]["networkString"] == "192.0.2.1"
    about = by_code["meeting.create"]["entity"][0]["what"]["identifier"]
    assert about == {"system": "urn:housecall:meeting", "value": made["id"]}
    assert await ask(north.owner, f"AuditEvent/{view['id']}") == view
    seq, _, digest = view["id"].partition("-")
    other = f"{seq}-{'0' * len(digest)}"  # its place in another log
    await ask(north.owner, f"AuditEvent/{other}", 404)
    whole = await ask(north.owner, "AuditEvent?_count=200")
    refused = {entry["resource"]["outcome"]["code"]["code"] for entry in whole["entry"]}
    assert refused == {"success"}


async def test_a_long_list_comes_in_pages_that_lead_on(north: House, patient: str) -> None:
    made = {(await visit(north, patient))["id"] for _ in range(5)}
    seen: list[str] = []
    path, pages = f"Appointment?patient={patient}&_count=2", 0
    while path:
        bundle = await ask(north.owner, path)
        seen += [entry["resource"]["id"] for entry in bundle.get("entry", ())]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        assert links["self"] == f"https://north.example/api/v1/fhir/{path}"
        path = links.get("next", "").removeprefix("https://north.example/api/v1/fhir/")
        pages += 1
    assert (len(seen), set(seen), pages) == (5, made, 3)
    events: list[str] = []
    path = "AuditEvent?_count=3"
    while path:
        bundle = await ask(north.owner, path)
        events += [entry["resource"]["id"] for entry in bundle["entry"]][:3]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        path = links.get("next", "").rpartition("/fhir/")[2] if len(events) < 12 else ""
    assert len(set(events)) == len(events) >= 12


DATES = [
    ("2027-03-04", [0, 1]),
    ("eq2027-03", [0, 1, 2]),
    ("2027", [0, 1, 2, 3]),
    ("2026-12", []),
    ("2027-12", [3]),
    ("ne2027-03-04", [2, 3]),
    ("gt2027-03-04", [2, 3]),
    ("sa2027-03-04", [2, 3]),
    ("ge2027-03-04", [0, 1, 2, 3]),
    ("lt2027-03-05", [0, 1]),
    ("eb2027-03-05", [0, 1]),
    ("le2027-03-05", [0, 1, 2]),
    ("2027-03-04T13:00Z", [0]),
    ("2027-03-04T14:00:00%2B01:00", [0]),
    ("2027-03-04T13:00:01Z", []),
    ("ge2027-03-04T13:00:01Z&date=lt2027-03-05", [1]),
]


async def test_dates_are_spans_as_fhir_has_them(north: House, patient: str) -> None:
    times = ["2027-03-04T13:00:00Z", "2027-03-04T14:00:00Z", "2027-03-05T09:00:00Z"]
    made = [(await visit(north, patient, at))["id"] for at in [*times, "2027-12-31T23:00:00Z"]]
    for date, which in DATES:
        expected = {made[n] for n in which}
        assert set(await found(north.owner, f"Appointment?date={date}")) == expected, date
    assert (await ask(north.owner, "Appointment?date=2027-02-30", 400))["issue"][0]["code"]


async def test_refusals_are_outcomes(north: House, patient: str) -> None:
    stranger = await north.person("mallory")
    cases = [
        (stranger, f"Patient/{patient}", 401, "login"),
        (north.owner, f"Patient/{north.owner.id}", 404, "not-found"),
        (north.owner, "Patient/7", 422, "invalid"),
        (north.owner, "Patient?name=Pat", 400, "invalid"),
        (north.owner, "Appointment?status=away", 422, "invalid"),
        (north.owner, "Observation", 404, "not-found"),
    ]
    for who, path, status, code in cases:
        told = await ask(who, path, status)
        assert told["resourceType"] == "OperationOutcome"
        assert told["issue"][0]["code"] == code
        assert "Pat" not in told["issue"][0]["diagnostics"]
    answer = await north.owner.client.post("/fhir/Patient", json={})
    assert (answer.status_code, answer.headers["content-type"]) == (405, MEDIA_TYPE)
    for status in (400, 409, 429, 503):
        parsed(outcome(status, "word", "A sentence.", {"body": "x"}))


def test_a_server_starts_without_what_few_of_them_need() -> None:
    program = (
        "import sys, api.clinical, api.app; "
        "print(sorted({'fhir', 'PIL', 'pikepdf', 'lxml'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


async def test_what_there_is_is_told_to_everybody(north: House) -> None:
    stranger = await north.person("mallory")
    told = await ask(stranger, "metadata")
    assert told["fhirVersion"] == "5.0.0"
    described = {one["type"]: one for one in told["rest"][0]["resource"]}
    assert set(described) == set(Type)
    for kind in Type:
        (operation,) = [
            item["get"]
            for path, item in north.api.openapi()["paths"].items()
            if path == f"/fhir/{kind}"
        ]
        names = {one["name"] for one in operation["parameters"]} - {"_count", "after"}
        assert names == {one.name for one in PARAMETERS[kind]}
        assert names == {one["name"] for one in described[kind]["searchParam"]}


NEEDED = {
    "Patient": "patients.read",
    "Appointment": "meetings.read",
    "Encounter": "meetings.read",
    "Consent": "meetings.read",
    "DocumentReference": "files.read",
    "AuditEvent": "audit.read",
}


async def program(house: House, *scopes: str) -> Person:
    body = {"name": str(uuid4()), "scopes": list(scopes)}
    secret = (await house.owner.ask("POST", "/keys", body, 201))["secret"]
    one = await house.person("program")
    one.client.headers["authorization"] = f"Bearer {secret}"
    return one


async def test_a_key_reads_what_its_scopes_say(north: House) -> None:
    alone = await program(north, "fhir.read")
    for kind, scope in NEEDED.items():
        without, both = await program(north, scope), await program(north, "fhir.read", scope)
        await ask(alone, kind, 403)
        await ask(without, kind, 403)
        await ask(both, kind)


async def test_another_tenant_s_key_reads_nothing(
    north: House, south: House, patient: str, clock: Clock
) -> None:
    """Neither in a list, nor by an id, nor by what one searches for."""
    id = (await visit(north, patient))["id"]
    await said_by_patient(north, id, patient)
    await send(north.owner, patient)
    await meet(north, clock, id)
    own = await program(north, "fhir.read", *set(NEEDED.values()))
    other = await program(south, "fhir.read", *set(NEEDED.values()))
    for kind in NEEDED:
        theirs = await found(own, f"{kind}?_count=100")
        assert theirs
        assert not {*theirs} & {*await found(other, f"{kind}?_count=100")}
        for one in theirs:
            await ask(other, f"{kind}/{one}", 404)
        if kind != "Patient":
            assert await found(other, f"{kind}?patient={patient}") == []


async def test_people_read_what_their_role_says(north: House) -> None:
    anna, audrey = await north.staff("anna", "assistant"), await north.staff("audrey", "auditor")
    for kind in NEEDED:
        await ask(anna, kind, 403 if kind == "AuditEvent" else 200)
        await ask(audrey, kind, 200 if kind == "AuditEvent" else 403)


async def test_a_restricted_patient_is_in_no_list_but_the_team_s(
    north: House, clock: Clock
) -> None:
    wanted = {"name": "Pat", "restricted": True}
    patient = (await north.owner.ask("POST", "/patients", wanted, 201))["id"]
    made = await visit(north, patient)
    receipt = (await said_by_patient(north, made["id"], patient))["id"]
    file = (await send(north.owner, patient))["id"]
    await meet(north, clock, made["id"])
    ids = {
        "Patient": patient, "Appointment": made["id"], "Encounter": made["id"],
        "Consent": receipt, "DocumentReference": file,
    }  # fmt: skip
    clara = await north.staff("clara", "clinician")
    key = await program(north, *sorted({"fhir.read", *NEEDED.values()}))
    for kind, id in ids.items():
        assert await found(north.owner, kind) == [id]
        for who in (clara, key):
            assert await found(who, kind) == []
            await ask(who, f"{kind}/{id}", 403 if kind == "Patient" else 404)
    security = (await ask(north.owner, f"Patient/{patient}"))["meta"]["security"]
    assert security[0]["code"] == "R"


async def test_each_read_is_told_to_the_audit_log(north: House, patient: str) -> None:
    await ask(north.owner, f"Patient/{patient}")
    await ask(north.owner, "Patient")
    log = await north.owner.ask("GET", "/audit?limit=200", status=200)
    entries = [one["detail"] for one in log["items"] if one["action"] == "fhir.read"]
    assert entries == [{"type": "Patient", "ids": [patient]}] * 2
