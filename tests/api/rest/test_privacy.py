"""No log line holds what a request did: names, reasons, passwords, tokens, in any field, at any
level, whether it is well or ill taken."""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.logs import JsonLines, quieten
from tests.api.canaries import CANARY, Canaries
from tests.api.house import House, Person
from tests.api.marking import Marking
from tests.api.rest.test_load import load
from tests.api.rest.test_tenants import BODIES, LAST, operations

pytestmark = pytest.mark.anyio

BROWSER = {"httpx", "httpcore"}  # of this test
LONG = f"{CANARY} " * 2000


class Watch(logging.Handler):
    """All that is logged: as it is written, and as it was said before anything was taken out."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.written, self.said = io.StringIO(), io.StringIO()
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=self.written)
        if record.name.partition(".")[0] not in BROWSER:
            print(record.getMessage(), record.exc_info, file=self.said)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """It finds what is there."""
    handler, root = Watch(), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    quieten()
    logging.getLogger("api.planted").debug("%s is found", CANARY)
    for stream in (handler.written, handler.said):
        assert CANARY in stream.getvalue()
        stream.seek(0)
        stream.truncate()
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def put(body: Any, way: tuple[str, ...], value: object) -> Any:
    """The body with this there."""
    if not way:
        return value
    if way[0] == "[]":
        first = body[0] if isinstance(body, list) and body else {}
        return [put(first, way[1:], value)]
    body = body if isinstance(body, dict) else {}
    return body | {way[0]: put(body.get(way[0]), way[1:], value)}


def poisoned(canaries: Canaries, house: House) -> Iterator[tuple[str, str, Any]]:
    """Each operation as it is meant, then with the mark in each text that it may take, as it comes
    and much too long, in its path and in each parameter."""
    for name in sorted(operations(house.api), key=lambda o: o in LAST):
        method, path = name.split(" ")
        body = BODIES.get(name)
        here = re.sub(r"{\w+}", house.owner.id, path)
        operation = canaries.operation(method, here)
        assert operation is not None
        yield method, here, None if body is None else canaries.mark(method, here, body)
        yield method, re.sub(r"{\w+}", CANARY, path), body
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                yield method, f"{here}?{parameter['name']}={CANARY}", body
        for way in canaries.texts(operation):
            for value in (f"{CANARY} is ill", LONG, {CANARY: [CANARY]}):
                yield method, here, put(body, way, value)


async def test_no_log_line_holds_what_was_sent(north: House, watch: Watch) -> None:
    canaries, owner = Canaries(north.api.openapi()), north.owner
    statuses, seen = set(), set()
    for method, url, body in poisoned(canaries, north):
        headers = {"x-any": CANARY, "user-agent": "a browser"}
        answer = await owner.client.request(method, url, json=body, headers=headers)
        statuses.add(answer.status_code)
        if answer.status_code >= 400:
            assert f"{CANARY} " not in answer.text, (method, url, body)
        seen.add((method, url.partition("?")[0]))

    assert len(seen) > len(operations(north.api))
    assert statuses >= {200, 201, 404, 422}
    assert max(statuses) < 500
    assert CANARY not in watch.written.getvalue()
    assert CANARY not in watch.said.getvalue()


async def fail_in_each_way(house: House, patch: pytest.MonkeyPatch) -> set[int]:
    """The statuses of requests that are full of marks, and are refused for each reason there is."""
    owner, statuses = house.owner, set[int]()
    patient = {"name": CANARY, "email": f"{CANARY}@x.example", "reference": CANARY}
    made = await owner.ask("POST", "/patients", patient, 201)
    path = f"/patients/{made['id']}"
    colleague = {"email": f"{CANARY}@x.example", "name": CANARY, "role": "auditor"}
    await owner.ask("POST", "/staff", colleague, 201)
    auditor = await house.staff("audrey", "auditor")

    async def send(who: Person, method: str, path: str, body: Any = None, **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await who.client.request(method, path, json=body, headers=names)
        assert CANARY not in answer.text
        statuses.add(answer.status_code)

    stranger = await house.person("mallory")
    text = {"content-type": "application/json"}
    broken = await owner.client.post(
        "/patients", content=f'{{"name": "{CANARY}'.encode() + b"\xff", headers=text
    )
    statuses.add(broken.status_code)  # 400
    await send(stranger, "GET", path, authorization=f"Bearer hck_{CANARY}")  # 401
    await send(auditor, "POST", f"{path}/break-glass", {"reason": f"{CANARY} fell down"})  # 403
    await send(owner, "POST", "/patients", patient, origin=f"https://{CANARY}.example")  # 403
    await send(owner, "GET", f"/patients/{CANARY}")  # 404
    await send(owner, "PUT", "/patients", patient)  # 405
    await send(owner, "POST", "/staff", colleague)  # 409
    await send(owner, "PATCH", path, {"name": CANARY}, if_match=CANARY)  # 412
    await send(owner, "POST", "/patients", {"name": CANARY, "birthDate": CANARY})  # 422
    wrong = {"email": f"{CANARY}@x.example", "password": CANARY, "code": CANARY}
    for _ in range(12):
        await send(stranger, "POST", "/sessions", wrong)  # 429 in the end
    with patch.context() as away:
        away.setattr(AsyncSession, "connection", is_away)
        await send(owner, "POST", "/patients", patient)  # 503
    return statuses


async def is_away(_: AsyncSession) -> None:
    raise OSError(CANARY)


async def test_no_log_line_holds_what_was_refused(
    north: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = await fail_in_each_way(north, monkeypatch)

    assert statuses >= {400, 401, 403, 404, 405, 409, 412, 422, 429, 503}
    assert CANARY not in watch.written.getvalue()
    assert CANARY not in watch.said.getvalue()


async def test_no_log_line_holds_what_sixteen_do_at_once(north: House, watch: Watch) -> None:
    canaries, person = Canaries(north.api.openapi()), north.person

    async def marking(name: str, address: str = "192.0.2.1") -> Person:
        made = await person(name, address)
        made.client._transport = Marking(made.client._transport, canaries)
        return made

    north.person = marking  # type: ignore[method-assign]
    numbers = await load(north, 2)

    assert len(numbers.took) > 16
    assert any(one.startswith("hcs_") for one in canaries.planted)
    assert canaries.found_in(watch.written.getvalue()) == set()
    assert canaries.found_in(watch.said.getvalue()) == set()
