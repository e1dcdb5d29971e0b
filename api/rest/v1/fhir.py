"""`/fhir`: FHIR R5, to be read (https://hl7.org/fhir/R5/http.html)."""

import asyncio
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from api.clinic.errors import Refusal
from api.fhir.answers import MEDIA_TYPE, PARAMETERS, bundle, capability
from api.fhir.dates import PATTERN, DateError, parse
from api.fhir.reading import Reader, as_uuid
from api.fhir.sources import Wanted
from api.fhir.terms import APPOINTMENTS, ENCOUNTERS, Resource, Type
from api.fhir.validating import written
from api.rest.v1.door import SIGNED_IN, Door, DoorOf
from api.rest.v1.problems import FHIR, documented
from api.rules.roles import Permission

router = APIRouter(prefix=FHIR, tags=["fhir"])

REFUSALS = documented(401, 403, 422, 503, media_type=MEDIA_TYPE)
MISSING = documented(404, media_type=MEDIA_TYPE)
UNKNOWN = documented(400, media_type=MEDIA_TYPE)
OF_EVENT = r"^[1-9][0-9]{0,17}-[0-9a-f]{16}$"
OF_PATIENT = r"^(Patient/)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

AppointmentStatus = StrEnum(  # type: ignore[misc]
    "AppointmentStatus", {name.upper(): name for name in sorted(set(APPOINTMENTS.values()))}
)
EncounterStatus = StrEnum(  # type: ignore[misc]
    "EncounterStatus", {name.upper(): name for name in sorted(set(ENCOUNTERS.values()))}
)


class ConsentStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


class DocumentStatus(StrEnum):
    CURRENT = "current"


OfPatient = Annotated[str | None, Query(pattern=OF_PATIENT)]
Dates = Annotated[
    list[Annotated[str, Query(pattern=PATTERN)]],
    Query(max_length=4, description="`2027-03`, `ge2027-03-04`, `lt2027-03-05T00:00:00Z` …"),
]
Count = Annotated[int, Query(alias="_count", ge=1, le=200)]
AfterId = Annotated[UUID | None, Query(description="As the link to the next page has it.")]
AfterEvent = Annotated[int | None, Query(ge=0, lt=10**18)]


def described(kind: str) -> dict[int | str, dict[str, Any]]:
    schema = {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"type": "string", "const": kind}},
    }
    return {200: {"description": kind, "content": {MEDIA_TYPE: {"schema": schema}}}}


class Fhir(Response):
    media_type = MEDIA_TYPE


async def answer(resource: Resource) -> Fhir:
    """What takes a moment, and longer the first time, is for a thread."""
    return Fhir(await asyncio.to_thread(written, resource))


@router.get("/metadata", response_class=Fhir, responses=described("CapabilityStatement"))
async def metadata(door: DoorOf) -> Response:
    """What there is: no data, and so for everybody."""
    now = door.clinic.store.now().isoformat()
    return await answer(capability(version("housecall"), now, base_of(door)))


def base_of(door: Door) -> str:
    return f"{door.page}api/v1{FHIR}"


async def read(kind: Type, id: Any, door: Door) -> Response:
    async with door.enter(Permission.FHIR_READ) as visit:
        found = await Reader(visit, door.page).read(kind, id)
    return await answer(found)


async def search(kind: Type, wanted: Wanted, dates: list[str], door: Door, request: Request) -> (
    Response
):  # fmt: skip
    """Raises Refusal."""
    known = {"after", "_count", *(one.name for one in PARAMETERS[kind])}
    if unknown := sorted(set(request.query_params) - known):
        # Without it the answer would hold more than was asked for. Its name may be anything.
        sentence = f"{len(unknown)} parameters are not known: there are {', '.join(sorted(known))}."
        raise Refusal("unknown_parameter", sentence)
    try:
        spans = tuple(parse(date) for date in dates)
    except DateError:
        raise Refusal("bad_date", "There is no such day.") from None
    asked = Wanted(wanted.patient, wanted.status, wanted.active, spans, wanted.after, wanted.count)
    async with door.enter(Permission.FHIR_READ) as visit:
        found, last = await Reader(visit, door.page).search(kind, asked)
    base = base_of(door)
    pairs = [(name, value) for name, value in request.query_params.multi_items()]
    own = _address(base, kind, pairs)
    following = None
    if last is not None:
        rest = [pair for pair in pairs if pair[0] != "after"]
        following = _address(base, kind, [*rest, ("after", last)])
    return await answer(bundle(found, base, own, following))


