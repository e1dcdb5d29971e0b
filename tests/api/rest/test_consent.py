"""Consent: texts that never change, receipts that are only added, and what follows from them."""

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from api.clinic.receipts import receipts_of
from api.rules.plans import Plan
from api.rules.policies import TEXTS, choose, hash_of
from api.store.engine import WRITES, make_engine
from api.store.models import ConsentReceipt
from tests.api.conftest import Clock, Database
from tests.api.house import House, Person
from tests.api.rest.test_meetings import meeting_of, patient_in, patient_of, set_plan

pytestmark = pytest.mark.anyio

LOG = "/video/consent-log"


async def visit_with(house: House) -> tuple[dict[str, Any], Person]:
    """A visit, and its patient, signed in."""
    patient = await patient_of(house)
    return await meeting_of(house, patientId=patient), await patient_in(house, patient)


async def words(person: Person, meeting: dict[str, Any], **change: Any) -> dict[str, Any]:
    """A yes to sound and picture, to the text in force."""
    shown = await person.ask("GET", "/consent/policy?language=en", status=200)
    return {
        "meetingId": meeting["id"], "scopes": ["audio", "video"], "language": "en",
        "policyVersion": shown["version"], "policyHash": shown["hash"],
    } | change  # fmt: skip


async def recordable(house: House, meeting: dict[str, Any]) -> list[list[str]]:
    shown = await house.owner.ask("GET", f"/meetings/{meeting['id']}/consent", status=200)
    return [one["mayRecord"] for one in shown["participants"]]


async def test_a_yes_is_kept_with_all_that_belongs_to_it(north: House, clock: Clock) -> None:
    meeting, pat = await visit_with(north)
    receipt = await pat.ask("POST", LOG, await words(pat, meeting), 201)
    log = (await north.owner.ask("GET", "/audit?limit=200", status=200))["items"]
    (entry,) = [item for item in log if item["action"] == "consent.give"]

    assert receipt["position"] == {"seq": entry["seq"], "hash": entry["hash"]}
    assert (entry["object_id"], entry["detail"]["hash"]) == (receipt["id"], receipt["policyHash"])
    assert (entry["actor_kind"], entry["user_agent"]) == ("patient", "pat's browser")
    assert (receipt["number"], receipt["method"], receipt["notedBy"]) == (1, "click", None)
    assert await recordable(north, meeting) == [[], ["audio", "video"]]


async def test_what_is_taken_back_is_a_new_row(north: House) -> None:
    meeting, pat = await visit_with(north)
    body = await words(pat, meeting)
    await pat.ask("POST", LOG, body, 201)
    await pat.ask("POST", LOG, body | {"given": False, "scopes": ["video"]}, 201)

    assert await recordable(north, meeting) == [[], ["audio"]]
    shown = await pat.ask("GET", f"/meetings/{meeting['id']}/consent", status=200)
    said = [(one["number"], one["given"], one["scopes"]) for one in shown["receipts"]]
    assert said == [(1, True, ["audio", "video"]), (2, False, ["video"])]
    assert len(shown["participants"]) == 1  # the patient's own alone


async def test_a_new_text_asks_anew(north: House) -> None:
    meeting, pat = await visit_with(north)
    old = await words(pat, meeting)
    await pat.ask("POST", LOG, old, 201)
    texts = {"texts": [{"language": "en", "text": "We record."}, {"language": "de", "text": "W"}]}
    made = await north.owner.ask("POST", "/consent/policies", texts, 201)
    assert await recordable(north, meeting) == [[], []]
    assert (await pat.ask("POST", LOG, old, 409))["title"] == "policy_changed"
    await pat.ask("POST", LOG, old | {"given": False}, 201)  # that can always be taken back
    new = await words(pat, meeting)
    await pat.ask("POST", LOG, new | {"policyHash": "0" * 64}, 409)
    await pat.ask("POST", LOG, new | {"language": "de"}, 409)  # another text's hash
    await pat.ask("POST", LOG, new, 201)

    assert [(one["version"], one["language"]) for one in made["items"]] == [(1, "en"), (1, "de")]
    assert made["items"][0]["hash"] == hash_of(1, "en", "We record.")
    assert await recordable(north, meeting) == [[], ["audio", "video"]]
    german = await pat.ask("GET", "/consent/policy?language=de-AT", status=200)
    assert german["text"] == "W"


async def test_a_host_notes_what_was_said_but_clicks_for_nobody(north: House) -> None:
    meeting, _ = await visit_with(north)
    carl = await north.staff("carl", "clinician")
    person = meeting["participants"][1]["id"]
    body = await words(north.owner, meeting, participantId=person)
    refused = await north.owner.ask("POST", LOG, body, 403)
    assert refused["title"] == "not_yours_to_click"
    other = await carl.ask("POST", LOG, body | {"method": "voice"}, 403)
    assert other["title"] == "not_its_host"
    noted = await north.owner.ask("POST", LOG, body | {"method": "voice"}, 201)
    await north.owner.ask("POST", LOG, body | {"given": False}, 201)

    assert noted["notedBy"] == north.owner.id
    assert await recordable(north, meeting) == [[], []]


