"""Two workspaces: nothing of one is reached from the other, by any operation there is.

The operations are those of the OpenAPI document: one that comes to it is asked too, or fails here
for want of a body or of an id.
"""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from api.clinic.policies import built_in
from api.rules.hq import Side
from api.rules.plans import Provider
from api.store.engine import make_engine
from api.store.models import Base, HqLink
from tests.api.conftest import Clock, Database
from tests.api.house import House
from tests.api.providers import Fake, connect, use
from tests.api.records import said_by_patient, send

pytestmark = pytest.mark.anyio

SHOWN = next(one for one in built_in() if one.language == "en")
CONSENT = {
    "scopes": ["audio"], "policyVersion": SHOWN.version, "policyHash": SHOWN.hash, "language": "en",
}  # fmt: skip
# A good body for each operation that takes one, and where the ids of its path come from.
BODIES: dict[str, Any] = {
    "POST /texts/test": {"phone": "+34 600 11 22 33"},
    "PUT /texts/carrier": {
        "provider": "twilio",
        "account": "AC1",
        "sender": "+15005550006",
        "secret": "x" * 16,
    },
    "POST /staff": {"email": "x@y.example", "name": "X", "role": "clinician"},
    "PATCH /staff/{id}": {"role": "assistant"},
    "PATCH /workspace": {"title": "Other"},
    "POST /patients": {"name": "X"},
    "POST /patients/search": {"text": "Pat"},
    "POST /patients/restricted/search": {"name": "Pat", "birthDate": "1980-02-29"},
    "PATCH /patients/{id}": {"name": "X"},
    "POST /patients/{id}/links": {},
    "POST /patients/{id}/break-glass": {"reason": "collapsed in the hall"},
    "POST /guests": {"kind": "family", "name": "X"},
    "POST /keys": {"name": "x", "scopes": ["staff.read"]},
    "POST /meetings": {"startsAt": "2027-03-05T12:00:00Z"},
    "POST /meetings/search": {"name": "Pat"},
    "POST /meetings/verify-token": {"token": "hcl_"},
    "POST /meetings/{id}/place/messages": {"text": "X"},
    "POST /meetings/{id}/participants/{participant}/messages": {"text": "X"},
    "PATCH /meetings/{id}": {"locked": True},
    "POST /meetings/{id}/invite": {},
    "POST /consent/policies": {"texts": [{"language": "en", "text": "X"}]},
    "POST /video/consent-log": CONSENT,
    "POST /patients/{id}/texting": {"given": False, "method": "voice"},
    "POST /calendar/events": {"date": "2027-03-08", "time": "09:00"},
    "PATCH /calendar/events/{id}": {"duration": 60},
    "PUT /staff/{id}/hours": {"timeZone": "UTC", "hours": []},
    "PATCH /patients/{id}/files/{file}": {"name": "X"},
    "PUT /hq/staff/{id}": {"languages": ["en"]},
    "PUT /meetings/{id}/triage": {"priority": "soon"},
    "PUT /meetings/{id}/place/devices": {"camera": True, "microphone": True},
    "PUT /password": {"current": "X", "code": "1", "password": "twelve new letters"},
    "PUT /templates": {"channel": "sms", "kind": "reminder", "language": "en"},
}
# Whoever holds a token of theirs comes in by it, to the workspace that it names.
BY_TOKEN = {
    "POST /sessions", "POST /sessions/link", "POST /links/open", "POST /links/accept",
    "POST /meetings/{id}/rsvp", "GET /conferencing/callback",
}  # fmt: skip
# What a carrier tells, by its signature: see test_texting.py and test_carriers.py.
BY_SIGNATURE = {
    "POST /texts/status", "POST /texts/inbound",
    "POST /texts/{workspace}/status", "POST /texts/{workspace}/inbound",
}  # fmt: skip
# What two workspaces agree on: see test_hq.py.
BY_AGREEMENT = {"POST /hq/served-by"}
# Whose body names something of theirs, instead of the path: not found either.
BY_BODY = {
    "POST /livekit/token": lambda ids: {"meetingId": ids["/meetings/{id}"]},
    "POST /video/consent-log": lambda ids: {**CONSENT, "meetingId": ids["/meetings/{id}"]},
    "POST /calls/generate-token": lambda ids: {"kind": "patient", "id": ids["/patients/{id}"]},
}
# Whose query does: parameter, and where its id comes from. People may not ask that at all, but
# programs with this scope.
BY_QUERY = {"GET /video/auth-token": ("meetingId", "/meetings/{id}", "meetings.record")}
# Whose path names what every workspace may have, with the answer to whoever has not.
BY_NAME = {
    "POST /conferencing/{provider}/connection": 201,
    "DELETE /conferencing/{provider}/connection": 404,
    "POST /hq/queue/next": 404,
    "POST /texts/test": 409,  # this server sends none
    "DELETE /texts/carrier": 204,  # its own, made just before
}
# What is asked last, since it ends the session.
LAST = {"DELETE /sessions/current", "DELETE /sessions", "DELETE /staff/{id}/sessions"}
# What is refused to whoever does not know it.
BY_SECRET = {"PUT /password": 403}


