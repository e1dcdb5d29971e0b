"""Text messages: who may be sent some, what they say, and what is heard of them."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from api.carriers.carrier import Text, reference_of
from api.carriers.webhook import HEADER, Webhook, sign
from api.rules.mailing import Channel
from api.store.engine import make_engine
from api.store.models import Mail
from tests.api.conftest import Clock, Database
from tests.api.house import House
from tests.api.letters import found, read_text
from tests.api.rest.test_meetings import meeting_of, patient_in, patient_of

pytestmark = pytest.mark.anyio

SECRET = "a secret of the test's"
PHONE, NUMBER = "+34 600 11 22 33", "+34600112233"


@pytest.fixture
async def clinic_with_texts(north: House) -> House:
    north.clinic.texts.carrier = Webhook("https://sms.example/", SECRET, "North")
    return north


async def texts(house: House, kind: str | None = None) -> list[Text]:
    """The first one first."""
    (workspace,) = await house.clinic.workspaces()
    async with house.clinic.store.reading(workspace.id) as tx:
        rows = await tx.session.scalars(
            select(Mail).where(Mail.channel == Channel.SMS.value).order_by(Mail.created_at, Mail.id)
        )
        return [read_text(row) for row in rows if kind in (None, row.kind) and row.sealed]


async def visit_of(house: House, **fields: Any) -> tuple[str, str, dict[str, Any]]:
    """With a patient who has a telephone: its path, the patient's, and the visit."""
    patient = await patient_of(house, phone=PHONE, language="es", **fields)
    made = await meeting_of(house, patientId=patient)
    return f"/meetings/{made['id']}", f"/patients/{patient}/texting", made


async def invited(house: House) -> tuple[str, str, str]:
    """The visit's path, the patient's, and the id of the text message."""
    path, texting, _ = await visit_of(house)
    await house.owner.ask("POST", texting, {"given": True, "method": "voice"}, 201)
    sent = (await house.owner.ask("POST", f"{path}/invite", {"channel": "sms"}, 201))["items"]
    return path, texting, sent[0]["mailId"]


