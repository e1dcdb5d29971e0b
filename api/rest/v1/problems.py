"""Refusals as `application/problem+json` (RFC 9457): a word for programs, a sentence for people.
Whoever asks in FHIR gets FHIR's OperationOutcome instead.

Nothing of a request is repeated in them: it may be somebody's health.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.clinic.errors import Refusal
from api.fhir.answers import MEDIA_TYPE, outcome
from api.rest.v1.shapes import ASKED
from api.store.errors import Conflict, Unavailable

FHIR = "/fhir"  # what begins with it speaks FHIR
PROBLEM = "application/problem+json"
RETRY = 5.0  # seconds until the database may be back

NO_OBJECT = "A JSON object is needed, with the header content-type: application/json."
SENTENCES = {
    400: "The body is no JSON in UTF-8: correct it.",
    404: "There is nothing at this address: /api/v1/openapi.json has all that there are.",
    405: "This address has other methods: ",
}


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
        errors = error.errors()
        fields = {".".join(str(part) for part in one["loc"]): _wanted(one) for one in errors}
        sentence = "The request is not as it should be: see fields."
        if any(one["type"] == "json_invalid" for one in errors):
            sentence = SENTENCES[400]
        elif any(tuple(one["loc"]) == ("body",) for one in errors):
            sentence = NO_OBJECT
        return refusal(request, 422, "invalid", sentence, fields=fields)

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        kind = {404: "not_found", 405: "not_allowed"}.get(error.status_code, "bad_request")
        given = dict(error.headers or {})
        known = ", ".join(sorted(methods_at(request))) or given.get("Allow", "")
        known = known if error.status_code == 405 else ""
        sentence = SENTENCES.get(error.status_code, str(error.detail)) + known
        answer = refusal(request, error.status_code, kind, sentence)
        answer.headers.update(given)
        if known:
            answer.headers["allow"] = known
        return answer


def _wanted(error: Mapping[str, Any]) -> str:
    """What is to be written in a field, without what was."""
    if str(error["type"]).startswith("date_"):
        return "A date is needed, YYYY-MM-DD"
    pattern = error.get("ctx", {}).get("pattern", "")
    return ASKED.get(pattern, str(error["msg"]))


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