def operations(api: FastAPI) -> list[str]:
    return [
        f"{method.upper()} {path}"
        for path, item in api.openapi()["paths"].items()
        for method in item
    ]


async def furnish(house: House) -> dict[str, str]:
    """Something of each kind, and its ids as paths name them."""
    owner = house.owner
    patient = await owner.ask("POST", "/patients", {"name": "Pat"}, 201)
    body = {"kind": "family", "name": "Gus", "email": "gus@home.example"}
    guest = await owner.ask("POST", "/guests", body, 201)
    key = await owner.ask("POST", "/keys", {"name": "k", "scopes": ["staff.read"]}, 201)
    reason = {"reason": "collapsed in the hall"}
    await owner.ask("POST", f"/patients/{patient['id']}/break-glass", reason, 201)
    wanted = {"startsAt": "2027-03-04T13:00:00Z", "patientId": patient["id"]}
    meeting = await owner.ask("POST", "/meetings", wanted, 201)
    event = await owner.ask(
        "POST", "/calendar/events", {"date": "2027-03-09", "time": "09:00"}, 201
    )
    week = {"timeZone": "UTC", "hours": [{"day": "mon", "begins": "09:00", "ends": "17:00"}]}
    await owner.ask("PUT", f"/staff/{owner.id}/hours", week, 200)
    file = await send(owner, patient["id"], meetingId=meeting["id"])
    receipt = await said_by_patient(house, meeting["id"], patient["id"])
    events = await owner.ask("GET", f"/fhir/AuditEvent?patient={patient['id']}", status=200)
    workspace = str((await owner.ask("GET", "/workspace", status=200))["id"])
    (session, *_) = (await owner.ask("GET", "/sessions", status=200))["items"]
    return {
        "/sessions/{id}": session["id"],
        "/fhir/Patient/{id}": patient["id"],
        "/fhir/Appointment/{id}": meeting["id"],
        "/fhir/Encounter/{id}": meeting["id"],
        "/fhir/Consent/{id}": receipt["id"],
        "/fhir/AuditEvent/{id}": events["entry"][0]["resource"]["id"],
        "/fhir/DocumentReference/{id}": file["id"],
        "{file}": file["id"],
        "/calendar/events/{id}": event["id"],
        "/meetings/{id}": meeting["id"],
        "/staff/{id}": owner.id,
        "/patients/{id}": patient["id"],
        "/guests/{id}": guest["guest"]["id"],
        "/keys/{id}": key["key"]["id"],
        "/mail/{id}": guest["link"]["mailId"],
        "{staff}": owner.id,
        "/hq/staff/{id}": owner.id,
        **await agreements(house, workspace),
        "{workspace}": workspace,
        "{meeting}": meeting["id"],
        "{participant}": meeting["participants"][0]["id"],
    }


async def agreements(house: House, workspace: str) -> dict[str, str]:
    """One in each part, with somebody who does not matter here."""
    ids = {}
    async with house.clinic.store.writing(UUID(workspace)) as tx:
        for side, path in ((Side.SERVED, "/hq/served-by/{id}"), (Side.SERVES, "/hq/members/{id}")):
            row = HqLink(
                id=uuid4(), side=side.value, other_id=uuid4(), other_slug="east",
                other_title="East", state="offered", created_at=tx.now, changed_at=tx.now,
            )  # fmt: skip
            tx.session.add(row)
            ids[path] = str(row.id)
    return ids


def place(path: str, ids: dict[str, str]) -> str:
    """The path with ids put in."""
    for start, id in ids.items():
        path = path.replace(start, re.sub(r"{\w+}", id, start))
    assert "{" not in path, f"no id for {path}"
    return path


async def dump(database: Database, workspace: str) -> dict[str, Any]:
    """All rows of one, but for the logs, which may grow, and for when it was last seen."""
    engine = make_engine(database.url)
    rows = {}
    async with engine.begin() as connection:
        if not database.is_sqlite:
            await connection.execute(
                sa.text("SELECT set_config('housecall.tenant', :id, true)"), {"id": workspace}
            )
        for table in Base.metadata.sorted_tables:
            if "log" in table.name or table.name == "audit_heads":
                continue
            key = table.c.id if table.name == "workspaces" else table.c.workspace_id
            found = await connection.execute(
                sa.select(table).where(sa.cast(key, sa.String) == id_in(database, workspace))
            )
            rows[table.name] = sorted(map(repr, found.all()))
    await engine.dispose()
    return rows


