"""No log line holds what a request did: names, reasons, passwords, tokens, in any field, at any
level, whether it is well or ill taken."""

import logging
import re

import pytest
from fastapi import FastAPI

from api.logs import quieten
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.rest.test_tenants import BODIES, LAST, operations

pytestmark = pytest.mark.anyio

CANARY = "canary7f3a"
BROWSER = {"httpx", "httpcore"}  # of this test
FIELDS = (
    "name", "email", "phone", "reference", "reason", "password", "code", "token", "workspace",
    "title", "language", "birthDate", "kind", "role", "text", "timeZone", "answer", "channel",
    "texts", "policyHash", "method", "meetingId", "participants",
)  # fmt: skip


def poisoned(api: FastAPI) -> list[tuple[str, str, dict[str, object]]]:
    """Each operation with the canary in each text that it may take, in turn and all at once."""
    requests = []
    for operation in sorted(operations(api), key=lambda o: o == LAST):
        method, path = operation.split(" ")
        body = dict(BODIES.get(operation, {}))
        path = re.sub(r"{\w+}", CANARY, path)
        requests.append((method, f"{path}?after={CANARY}&log={CANARY}", body))
        for field in FIELDS:
            value = f"{CANARY}@x.example" if field == "email" else f"{CANARY} {field} long enough"
            requests.append((method, path, body | {field: value}))
        requests.append((method, path, dict.fromkeys(FIELDS, CANARY)))
    return requests


async def test_no_log_line_holds_what_was_sent(
    north: House, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    quieten()
    logging.getLogger("planted").debug("%s is found", CANARY)
    assert CANARY in caplog.text  # the search finds one that is there
    caplog.clear()

    owner = north.owner
    patient = await owner.ask(
        "POST", "/patients",
        {"name": CANARY, "email": f"{CANARY}@x.example", "reference": CANARY}, 201,
    )  # fmt: skip
    path = f"/patients/{patient['id']}"
    await owner.ask("POST", f"{path}/break-glass", {"reason": f"{CANARY} fell down"}, 201)
    taken = {"email": f"{CANARY}@x.example", "name": CANARY, "role": "auditor"}
    await owner.ask("POST", "/staff", taken, 201)
    await owner.ask("POST", "/staff", taken, 409)
    await owner.sign_in(401, email=f"{CANARY}@x.example", password=CANARY)
    statuses = set()
    for method, url, body in poisoned(north.api):
        answer = await owner.client.request(method, url, json=body, headers={"x-any": CANARY})
        statuses.add(answer.status_code)
        if answer.status_code >= 400:
            assert CANARY not in answer.text, (method, url, body)

    assert statuses >= {200, 201, 401, 422}
    assert max(statuses) < 500
    lines = [r.getMessage() for r in caplog.records if r.name.partition(".")[0] not in BROWSER]
    assert not [line for line in lines if CANARY in line]
