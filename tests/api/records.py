"""What charts are made of, for tests of what is told of it."""

from typing import Any
from uuid import UUID

from api.clinic.clinic import begin_session
from api.clinic.policies import built_in
from api.rules.auditing import ActorKind
from api.rules.sessions import LONGEST
from tests.api.house import House, Person
from tests.api.pictures import picture

BINARY = {"content-type": "application/octet-stream"}
SHOWN = next(one for one in built_in() if one.language == "en")


async def send(
    who: Person, patient: str, content: bytes | None = None, status: int = 201,
    headers: dict[str, str] | None = None, **query: str,
) -> Any:  # fmt: skip
    """A file into a folder."""
    answer = await who.client.post(
        f"/patients/{patient}/files",
        content=picture() if content is None else content,
        params=query,
        headers={**BINARY, **(headers or {})},
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def signed_in(house: House, patient: str) -> Person:
    """A patient, as if by a link."""
    clinic = house.clinic
    workspace = UUID((await house.owner.ask("GET", "/workspace", status=200))["id"])
    async with clinic.store.writing(workspace) as tx:
        subject = (ActorKind.PATIENT, UUID(patient))
        bearer = begin_session(tx, workspace, subject, tx.now + LONGEST)
    person = await house.person("pat")
    person.client.cookies["__Host-housecall"] = str(bearer)
    return person


async def said_by_patient(
    house: House, meeting: str, patient: str, scopes: tuple[str, ...] = ("audio",),
    *, given: bool = True,
) -> Any:  # fmt: skip
    """A receipt."""
    body = {
        "meetingId": meeting, "scopes": list(scopes), "given": given,
        "policyVersion": SHOWN.version, "policyHash": SHOWN.hash, "language": SHOWN.language,
    }  # fmt: skip
    person = await signed_in(house, patient)
    return await person.ask("POST", "/video/consent-log", body, 201)
