"""Refusals as `application/problem+json` (RFC 9457): a word for programs, a sentence for people.

Nothing of a request is repeated in them: it may be somebody's health.
"""

import math
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.clinic.errors import Refusal
from api.store.errors import Conflict, Unavailable

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


def add_handlers(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> Response:
        return problem(error.status, error.kind, error.sentence, wait=error.wait)

    @app.exception_handler(Unavailable)
    async def unavailable(_: Request, error: Unavailable) -> Response:
        sentence = "The database does not answer. Calls go on; try again in a moment."
        return problem(503, "unavailable", sentence, wait=RETRY)

    @app.exception_handler(Conflict)
    async def conflict(_: Request, error: Conflict) -> Response:
        return problem(409, "conflict", "It is there already, or was changed: load it again.")

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        fields = {
            ".".join(str(part) for part in detail["loc"]): str(detail["msg"])
            for detail in error.errors()
        }
        sentence = "The request is not as it should be: see fields."
        return problem(422, "invalid", sentence, fields=fields)

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        kind = {404: "not_found", 405: "not_allowed"}.get(error.status_code, "bad_request")
        answer = problem(error.status_code, kind, str(error.detail))
        answer.headers.update(error.headers or {})
        if error.status_code == 405:
            answer.headers["allow"] = ", ".join(sorted(methods_at(request)))
        return answer


def methods_at(request: Request) -> set[str]:
    """All that a path knows."""
    here = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    known = request.app.openapi()["paths"]
    paths = [here] if here in known else [path for path in known if _fits(path, here)]
    return {method.upper() for path in paths for method in known[path]}


def _fits(path: str, here: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), here) is not None


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These refusals in the OpenAPI document."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": NAMES[status], "content": content} for status in statuses}


NAMES = {
    400: "The request cannot be understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found in this workspace",
    409: "In the way of what is there",
    412: "Changed meanwhile",
    422: "Not as it should be",
    429: "Too many tries",
    503: "The database does not answer",
}