def id_in(database: Database, id: str) -> str:
    return id.replace("-", "") if database.is_sqlite else id


async def test_nothing_of_another_workspace_is_reached(
    north: House, south: House, database: Database, clock: Clock
) -> None:
    theirs = await furnish(south)
    fake = Fake()
    use(north.clinic, fake)
    await connect(south, fake, Provider.ZOOM)
    elsewhere = {"startsAt": "2027-03-04T15:00:00Z", "conferencing": "zoom"}
    await south.owner.ask("POST", "/meetings", elsewhere, 201)
    workspace = (await south.owner.ask("GET", "/workspace", status=200))["id"]
    before = await dump(database, workspace)
    seen: list[str] = []
    for operation in sorted(operations(north.api), key=lambda o: o in LAST):
        method, path = operation.split(" ")
        if operation in LAST:
            clock.go(minutes=1)  # a code serves once
            await north.owner.sign_in(workspace="clinic")
        if operation in BY_TOKEN | BY_SIGNATURE | BY_AGREEMENT:
            continue
        body = BODIES.get(operation)
        if operation in BY_BODY:
            body = BY_BODY[operation](theirs)
        is_bare = operation in BY_NAME or operation in LAST
        assert method == "GET" or "{" in path or body or is_bare, operation
        query, headers = None, {}
        if operation in BY_QUERY:
            parameter, start, scope = BY_QUERY[operation]
            wanted = {"name": scope, "scopes": [scope]}
            key = (await north.owner.ask("POST", "/keys", wanted, 201))["secret"]
            query, headers = {parameter: theirs[start]}, {"authorization": f"Bearer {key}"}
        answer = await north.owner.client.request(
            method,
            place(path, theirs | {"{provider}": "zoom"}),
            json=body,
            params=query,
            headers=headers,
        )
        is_named = "{" in path or operation in BY_BODY or operation in BY_QUERY
        expected = {404} if is_named else {200, 201, 204}
        if operation in BY_NAME | BY_SECRET:
            expected = {(BY_NAME | BY_SECRET)[operation]}
        assert answer.status_code in expected, f"{operation}: {answer.text}"
        seen.append(answer.text)

    assert await dump(database, workspace) == before
    for id in {*theirs.values(), workspace}:
        assert not [text for text in seen if id in text]


async def test_what_a_body_names_of_another_workspace_is_not_there(
    north: House, south: House
) -> None:
    theirs, ours = await furnish(south), await furnish(north)
    patient = theirs["/patients/{id}"]
    body = {"kind": "family", "name": "G", "patientId": patient}
    await north.owner.ask("POST", "/guests", body, 404)
    consent = CONSENT | {"meetingId": theirs["/meetings/{id}"]}
    await north.owner.ask("POST", "/video/consent-log", consent, 404)
    wanted = {"startsAt": "2027-03-05T12:00:00Z", "patientId": patient}
    await north.owner.ask("POST", "/meetings", wanted, 404)
    added = [{"kind": "patient", "id": patient, "role": "patient"}]
    path = f"/meetings/{ours['/meetings/{id}']}"
    await north.owner.ask("PATCH", path, {"addParticipants": added}, 404)
    event = {"date": "2027-03-10", "time": "09:00"}
    await north.owner.ask("POST", "/calendar/events", event | {"patientId": patient}, 404)
    await north.owner.ask("POST", "/calendar/events", event | {"staffId": south.owner.id}, 404)
    mine = ours["/patients/{id}"]
    await north.owner.ask("PUT", f"/patients/{mine}/team/{south.owner.id}", status=404)


async def test_a_session_of_one_is_none_of_the_other(north: House, south: House) -> None:
    cookie = north.owner.client.cookies["__Host-housecall"]
    theirs = south.owner.client.cookies["__Host-housecall"]
    mixed = theirs[:26] + cookie[26:]  # the workspace of one, the secret of the other

    assert re.match(r"hcs_", mixed)
    stranger = await north.person("mallory")
    await stranger.ask("GET", "/staff", status=401, authorization=f"Bearer {mixed}")


async def test_with_two_workspaces_one_says_which(north: House, south: House) -> None:
    assert (await north.owner.sign_in(401))["title"] == "unknown_workspace"
    await south.owner.sign_in(401, workspace="clinic")


async def test_each_has_a_log_of_its_own(north: House, south: House) -> None:
    await furnish(south)
    log = await north.owner.ask("GET", "/audit?limit=200", status=200)

    assert "guest.invite" not in {item["action"] for item in log["items"]}
    for house in (north, south):
        report = await house.owner.ask("GET", "/audit/verify", status=200)
        assert report["problems"] == []