async def tell(
    house: House, path: str, body: Any, status: int, secret: str = SECRET
) -> dict[str, Any]:
    """As the carrier does."""
    content = json.dumps(body).encode()
    at = int(house.clinic.store.now().timestamp())
    stranger = await house.person("carrier")
    answer = await stranger.client.post(
        path, content=content,
        headers={HEADER: sign(secret, at, content), "content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == status, answer.text
    is_json = answer.headers.get("content-type", "").endswith("json")
    return answer.json() if is_json else {"text": answer.text}


async def test_an_invitation_by_text_has_a_link_and_nothing_of_health(
    clinic_with_texts: House, clock: Clock
) -> None:
    north = clinic_with_texts
    path, _, id = await invited(north)
    (message,) = await texts(north)

    assert message.to == NUMBER
    assert message.text.startswith("Clinic: videollamada el 2027-03-04 13:00 (UTC)")
    assert "Pat" not in message.text
    shown = await north.owner.ask("GET", f"/mail/{id}", status=200)
    assert (shown["channel"], shown["kind"], shown["state"]) == ("sms", "invitation", "waiting")
    clock.go(minutes=45)
    pat = await north.person("pat")
    link = found(r"#l=(hcl_[\w-]+)", message.text)
    entered = await pat.ask("POST", "/sessions/link", {"token": link}, 201)
    assert entered["meetingId"] == path.split("/")[-1]


async def test_nobody_is_texted_who_has_not_agreed(clinic_with_texts: House) -> None:
    north = clinic_with_texts
    path, texting, made = await visit_of(north)
    (item,) = (await north.owner.ask("POST", f"{path}/invite", {"channel": "sms"}, 201))["items"]
    assert (item["channel"], item["mailId"], item["reason"]) == (None, None, "no_text_consent")
    named = {"channel": "sms", "participants": [{"participantId": item["participantId"]}]}
    refused = await north.owner.ask("POST", f"{path}/invite", named, 409)
    assert refused["title"] == "no_text_consent"
    host = [{"participantId": made["participants"][0]["id"]}]
    named = {"channel": "sms", "participants": host}
    assert (await north.owner.ask("POST", f"{path}/invite", named, 409))["title"] == "no_number"

    shown = await north.owner.ask("GET", texting, status=200)
    assert shown == {"number": NUMBER, "mayBeTexted": False, "receipts": [], "offered": True}
    assert await texts(north) == []


async def test_what_is_agreed_to_is_a_receipt_and_the_newest_counts(
    clinic_with_texts: House, clock: Clock
) -> None:
    north = clinic_with_texts
    _, texting, _ = await visit_of(north)
    pat = await patient_in(north, texting.split("/")[2])
    click, voice = {"given": True, "method": "click"}, {"given": False, "method": "voice"}
    assert (await north.owner.ask("POST", texting, click, 403))["title"] == "wrong_method"
    assert (await pat.ask("POST", texting, voice, 403))["title"] == "wrong_method"
    assert (await pat.ask("POST", texting, click, 201))["mayBeTexted"]
    clock.go(seconds=1)
    shown = await north.owner.ask("POST", texting, voice, 201)

    assert not shown["mayBeTexted"]
    assert [(one["given"], one["method"], one["phone"]) for one in shown["receipts"]] == [
        (False, "voice", NUMBER), (True, "click", NUMBER),
    ]  # fmt: skip
    assert shown["receipts"][0]["notedBy"] == north.owner.id
    other = await patient_of(north, phone=PHONE)
    await pat.ask("GET", f"/patients/{other}/texting", status=404)


async def test_another_number_is_asked_for_anew(clinic_with_texts: House) -> None:
    north = clinic_with_texts
    _, texting, _ = await visit_of(north)
    patient = texting.removesuffix("/texting")
    await north.owner.ask("POST", texting, {"given": True, "method": "signature"}, 201)
    await north.owner.ask("PATCH", patient, {"phone": "+34 600 11 22 44"}, 200)
    assert not (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]
    await north.owner.ask("PATCH", patient, {"phone": "600 11 22 44"}, 200)
    said = {"given": True, "method": "voice"}
    assert (await north.owner.ask("POST", texting, said, 409))["title"] == "no_number"


async def test_neither_program_nor_database_changes_what_was_said(
    clinic_with_texts: House, database: Database
) -> None:
    await invited(clinic_with_texts)
    engine = make_engine(database.owner)
    (workspace,) = await clinic_with_texts.clinic.workspaces()
    for verb in ("UPDATE text_consents SET given = NOT given", "DELETE FROM text_consents"):
        async with engine.connect() as connection:
            if not database.is_sqlite:
                set_it = text("SELECT set_config('housecall.tenant', :id, true)")
                await connection.execute(set_it, {"id": str(workspace.id)})
            with pytest.raises(DBAPIError, match="only added"):
                await connection.execute(text(verb))
    await engine.dispose()


async def test_a_guest_is_texted_with_a_number_and_a_word_of_theirs(
    clinic_with_texts: House,
) -> None:
    north = clinic_with_texts
    path, _, _ = await visit_of(north)
    guest = await north.owner.ask("POST", "/guests", {"kind": "family", "name": "G"}, 201)
    add = [{"kind": "guest", "id": guest["guest"]["id"], "role": "family"}]
    shown = await north.owner.ask("PATCH", path, {"addParticipants": add}, 200)
    (id,) = [p["id"] for p in shown["participants"] if p["kind"] == "guest"]
    one = {"participantId": id, "phone": "+33 6 12 34 56 78", "language": "fr"}
    body = {"channel": "sms", "participants": [one]}
    refused = await north.owner.ask("POST", f"{path}/invite", body, 409)
    assert refused["title"] == "no_text_consent"
    for wrong in ({"channel": "mail"}, {"participants": [one | {"email": "g@home.example"}]}):
        refused = await north.owner.ask("POST", f"{path}/invite", body | wrong, 400)
        assert refused["title"] == "other_channel"
    body["participants"] = [one | {"textConsent": "voice"}]
    await north.owner.ask("POST", f"{path}/invite", body, 201)
    await north.owner.ask("PATCH", path, {"startsAt": "2027-03-05T09:00:00Z"}, 200)

    (first,), (moved,) = await texts(north, "invitation"), await texts(north, "moved")
    assert first.to == moved.to == "+33612345678"
    assert "appel vidéo est déplacé au 2027-03-05 09:00" in moved.text


async def test_news_go_the_way_of_the_invitation(clinic_with_texts: House, clock: Clock) -> None:
    north = clinic_with_texts
    path, _, _ = await invited(north)
    await north.owner.ask("PATCH", path, {"startsAt": "2027-03-05T09:00:00Z"}, 200)
    clock.go(seconds=1)
    await north.owner.ask("DELETE", path, status=200)
    kinds = ["invitation", "moved", "cancelled"]
    first, moved, cancelled = [(await texts(north, kind))[0].text for kind in kinds]

    assert found(r"#l=(hcl_[\w-]+)", first) != found(r"#l=(hcl_[\w-]+)", moved)
    assert "no tendrá lugar" in cancelled
    assert "hcl_" not in cancelled


async def test_resending_is_throttled(clinic_with_texts: House, clock: Clock) -> None:
    north = clinic_with_texts
    path, _, _ = await invited(north)
    body = {"channel": "sms"}
    (again,) = (await north.owner.ask("POST", f"{path}/invite", body, 201))["items"]
    assert again["reason"] == "just_sent"
    for _ in range(9):
        clock.go(minutes=1)
        (again,) = (await north.owner.ask("POST", f"{path}/invite", body, 201))["items"]
        assert again["reason"] is None
    clock.go(minutes=1)
    (again,) = (await north.owner.ask("POST", f"{path}/invite", body, 201))["items"]
    assert again["reason"] == "just_sent"
    assert len(await texts(north)) == 10


async def test_stop_ends_it_in_every_workspace_and_start_begins_it_again(
    clinic_with_texts: House, clock: Clock
) -> None:
    north = clinic_with_texts
    path, texting, id = await invited(north)
    reply = {"from": NUMBER, "text": "Stop"}
    await tell(north, "/texts/inbound", {"from": "+34600112244", "text": "STOP"}, 200)
    assert (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]
    clock.go(seconds=1)
    for _ in range(2):
        answer = await tell(north, "/texts/inbound", reply, 200)
    assert answer == {"text": "<Response/>"}
    shown = await north.owner.ask("GET", texting, status=200)

    assert not shown["mayBeTexted"]
    assert [one["method"] for one in shown["receipts"]] == ["reply", "voice"]
    mail = await north.owner.ask("GET", f"/mail/{id}", status=200)
    assert (mail["state"], mail["reason"]) == ("expired", "withdrawn")  # it had not gone out yet
    clock.go(minutes=1)
    (item,) = (await north.owner.ask("POST", f"{path}/invite", {"channel": "sms"}, 201))["items"]
    assert item["reason"] == "no_text_consent"
    await tell(north, "/texts/inbound", reply | {"text": "START"}, 200)
    assert (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]


async def test_start_does_not_undo_what_was_said_otherwise(
    clinic_with_texts: House, clock: Clock
) -> None:
    north = clinic_with_texts
    _, texting, _ = await invited(north)
    clock.go(seconds=1)
    await north.owner.ask("POST", texting, {"given": False, "method": "voice"}, 201)
    await tell(north, "/texts/inbound", {"from": NUMBER, "text": "START"}, 200)

    assert not (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]


async def test_what_the_carrier_says_of_a_message_is_shown(clinic_with_texts: House) -> None:
    north = clinic_with_texts
    _, _, id = await invited(north)
    (workspace,) = await north.clinic.workspaces()
    reference = reference_of(workspace.id, UUID(id))
    report = {"reference": reference, "status": "delivered"}
    await tell(north, "/texts/status", report, 204)
    waiting = await north.owner.ask("GET", f"/mail/{id}", status=200)
    assert waiting["state"] == "waiting"  # it has not gone out: that is not about it

    async with north.clinic.store.writing(workspace.id) as tx:
        (await tx.session.scalars(select(Mail))).one().state = "unknown"
    await tell(north, "/texts/status", report, 204)
    assert (await north.owner.ask("GET", f"/mail/{id}", status=200))["state"] == "delivered"
    await tell(north, "/texts/status", report | {"status": "failed"}, 204)  # too late
    assert (await north.owner.ask("GET", f"/mail/{id}", status=200))["state"] == "delivered"
    stranger = {"reference": reference_of(UUID(int=1), UUID(id)), "status": "failed"}
    await tell(north, "/texts/status", stranger, 204)


async def test_nobody_else_tells_of_messages(clinic_with_texts: House) -> None:
    north = clinic_with_texts
    _, texting, _ = await invited(north)
    reply = {"from": NUMBER, "text": "STOP"}
    refused = await tell(north, "/texts/inbound", reply, 401, secret="another")
    assert refused["title"] == "bad_signature"
    await tell(north, "/texts/status", [], 400)
    await tell(north, "/texts/inbound", {"text": "x" * 70_000}, 400)
    north.clinic.texts.carrier = None
    assert (await tell(north, "/texts/inbound", reply, 409))["title"] == "no_sms"

    assert (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]


async def test_words_of_the_workspace_s_own_are_sent(clinic_with_texts: House) -> None:
    north = clinic_with_texts
    body = {
        "channel": "sms", "kind": "invitation", "language": "es",
        "text": "Un saludo de {clinic}: {time}, {length} minutos. {link}",
    }  # fmt: skip
    shown = await north.owner.ask("PUT", "/templates", body, 200)
    await invited(north)
    (message,) = await texts(north)

    assert shown["isOwn"]
    assert message.text.startswith("Un saludo de Clinic: 2027-03-04 13:00 (UTC), 20 minutos.")
    back = await north.owner.ask("PUT", "/templates", body | {"text": None}, 200)
    assert (back["isOwn"], back["text"][:9]) == (False, "{clinic}:")
    items = (await north.owner.ask("GET", "/templates", status=200))["items"]
    assert len(items) == 2 * 4 * 3
    assert not any(item["isOwn"] for item in items)


async def test_words_that_must_not_be_are_refused_with_the_reason(north: House) -> None:
    good = {"channel": "mail", "kind": "reminder", "language": "en", "subject": "Hello"}
    for subject, text_, word, why in (
        ("Hello", "{time} {link} {name}", "bad_placeholder", "Only"),
        ("Hello", "{time}", "lacking_placeholder", "{link}"),
        ("Hello", "{time} {link} psychiatry", "telling_words", "health"),
        ("x" * 79, "{time} {link}", "bad_template", "too long"),
    ):
        body = good | {"subject": subject, "text": text_}
        refused = await north.owner.ask("PUT", "/templates", body, 400)
        assert refused["title"] == word
        assert why in refused["detail"]
    carl = await north.staff("carl", "clinician")
    await carl.ask("PUT", "/templates", good | {"text": "{time} {link}"}, 403)
    await carl.ask("GET", "/templates", status=200)


async def test_an_owner_sees_the_carrier_and_tries_it(
    clinic_with_texts: House, clock: Clock
) -> None:
    north = clinic_with_texts
    shown = await north.owner.ask("GET", "/texts", status=200)
    body = {"phone": PHONE, "language": "fr-CA"}
    sent = await north.owner.ask("POST", "/texts/test", body, 201)
    (message,) = await texts(north, "test")

    assert (shown["provider"], shown["sender"]) == ("webhook", "North")
    assert shown["inboundUrl"].endswith("/api/v1/texts/inbound")
    assert SECRET not in str(shown)
    assert message == Text(NUMBER, "Clinic : ceci est un message d’essai.")
    one = await north.owner.ask("GET", f"/mail/{sent['mailId']}", status=200)
    assert (one["kind"], one["subjectKind"], one["state"]) == ("test", "staff", "waiting")
    again = await north.owner.ask("POST", "/texts/test", body, 429)
    assert again["title"] == "just_sent"
    clock.go(minutes=1)
    refused = await north.owner.ask("POST", "/texts/test", {"phone": "600112233"}, 409)
    assert refused["title"] == "bad_number"


async def test_a_test_goes_to_nobody_who_wants_no_texts(
    clinic_with_texts: House, clock: Clock
) -> None:
    north = clinic_with_texts
    await invited(north)
    clock.go(seconds=1)
    await tell(north, "/texts/inbound", {"from": NUMBER, "text": "STOP"}, 200)
    refused = await north.owner.ask("POST", "/texts/test", {"phone": PHONE}, 409)

    assert refused["title"] == "texts_unwanted"
    assert await texts(north, "test") == []


async def test_only_owners_try_the_carrier_and_only_where_there_is_one(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    await carl.ask("GET", "/texts", status=403)
    await carl.ask("POST", "/texts/test", {"phone": PHONE}, 403)
    assert (await north.owner.ask("GET", "/texts", status=200))["provider"] is None
    refused = await north.owner.ask("POST", "/texts/test", {"phone": PHONE}, 409)
    assert refused["title"] == "no_sms"


async def test_messages_of_one_visit_are_listed(clinic_with_texts: House) -> None:
    north = clinic_with_texts
    path, _, id = await invited(north)
    other = await meeting_of(north)
    listed = await north.owner.ask("GET", f"/mail?meeting={path.split('/')[-1]}", status=200)

    assert [one["id"] for one in listed["items"]] == [id]
    assert (await north.owner.ask("GET", f"/mail?meeting={other['id']}", status=200))["items"] == []
