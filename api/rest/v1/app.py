"""The clinic's API as one ASGI application, mounted at `/api/v1`."""

import secrets
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from api.clinic.clinic import Clinic
from api.fhir.answers import MEDIA_TYPE
from api.logs import request_id
from api.middleware import App, Message, Receive, Scope, Send
from api.rest.v1 import (
    audit,
    calendar,
    calling,
    carriers,
    charts,
    conferencing,
    consent,
    fhir,
    files,
    guests,
    hq,
    inviting,
    keys,
    mail,
    meetings,
    patients,
    recording,
    signing,
    staff,
    status,
    templates,
    texting,
    visiting,
    workspace,
)
from api.rest.v1.examples import EXAMPLES
from api.rest.v1.problems import FHIR, PROBLEM, Problem, add_handlers, documented

TITLE, VERSION = "Housecall", version("housecall")
MODULES = (
    signing, workspace, staff, patients, guests, keys, calling, meetings, inviting, visiting,
    consent, recording, conferencing, calendar, mail, texting, carriers, templates, charts, files,
    fhir, audit, hq, status,
)  # fmt: skip


def make_api(clinic: Clinic, page: str) -> FastAPI:
    """`page`: where links lead to."""
    # The pages that show an OpenAPI document load scripts from elsewhere: none here.
    app = FastAPI(
        title=TITLE, version=VERSION, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.clinic = clinic
    app.state.page = clinic.mail.page = page
    app.router.routes += included()
    add_handlers(app)
    app.add_middleware(Guarded)
    app.openapi = described  # type: ignore[method-assign]
    return app


@cache
def included() -> list[BaseRoute]:
    """All routes. FastAPI takes a fiftieth of a second to prepare one, when it is first asked for,
    and keeps that in these: once for all applications of a process.
    """
    all_of_them = APIRouter(redirect_slashes=False)
    for module in MODULES:
        all_of_them.include_router(module.router)
    return all_of_them.routes


@cache
def described() -> dict[str, Any]:
    """The OpenAPI document, with the shape of refusals. It is not to be changed."""
    schema = get_openapi(
        title=TITLE, version=VERSION, routes=included(), servers=[{"url": "/api/v1"}]
    )
    shapes = schema["components"]["schemas"]
    shapes["Problem"] = Problem.model_json_schema()
    for name, path in schema["paths"].items():
        kind = MEDIA_TYPE if name.startswith(f"{FHIR}/") else PROBLEM
        for method, operation in path.items():
            _replace_default(operation["responses"])
            _show(operation, EXAMPLES.get(f"{method.upper()} {name}"))
            if "security" in operation:
                busy = documented(429, media_type=kind)
                operation["responses"].update({str(k): v for k, v in busy.items()})
            if "requestBody" in operation:
                operation["responses"].update({str(k): v for k, v in documented(400).items()})
    for unused in ("HTTPValidationError", "ValidationError"):
        shapes.pop(unused, None)
    return schema


def _show(operation: dict[str, Any], example: dict[str, Any] | None) -> None:
    """A good body."""
    content = operation.get("requestBody", {}).get("content", {})
    if example is not None and "application/json" in content:
        content["application/json"]["example"] = example


def _replace_default(responses: dict[str, Any]) -> None:
    """FastAPI describes its own 422 beside ours."""
    content = responses.get("422", {}).get("content", {})
    content.pop("application/json", None)


# An answer is no page, and no other site's to read; addresses with tokens are told to nobody.
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Guarded:
    """An id for each request, and headers for each answer: nothing of it is to be kept."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        id = secrets.token_hex(8)
        scope["request_id"] = id
        request_id.set(id)  # each request has a task of its own

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                headers.append((b"x-request-id", id.encode()))
                message["headers"] = headers + HEADERS
            await send(message)

        await self._app(scope, receive, with_headers)