async def test_nobody_speaks_for_another_or_in_another_s_visit(north: House) -> None:
    meeting, pat = await visit_with(north)
    other = await meeting_of(north)
    host = meeting["participants"][0]["id"]
    body = await words(pat, meeting)
    await pat.ask("POST", LOG, body | {"participantId": host, "method": "voice"}, 403)
    await pat.ask("POST", LOG, body | {"meetingId": other["id"]}, 404)
    await pat.ask("GET", f"/meetings/{other['id']}/consent", status=404)
    await pat.ask("POST", "/consent/policies", {"texts": [{"language": "en", "text": "x"}]}, 403)


async def test_receipts_are_never_changed_or_removed(north: House, database: Database) -> None:
    meeting, pat = await visit_with(north)
    await pat.ask("POST", LOG, await words(pat, meeting), 201)
    await north.owner.ask(
        "POST", "/consent/policies", {"texts": [{"language": "en", "text": "x"}]}, 201
    )
    (workspace,) = await north.clinic.workspaces()
    for url in (database.url, database.owner):
        engine = make_engine(url).execution_options(**{WRITES: True})
        for table in ("consent_receipts", "consent_policies"):
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET language = 'xx'"):
                async with engine.connect() as connection:
                    if not database.is_sqlite:
                        setting = sa.text("SELECT set_config('housecall.tenant', :id, true)")
                        await connection.execute(setting, {"id": str(workspace.id)})
                    with pytest.raises(DBAPIError, match=r"only added|permission denied"):
                        await connection.execute(sa.text(change))
        await engine.dispose()


async def test_all_receipts_can_be_taken_along(north: House) -> None:
    meeting, pat = await visit_with(north)
    receipt = await pat.ask("POST", LOG, await words(pat, meeting), 201)
    lines = (await north.owner.ask("GET", f"{LOG}/export", status=200)).splitlines()
    (line,) = map(json.loads, lines)

    assert (line["id"], line["position"]) == (receipt["id"], receipt["position"])
    assert line["participant"].startswith("patient-")
    await pat.ask("GET", f"{LOG}/export", status=403)


async def test_the_recorder_gets_what_was_said(north: House) -> None:
    meeting, pat = await visit_with(north)
    await pat.ask("POST", LOG, await words(pat, meeting), 201)
    (workspace,) = await north.clinic.workspaces()
    async with north.clinic.store.reading(workspace.id) as tx:
        row = (await tx.session.scalars(sa.select(ConsentReceipt))).one()
        (receipt,) = await receipts_of(tx, row.meeting_id)

    assert receipt.participant == f"patient-{row.subject_id}"
    assert (receipt.is_given, receipt.policy, receipt.order) == (True, 0, 1)


async def test_a_text_is_chosen_by_language() -> None:
    there = ["de", "en", "es-MX", "fr"]
    wanted = ["fr-CA", "es", "DE", "ja", None]

    assert [choose(there, one) for one in wanted] == ["fr", "es-MX", "de", "en", "en"]
    assert choose(["fr"], "ja") == "fr"
    assert choose([], "en") is None
    assert len({hash_of(0, language, text) for language, text in TEXTS.items()}) == len(TEXTS)


async def test_who_waits_for_consent_hears_of_it(north: House) -> None:
    meeting, pat = await visit_with(north)
    path = f"/meetings/{meeting['id']}/consent"
    known = await north.owner.ask("GET", path, status=200)
    etag = north.owner.last.headers["etag"]
    waiting = asyncio.ensure_future(
        north.owner.ask("GET", f"{path}?wait=25", status=200, if_none_match=etag)
    )
    while not north.clinic.news._waiting:
        await asyncio.sleep(0.01)
    await pat.ask("POST", LOG, await words(pat, meeting), 201)
    async with asyncio.timeout(5):
        news = await waiting
    log = (await north.owner.ask("GET", "/audit?limit=200", status=200))["items"]

    assert known["recordable"] is True
    assert [one["mayRecord"] for one in news["participants"]] == [[], ["audio", "video"]]
    assert [item["action"] for item in log].count("consent.view") == 2  # what was new, each time


async def test_where_the_plan_has_no_recordings_nobody_need_be_asked(north: House) -> None:
    meeting, pat = await visit_with(north)
    await set_plan(north, Plan.STANDARD)

    shown = await pat.ask("GET", f"/meetings/{meeting['id']}/consent", status=200)
    assert (shown["recordable"], shown["policyVersion"]) == (False, 0)
