"""Refusals as `application/problem+json` (RFC 9457): a word for programs, a sentence for people.
Whoever asks in FHIR gets FHIR's OperationOutcome instead.

Nothing of a request is repeated in them: it may be somebody's health.
"""

import json
import math
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.clinic.errors import Refusal
from api.fhir.answers import MEDIA_TYPE, outcome
from api.store.errors import Conflict, Unavailable

FHIR = "/fhir"  # what begins with it speaks FHIR
PROBLEM = "application/problem+json"
RETRY = 5.0  # seconds until the database may be back


class Problem(BaseModel):
    """Why a request was refused."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:housecall:not_signed_in",
                    "title": "not_signed_in",
                    "status": 401,
                    "detail": "Sign in first.",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, str] | None = None


def problem(
    status: int, kind: str, sentence: str, *, wait: float | None = None,
    fields: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    content: dict[str, Any] = {
        "type": f"urn:housecall:{kind}",
        "title": kind,
        "status": status,
        "detail": sentence,
    }
    if fields:
        content["fields"] = fields
    headers = {"cache-control": "no-store"}
    if wait is not None:
        headers["retry-after"] = str(math.ceil(wait))
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def refusal(
    request: Request, status: int, kind: str, sentence: str, *, wait: float | None = None,
    fields: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """In the language of whoever asks."""
    plain = problem(status, kind, sentence, wait=wait, fields=fields)
    if not _here(request).startswith(f"{FHIR}/"):
        return plain
    kept = {k: v for k, v in plain.headers.items() if k not in ("content-length", "content-type")}
    content = json.dumps(outcome(status, kind, sentence, fields or {}))
    return Response(content, status, kept, MEDIA_TYPE)


def _here(request: Request) -> str:
    """The path within the API."""
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return path


def add_handlers(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> Response:
        return refusal(request, error.status, error.kind, error.sentence, wait=error.wait)

    @app.exception_handler(Unavailable)
    async def unavailable(request: Request, error: Unavailable) -> Response:
        sentence = "The database does not answer. Calls go on; try again in a moment."
        return refusal(request, 503, "unavailable", sentence, wait=RETRY)

    @app.exception_handler(Conflict)
    async def conflict(request: Request, error: Conflict) -> Response:
        sentence = "It is there already, or was changed: load it again."
        return refusal(request, 409, "conflict", sentence)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        fields = {
            ".".join(str(part) for part in detail["loc"]): str(detail["msg"])
            for detail in error.errors()
        }
        sentence = "The request is not as it should be: see fields."
        return refusal(request, 422, "invalid", sentence, fields=fields)

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        kind = {404: "not_found", 405: "not_allowed"}.get(error.status_code, "bad_request")
        answer = refusal(request, error.status_code, kind, str(error.detail))
        answer.headers.update(error.headers or {})
        if error.status_code == 405:
            answer.headers["allow"] = ", ".join(sorted(methods_at(request)))
        return answer


def methods_at(request: Request) -> set[str]:
    """All that a path knows."""
    here = _here(request)
    known = request.app.openapi()["paths"]
    paths = [here] if here in known else [path for path in known if _fits(path, here)]
    return {method.upper() for path in paths for method in known[path]}


def _fits(path: str, here: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), here) is not None


def documented(*statuses: int, media_type: str = PROBLEM) -> dict[int | str, dict[str, Any]]:
    """These refusals in the OpenAPI document."""
    shape = {"$ref": "#/components/schemas/Problem"}
    content = {media_type: {"schema": shape if media_type == PROBLEM else {"type": "object"}}}
    return {status: {"description": NAMES[status], "content": content} for status in statuses}


NAMES = {
    400: "The request cannot be understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found in this workspace",
    409: "In the way of what is there",
    410: "The content is gone",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Of a type that is not taken",
    422: "Not as it should be",
    429: "Too many tries",
    503: "The database does not answer",
    507: "No room is left",
}