def _address(base: str, kind: Type, pairs: list[tuple[str, str]]) -> str:
    address = f"{base}/{kind.value}"
    return f"{address}?{urlencode(pairs)}" if pairs else address


def add_reading(kind: Type) -> None:
    if kind is Type.AUDIT_EVENT:
        return

    async def one(id: UUID, door: DoorOf) -> Response:
        return await read(kind, id, door)

    router.add_api_route(
        f"/{kind.value}/{{id}}", one, response_class=Fhir, dependencies=SIGNED_IN,
        responses={**described(kind.value), **REFUSALS, **MISSING},
        name=f"read_{kind.value}",
    )  # fmt: skip


for _kind in Type:
    add_reading(_kind)

searching = partial(
    router.get, response_class=Fhir, dependencies=SIGNED_IN,
    responses={**described("Bundle"), **REFUSALS, **UNKNOWN},
)  # fmt: skip


@router.get(
    "/AuditEvent/{id}", response_class=Fhir, dependencies=SIGNED_IN,
    responses={**described("AuditEvent"), **REFUSALS, **MISSING},
)  # fmt: skip
async def read_event(id: Annotated[str, Path(pattern=OF_EVENT)], door: DoorOf) -> Response:
    return await read(Type.AUDIT_EVENT, id, door)


@searching("/Patient")
async def search_patients(
    door: DoorOf, request: Request, active: bool | None = None, after: AfterId = None,
    count: Count = 50,
) -> Response:  # fmt: skip
    """By names one searches with POST /patients/search: addresses are logged on their way."""
    wanted = Wanted(active=active, after=after, count=count)
    return await search(Type.PATIENT, wanted, [], door, request)


@searching("/Appointment")
async def search_appointments(
    door: DoorOf, request: Request, patient: OfPatient = None, date: Dates = [],  # noqa: B006
    status: AppointmentStatus | None = None, after: AfterId = None, count: Count = 50,
) -> Response:  # fmt: skip
    wanted = Wanted(as_uuid(patient), status, after=after, count=count)
    return await search(Type.APPOINTMENT, wanted, date, door, request)


@searching("/Encounter")
async def search_encounters(
    door: DoorOf, request: Request, patient: OfPatient = None, date: Dates = [],  # noqa: B006
    status: EncounterStatus | None = None, after: AfterId = None, count: Count = 50,
) -> Response:  # fmt: skip
    """Visits in which two have met."""
    wanted = Wanted(as_uuid(patient), status, after=after, count=count)
    return await search(Type.ENCOUNTER, wanted, date, door, request)


@searching("/Consent")
async def search_consents(
    door: DoorOf, request: Request, patient: OfPatient = None, date: Dates = [],  # noqa: B006
    status: ConsentStatus | None = None, after: AfterId = None, count: Count = 50,
) -> Response:  # fmt: skip
    """What patients themselves have said."""
    wanted = Wanted(as_uuid(patient), status, after=after, count=count)
    return await search(Type.CONSENT, wanted, date, door, request)


@searching("/DocumentReference")
async def search_documents(
    door: DoorOf, request: Request, patient: OfPatient = None, date: Dates = [],  # noqa: B006
    status: DocumentStatus | None = None, after: AfterId = None, count: Count = 50,
) -> Response:  # fmt: skip
    wanted = Wanted(as_uuid(patient), status, after=after, count=count)
    return await search(Type.DOCUMENT_REFERENCE, wanted, date, door, request)


@searching("/AuditEvent")
async def search_events(
    door: DoorOf, request: Request, patient: OfPatient = None, date: Dates = [],  # noqa: B006
    after: AfterEvent = None, count: Count = 50,
) -> Response:  # fmt: skip
    wanted = Wanted(as_uuid(patient), after=after, count=count)
    return await search(Type.AUDIT_EVENT, wanted, date, door, request)
