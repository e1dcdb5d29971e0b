"""`/patients/{id}/files`: what is in a patient's folder."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from api.clinic import folders
from api.clinic.clinic import Clinic
from api.clinic.errors import Refusal, TooLarge, TooMany, WrongType
from api.rest.v1.chartshapes import FileChange, FileOut, Sent
from api.rest.v1.door import SIGNED_IN, DoorOf, tag
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rules.contents import LARGEST, MediaType
from api.rules.roles import Permission
from api.store.models import PatientFile

router = APIRouter(
    tags=["files"], dependencies=SIGNED_IN, responses=documented(401, 403, 404, 422, 503)
)

AT_ONCE = 4  # files that may be on their way: each is held in memory until it has come
RECEIVING = 300.0  # seconds in which one has to come
ANY = "application/octet-stream"  # as which all may be sent
BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {ANY: BINARY}}}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, to be kept and not to be shown",
        "content": {kind.value: BINARY for kind in MediaType},
    }
}

UnderMeeting = Annotated[
    UUID | None, Query(alias="meetingId", description="The visit that it is filed under.")
]


@router.get("/patients/{id}/files")
async def list_files(
    id: UUID, door: DoorOf, after: After = None, limit: Limit = 50
) -> Page[FileOut]:
    async with door.enter(Permission.FILES_READ) as visit:
        rows = await folders.list_files(visit, id, after, limit + 1)
        return page(rows, limit, lambda row: row[0].id, lambda row: FileOut.of(*row))


@router.post(
    "/patients/{id}/files", status_code=201, openapi_extra=BODY,
    responses=documented(409, 413, 415, 507),
)  # fmt: skip
async def add(
    id: UUID, request: Request, response: Response, door: DoorOf, meeting_id: UnderMeeting = None
) -> FileOut:
    """The body is the file, as it is: JPEG, PNG, WebP or PDF, of 50 MiB at most, whatever its name
    and its declared type. Pictures are written anew without EXIF and the like. It is named by
    PATCH. With the header Idempotency-Key it is added once, however often it is sent."""
    async with door.enter(Permission.FILES_CHANGE) as visit:
        await folders.check(visit, id, meeting_id)
        workspace = visit.caller.workspace
    with a_place(door.clinic):
        data = await receive(request)
        sent = Sent(sha256=hashlib.sha256(data).hexdigest(), patient_id=id, meeting_id=meeting_id)
        once = door.once("file.add", sent)
        examined = await folders.examine(door.clinic, data)
        del data
        kept = await folders.keep(door.clinic, workspace, examined)
    is_taken = False
    try:
        async with door.enter(Permission.FILES_CHANGE) as visit:
            known = await once.made(visit)
            if known is None:
                row, meeting = await folders.add(visit, id, meeting_id, kept)
                once.remember(visit, row.id)
            else:
                row, meeting = await folders.view(visit, id, known)
            shown = FileOut.of(row, meeting)
        is_taken = known is None
    finally:
        if not is_taken:
            await folders.discard(door.clinic, kept)
    tag(response, shown.version)
    return shown


@contextmanager
def a_place(clinic: Clinic) -> Iterator[None]:
    """Among those that are on their way. Raises TooMany."""
    if clinic.receiving >= AT_ONCE:
        raise TooMany("too_many_files", "Other files are on their way: try again in 5 s.", 5.0)
    clinic.receiving += 1
    try:
        yield
    finally:
        clinic.receiving -= 1


async def receive(request: Request) -> bytes:
    """Raises WrongType, TooLarge, Refusal."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared not in (ANY, *MediaType):
        raise WrongType("wrong_type", f"Send the file itself, as {ANY}, not as a form or JSON.")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > LARGEST:
        raise too_large()
    data = bytearray()
    try:
        async with asyncio.timeout(RECEIVING):
            async for chunk in request.stream():
                data += chunk
                if len(data) > LARGEST:
                    raise too_large()
    except TimeoutError:
        raise Refusal("too_slow", "The file took longer than five minutes to come.") from None
    except ClientDisconnect:
        raise Refusal("cut_off", "The file was cut off on its way.") from None
    return bytes(data)


def too_large() -> TooLarge:
    return TooLarge("file_too_large", f"A file has {LARGEST >> 20} MiB at most: make it smaller.")


# A path that is no id may be another one some day.
@router.get("/patients/{id}/files/{file}")
async def view(id: UUID, file: UUID, door: DoorOf, response: Response) -> FileOut:
    async with door.enter(Permission.FILES_READ) as visit:
        row, meeting = await folders.view(visit, id, file)
        tag(response, row.version)
        return FileOut.of(row, meeting)


@router.patch("/patients/{id}/files/{file}", responses=documented(412))
async def change(
    id: UUID, file: UUID, body: FileChange, door: DoorOf, response: Response
) -> FileOut:
    async with door.enter(Permission.FILES_CHANGE) as visit:
        row, meeting = await folders.change(visit, id, file, door.seen_version(), body.change)
        tag(response, row.version)
        return FileOut.of(row, meeting)


@router.delete("/patients/{id}/files/{file}", status_code=204)
async def delete(id: UUID, file: UUID, door: DoorOf) -> None:
    """For good: nobody can read it any more, but in backups that were made before."""
    async with door.enter(Permission.FILES_DELETE) as visit:
        await folders.delete(visit, id, file)


@router.get(
    "/patients/{id}/files/{file}/content", response_class=StreamingResponse,
    responses={**CONTENT, **documented(410)},
)  # fmt: skip
async def download(id: UUID, file: UUID, door: DoorOf) -> StreamingResponse:
    async with door.enter(Permission.FILES_READ) as visit:
        row, pieces = await folders.open_content(visit, id, file)
    first = await folders.first_piece(pieces)

    async def content() -> AsyncIterator[bytes]:
        piece = first
        while piece:
            yield piece
            piece = await asyncio.to_thread(next, pieces, b"")

    headers = {
        "content-disposition": disposition(row),
        "content-length": str(row.size),
        # Beside that of all answers: should a browser show it even so, it runs nothing.
        "content-security-policy": "sandbox",
        "cache-control": "no-store",
    }
    return StreamingResponse(content(), media_type=row.media_type, headers=headers)


def disposition(row: PatientFile) -> str:
    """To be kept under its name (RFC 6266, RFC 8187), with the ending of what it is."""
    kind, name = MediaType(row.media_type), row.name.text
    endings = (kind.suffix, ".jpeg") if kind is MediaType.JPEG else (kind.suffix,)
    if not name.lower().endswith(endings):
        name += kind.suffix
    name = name.replace("/", "-").replace("\\", "-")
    return f"attachment; filename=\"file{kind.suffix}\"; filename*=UTF-8''{quote(name, safe='')}"
