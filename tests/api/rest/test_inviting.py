"""Invitations to visits: who is written to, what calendars are told, and what is answered."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from api.clinic.announcing import forget_addresses
from api.rules.visits import OVERTIME, Status
from api.store.models import Invitation, Mail, Meeting
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.letters import Read, read_letter
from tests.api.rest.test_meetings import meeting_of, patient_of

pytestmark = pytest.mark.anyio

AT_ONE = datetime(2027, 3, 4, 13, tzinfo=UTC)


async def letters(house: House, kind: str | None = None) -> list[Read]:
    """The first one first."""
    (workspace,) = await house.clinic.workspaces()
    async with house.clinic.store.reading(workspace.id) as tx:
        rows = await tx.session.scalars(select(Mail).order_by(Mail.created_at, Mail.id))
        return [read_letter(row) for row in rows if kind in (None, row.kind)]


async def visit_of(house: House, **fields: Any) -> tuple[str, dict[str, Any]]:
    """With a patient who has an address; its path."""
    patient = await patient_of(house, email="pat@home.example", language="fr", **fields)
    made = await meeting_of(house, patientId=patient)
    return f"/meetings/{made['id']}", made


async def invited(house: House) -> tuple[str, Read]:
    path, _ = await visit_of(house)
    await house.owner.ask("POST", f"{path}/invite", {}, 201)
    (letter,) = await letters(house)
    return path, letter


async def test_an_invitation_has_all_that_is_needed_and_nothing_of_health(north: House) -> None:
    path, letter = await invited(north)
    id = path.split("/")[-1]

    assert letter.message["To"] == "pat@home.example"
    assert letter.message["Subject"] == "Un rendez-vous"
    assert "2027-03-04 13:00 (UTC)" in letter.text
    assert (letter.event.start, letter.event["sequence"]) == (AT_ONE, 0)
    assert letter.event["uid"] == f"{id}@north.example"
    assert letter.calendar["method"] == "REQUEST"
    assert letter.event["summary"] == "Appel vidéo"
    assert letter.link in str(letter.event["url"])
    for text in (letter.text, letter.calendar.to_ical().decode()):
        assert "Pat" not in text.replace("pat@home.example", "")


async def test_times_are_told_in_the_clinic_s_zone(north: House) -> None:
    await north.owner.ask("PATCH", "/workspace", {"timeZone": "Mars/Olympus"}, 422)
    await north.owner.ask("PATCH", "/workspace", {"timeZone": "Europe/Madrid"}, 200)
    _, letter = await invited(north)

    assert "2027-03-04 14:00 (Europe/Madrid)" in letter.text
    assert letter.event.start == AT_ONE


async def test_all_are_invited_but_who_asks_and_who_has_no_address(north: House) -> None:
    path, _ = await visit_of(north)
    carl = await north.staff("carl", "clinician")
    guest = await north.owner.ask("POST", "/guests", {"kind": "family", "name": "G"}, 201)
    add = [
        {"kind": "staff", "id": carl.id, "role": "specialist"},
        {"kind": "guest", "id": guest["guest"]["id"], "role": "family"},
    ]
    shown = await north.owner.ask("PATCH", path, {"addParticipants": add}, 200)
    ids = {p["role"]: p["id"] for p in shown["participants"]}
    sent = (await north.owner.ask("POST", f"{path}/invite", {}, 201))["items"]
    told = {one["participantId"]: one["reason"] for one in sent}

    # Who was added was written to at once.
    assert told == {
        ids["patient"]: None, ids["specialist"]: "just_sent", ids["family"]: "no_address",
    }  # fmt: skip
    letters_to = [letter.message["To"] for letter in await letters(north)]
    assert sorted(letters_to) == ["carl@north.example", "pat@home.example"]
    named = {"participants": [{"participantId": ids["family"]}]}
    assert (await north.owner.ask("POST", f"{path}/invite", named, 409))["title"] == "no_address"
    named["participants"][0] |= {"email": "gus@home.example", "language": "es"}
    await north.owner.ask("POST", f"{path}/invite", named, 201)
    subjects = {one.message["To"]: one.message["Subject"] for one in await letters(north)}
    assert subjects["gus@home.example"] == "Una cita"


async def test_who_works_here_signs_in_and_gets_no_link_for_that(north: House) -> None:
    path, made = await visit_of(north)
    host = made["participants"][0]["id"]
    body = {"participants": [{"participantId": host}]}
    await north.owner.ask("POST", f"{path}/invite", body, 201)
    (letter,) = await letters(north)

    assert "hcl_" not in letter.text
    assert f"#m={made['id']}" in letter.text


async def test_nobody_is_invited_again_at_once(north: House, clock: Clock) -> None:
    path, _ = await invited(north)
    (again,) = (await north.owner.ask("POST", f"{path}/invite", {}, 201))["items"]
    assert (again["mailId"], again["reason"]) == (None, "just_sent")
    body = {"participants": [{"participantId": again["participantId"]}]}
    await north.owner.ask("POST", f"{path}/invite", body, 429)
    assert north.owner.last.headers["retry-after"] == "60"

    clock.go(minutes=1)
    await north.owner.ask("POST", f"{path}/invite", body, 201)
    first, second = await letters(north)
    pat = await north.person("pat")
    stale = {"token": first.answer, "answer": "accepted"}
    assert (await pat.ask("POST", f"{path}/rsvp", stale, 401))["title"] == "link_not_good"
    await pat.ask("POST", f"{path}/rsvp", {"token": second.answer, "answer": "accepted"}, 200)


async def test_an_invitation_that_is_sent_again_is_one(north: House, clock: Clock) -> None:
    """The answer was lost: the same request is no second letter, and no refusal."""
    path, made = await visit_of(north)
    (pat,) = [p["id"] for p in made["participants"] if p["kind"] == "patient"]
    for body in ({}, {"participants": [{"participantId": pat}]}):
        key = {"idempotency_key": f"k{len(body)}"}
        clock.go(minutes=2)
        first = await north.owner.ask("POST", f"{path}/invite", body, 201, **key)
        again = await north.owner.ask("POST", f"{path}/invite", body, 201, **key)
        assert first == again
    assert len(await letters(north)) == 2
    other = {"participants": [{"participantId": pat, "language": "es"}]}
    refused = await north.owner.ask("POST", f"{path}/invite", other, 409, idempotency_key="k1")
    assert refused["title"] == "key_used"


async def test_an_address_is_given_for_guests_alone(north: House) -> None:
    """Of others it is in their record: what is asked is in order, and in the way of that."""
    path, made = await visit_of(north)
    (pat,) = [p["id"] for p in made["participants"] if p["kind"] == "patient"]
    body = {"participants": [{"participantId": pat, "email": "else@home.example"}]}
    refused = await north.owner.ask("POST", f"{path}/invite", body, 409)
    assert (refused["title"], await letters(north)) == ("address_known", [])


async def test_text_messages_are_refused_as_long_as_none_can_be_sent(north: House) -> None:
    path, _ = await visit_of(north)
    refused = await north.owner.ask("POST", f"{path}/invite", {"channel": "sms"}, 409)

    assert refused["title"] == "no_sms"
    assert "clinic.sms" in refused["detail"]
    assert await letters(north) == []


@pytest.mark.parametrize("answer", ["accepted", "declined", "tentative", "reschedule"])
async def test_an_answer_is_shown_and_the_host_hears_of_what_matters(
    north: House, answer: str
) -> None:
    path, letter = await invited(north)
    pat = await north.person("pat")
    body = {"token": letter.answer, "answer": answer}
    for _ in range(2):  # the same again changes nothing
        told = await pat.ask("POST", f"{path}/rsvp", body, 200)
    shown = await north.owner.ask("GET", path, status=200)
    (item,) = (await north.owner.ask("GET", f"{path}/invitations", status=200))["items"]
    notices = await letters(north, "answer")

    assert (told["answer"], told["status"]) == (answer, "scheduled")
    assert [p["rsvp"] for p in shown["participants"]] == ["needs_action", answer]
    assert (item["rsvp"], item["state"]) == (answer, "waiting")
    hosts = [notice.message["To"] for notice in notices]
    assert hosts == (["olga@north.example"] if answer in ("declined", "reschedule") else [])


async def test_only_the_token_of_that_visit_answers(north: House, clock: Clock) -> None:
    path, letter = await invited(north)
    other, _ = await visit_of(north)
    stranger = await north.person("mallory")
    body = {"token": letter.answer, "answer": "declined"}
    forged = letter.answer[:-1] + ("A" if letter.answer[-1] != "A" else "B")
    for token in (letter.link, "hca_", forged, "hca_" + letter.link[4:]):
        await stranger.ask("POST", f"{path}/rsvp", body | {"token": token}, 401)
    await stranger.ask("POST", f"{other}/rsvp", body, 401)
    for token in (letter.answer,):  # it opens nothing else
        await stranger.ask("POST", "/sessions/link", {"token": token}, 401)
        await stranger.ask("POST", "/links/open", {"token": token}, 401)
        await stranger.ask("GET", path, status=401, authorization=f"Bearer {token}")

    clock.go(hours=1, minutes=20 + 30)
    await stranger.ask("POST", f"{path}/rsvp", body, 401)


async def test_who_changes_their_mind_does_so_slowly(north: House, clock: Clock) -> None:
    path, letter = await invited(north)
    pat = await north.person("pat")
    body = {"token": letter.answer, "answer": "declined"}
    await pat.ask("POST", f"{path}/rsvp", body, 200)
    await pat.ask("POST", f"{path}/rsvp", body | {"answer": "accepted"}, 429)
    clock.go(seconds=5)
    await pat.ask("POST", f"{path}/rsvp", body | {"answer": "accepted"}, 200)


async def test_a_new_time_is_told_with_new_links_and_the_next_number(
    north: House, clock: Clock
) -> None:
    path, first = await invited(north)
    pat = await north.person("pat")
    await pat.ask("POST", f"{path}/rsvp", {"token": first.answer, "answer": "accepted"}, 200)
    moved = {"startsAt": "2027-03-05T09:00:00Z"}
    await north.owner.ask("PATCH", path, moved, 200)
    (second,) = await letters(north, "moved")

    assert second.event["uid"] == first.event["uid"]
    assert (second.event["sequence"], second.calendar["method"]) == (1, "REQUEST")
    assert second.event.start == datetime(2027, 3, 5, 9, tzinfo=UTC)
    assert second.event["attendee"].params["partstat"] == "NEEDS-ACTION"
    await pat.ask("POST", f"{path}/rsvp", {"token": first.answer, "answer": "declined"}, 401)
    await pat.ask("POST", "/sessions/link", {"token": first.link}, 401)
    await pat.ask("POST", f"{path}/rsvp", {"token": second.answer, "answer": "declined"}, 200)


async def test_a_visit_that_goes_on_gets_longer_without_letters_and_links_stay_good(
    north: House, clock: Clock
) -> None:
    """Who is in it is told there; who still comes has the link of the invitation."""
    path, first = await invited(north)
    clock.go(hours=1)
    await north.owner.sign_in()
    (workspace,) = await north.clinic.workspaces()
    async with north.clinic.store.writing(workspace.id) as tx:
        (await tx.session.scalars(select(Meeting))).one().status = Status.LIVE.value
    shown = await north.owner.ask("PATCH", path, {"duration": 60}, 200)

    assert await letters(north, "moved") == []
    asked = {"token": first.link}
    told = await north.owner.ask("POST", "/meetings/verify-token", asked, 200)
    ends = datetime.fromisoformat(shown["endsAt"])
    assert (told["valid"], datetime.fromisoformat(told["expiresAt"]) - ends) == (True, OVERTIME)
    answer = {"token": first.answer, "answer": "accepted"}
    pat = await north.person("pat")
    await pat.ask("POST", f"{path}/rsvp", answer, 200)
    await pat.ask("POST", "/sessions/link", asked, 201)


async def test_what_is_called_off_is_told_once(north: House) -> None:
    path, first = await invited(north)
    for _ in range(2):
        await north.owner.ask("DELETE", path, status=200)
    (gone,) = await letters(north, "cancelled")

    assert (gone.calendar["method"], gone.event["status"]) == ("CANCEL", "CANCELLED")
    assert (gone.event["uid"], gone.event["sequence"]) == (first.event["uid"], 1)
    assert "hcl_" not in gone.text
    pat = await north.person("pat")
    await pat.ask("POST", f"{path}/rsvp", {"token": first.answer, "answer": "accepted"}, 401)
    await pat.ask("POST", "/sessions/link", {"token": first.link}, 401)


async def test_who_is_taken_out_is_told_and_a_guest_s_address_forgotten(north: House) -> None:
    path, _ = await visit_of(north)
    guest = await north.owner.ask("POST", "/guests", {"kind": "family", "name": "G"}, 201)
    add = [{"kind": "guest", "id": guest["guest"]["id"], "role": "family"}]
    shown = await north.owner.ask("PATCH", path, {"addParticipants": add}, 200)
    (id,) = [p["id"] for p in shown["participants"] if p["kind"] == "guest"]
    body = {"participants": [{"participantId": id, "email": "gus@home.example"}]}
    await north.owner.ask("POST", f"{path}/invite", body, 201)
    await north.owner.ask("PATCH", path, {"removeParticipants": [id]}, 200)

    (gone,) = await letters(north, "cancelled")
    assert gone.message["To"] == "gus@home.example"
    (workspace,) = await north.clinic.workspaces()
    async with north.clinic.store.reading(workspace.id) as tx:
        assert list(await tx.session.scalars(select(Invitation.address))) == [None]


async def test_a_guest_s_address_is_forgotten_once_the_visit_is_over(
    north: House, clock: Clock
) -> None:
    made = await meeting_of(north)
    guest = await north.owner.ask("POST", "/guests", {"kind": "family", "name": "G"}, 201)
    add = [{"kind": "guest", "id": guest["guest"]["id"], "role": "family"}]
    path = f"/meetings/{made['id']}"
    shown = await north.owner.ask("PATCH", path, {"addParticipants": add}, 200)
    person = shown["participants"][-1]["id"]
    body = {"participants": [{"participantId": person, "email": "gus@home.example"}]}
    await north.owner.ask("POST", f"{path}/invite", body, 201)
    (workspace,) = await north.clinic.workspaces()

    kept = []
    for hours in (1, 1):
        clock.go(hours=hours)
        await forget_addresses(north.clinic, workspace.id)
        async with north.clinic.store.reading(workspace.id) as tx:
            (address,) = await tx.session.scalars(select(Invitation.address))
            kept.append(address is not None)
    assert kept == [True, False]


async def test_a_link_to_a_visit_is_not_used_up_too_early(north: House, clock: Clock) -> None:
    path, letter = await invited(north)
    plain = await north.owner.ask(
        "POST", f"/patients/{(await north.owner.ask('GET', path))['patientId']}/links", {}, 201
    )
    pat = await north.person("pat")
    early = await pat.ask("POST", "/sessions/link", {"token": letter.link}, 403)
    assert early["title"] == "too_early"

    clock.go(minutes=45)
    entered = await pat.ask("POST", "/sessions/link", {"token": letter.link}, 201)
    assert entered["meetingId"] == path.split("/")[-1]
    await pat.ask("POST", "/sessions/link", {"token": letter.link}, 401)
    assert plain["url"]


async def test_without_mail_visits_are_changed_all_the_same(north: House) -> None:
    path, _ = await invited(north)
    north.clinic.mail.sender = None
    await north.owner.ask("PATCH", path, {"startsAt": "2027-03-05T09:00:00Z"}, 200)
    await north.owner.ask("DELETE", path, status=200)

    assert (await north.owner.ask("POST", f"{path}/invite", {}, 409))["title"] == "meeting_over"
    assert len(await letters(north)) == 1


async def test_a_letter_leads_to_a_page_in_its_own_language(north: House) -> None:
    _, letter = await invited(north)
    nobody_knows = await patient_of(north, email="ann@home.example")
    made = await meeting_of(north, patientId=nobody_knows)
    await north.owner.ask("POST", f"/meetings/{made['id']}/invite", {}, 201)
    (other,) = [one for one in await letters(north) if one.message["To"] == "ann@home.example"]

    assert re.search(r"#a=hca_[\w-]+&m=[0-9a-f-]{36}&l=fr\s", letter.text)
    assert re.search(r"#a=hca_[\w-]+&m=[0-9a-f-]{36}\s", other.text)  # as the browser speaks
