"""Links by mail: who gets which letter, and what is told of it."""

from typing import Any

import pytest
from sqlalchemy import select

from api.clinic.outbox import place
from api.store.models import Mail
from tests.api.conftest import RING, Clock
from tests.api.house import House

pytestmark = pytest.mark.anyio

STAFF = {"email": "anna@north.example", "name": "Anna", "role": "assistant", "mail": True}


async def letters(house: House) -> list[Mail]:
    (workspace,) = await house.clinic.workspaces()
    async with house.clinic.store.reading(workspace.id) as tx:
        return list(await tx.session.scalars(select(Mail).order_by(Mail.created_at, Mail.id)))


def opened(mail: Mail) -> str:
    assert mail.sealed is not None
    return RING.open(mail.sealed, place(mail.id)).decode().replace("=\r\n", "").replace("=3D", "=")


async def test_an_invitation_goes_by_mail_when_it_is_asked_for(north: House) -> None:
    invited = await north.owner.ask("POST", "/staff", STAFF, 201)
    (mail,) = await letters(north)
    text = opened(mail)

    assert invited["link"]["mailId"] == str(mail.id)
    assert "To: anna@north.example" in text
    assert "From: Housecall <no-reply@north.example>" in text
    assert "Subject: Your access" in text
    assert invited["link"]["url"] in text
    assert b"anna" not in mail.sealed.lower()  # type: ignore[union-attr]


async def test_without_asking_nobody_is_written_to(north: House) -> None:
    await north.owner.ask("POST", "/staff", STAFF | {"mail": False}, 201)
    await north.owner.ask("POST", "/guests", {"kind": "family", "name": "G"}, 201)

    assert await letters(north) == []


async def test_a_patient_is_written_to_in_their_language(north: House) -> None:
    body = {"name": "Pat Moss", "email": "pat@home.example", "language": "es-MX"}
    patient = await north.owner.ask("POST", "/patients", body, 201)
    link = await north.owner.ask("POST", f"/patients/{patient['id']}/links", {"mail": True}, 201)
    (mail,) = await letters(north)
    text = opened(mail)

    assert "Subject: Su enlace" in text
    assert link["url"] in text
    assert "Moss" not in text


async def test_a_guest_s_address_is_not_kept(north: House) -> None:
    body = {"kind": "family", "name": "Gus", "email": "gus@home.example", "language": "fr"}
    invited = await north.owner.ask("POST", "/guests", body, 201)
    (mail,) = await letters(north)

    assert "Subject: Votre lien" in opened(mail)
    assert "gus@home" not in str(await north.owner.ask("GET", "/guests", status=200))
    shown = await north.owner.ask("GET", f"/mail/{invited['link']['mailId']}", status=200)
    assert (shown["state"], shown["kind"], shown["subjectId"]) == (
        "waiting", "guest", invited["guest"]["id"],
    )  # fmt: skip
    assert "gus" not in str(shown)


async def test_what_cannot_be_written_to_is_told(north: House) -> None:
    patient = await north.owner.ask("POST", "/patients", {"name": "Pat"}, 201)
    path = f"/patients/{patient['id']}/links"
    assert (await north.owner.ask("POST", path, {"mail": True}, 409))["title"] == "no_address"
    for address in ("<a>@x.example", "a b,c@x.example", "a@" + "x" * 70, '"@x.example'):
        await north.owner.ask("PATCH", f"/patients/{patient['id']}", {"email": address})
        if north.owner.last.status_code == 200:
            answer = await north.owner.ask("POST", path, {"mail": True}, 409)
            assert answer["title"] == "bad_address", address

    assert await letters(north) == []


async def test_a_server_without_mail_says_so_and_makes_no_link(north: House) -> None:
    north.clinic.mail.sender = None

    assert (await north.owner.ask("POST", "/staff", STAFF, 409))["title"] == "no_mail"
    staff = (await north.owner.ask("GET", "/staff", status=200))["items"]
    assert len(staff) == 1


async def test_nobody_is_written_to_again_at_once(north: House, clock: Clock) -> None:
    invited = await north.owner.ask("POST", "/staff", STAFF, 201)
    path, body = f"/staff/{invited['staff']['id']}/links", {"mail": True}
    assert (await north.owner.ask("POST", path, body, 429))["title"] == "just_sent"
    assert north.owner.last.headers["retry-after"] == "60"
    await north.owner.ask("POST", path, {"mail": False}, 201)
    clock.go(minutes=1)
    await north.owner.ask("POST", path, body, 201)

    assert len(await letters(north)) == 2


async def test_letters_to_a_restricted_patient_are_for_the_team(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    body = {"name": "Pat", "email": "pat@home.example", "restricted": True}
    patient = await carl.ask("POST", "/patients", body, 201)
    link = await carl.ask("POST", f"/patients/{patient['id']}/links", {"mail": True}, 201)
    path = f"/mail/{link['mailId']}"

    await carl.ask("GET", path, status=200)
    await north.owner.ask("GET", path, status=404)
    assert (await north.owner.ask("GET", "/mail", status=200))["items"] == []
    assert len((await carl.ask("GET", "/mail", status=200))["items"]) == 1


async def test_the_log_tells_of_letters_without_an_address(north: House) -> None:
    invited = await north.owner.ask("POST", "/staff", STAFF, 201)
    page: dict[str, Any] = await north.owner.ask("GET", "/audit?limit=200", status=200)
    (entry,) = [item for item in page["items"] if item["action"] == "mail.post"]

    assert entry["object_id"] == invited["link"]["mailId"]
    assert entry["detail"] == {"kind": "staff", "of": invited["staff"]["id"], "to": "staff"}


async def test_owners_are_written_to_when_somebody_breaks_the_glass(
    north: House, clock: Clock
) -> None:
    dora = await north.staff("dora", "clinician")
    patient = await north.owner.ask("POST", "/patients", {"name": "Pat", "restricted": True}, 201)
    path, reason = f"/patients/{patient['id']}/break-glass", {"reason": "collapsed in the hall"}
    for _ in range(2):  # one letter is enough for both
        await dora.ask("POST", path, reason, 201)
    (mail,) = await letters(north)
    text = opened(mail)

    assert "To: olga@north.example" in text
    assert "Subject: Please look at the log" in text
    for word in ("Pat", "dora", "collapsed", patient["id"]):
        assert word not in text
    clock.go(minutes=2)
    await dora.ask("POST", path, reason, 201)
    assert len(await letters(north)) == 2
