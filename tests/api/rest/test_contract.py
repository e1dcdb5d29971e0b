"""The OpenAPI document says what the API does."""

import re
from typing import Any

import anyio.to_thread
import pytest

from api.rest.v1.examples import EXAMPLES, ID
from tests.api.house import House
from tests.api.rest.test_consent import words
from tests.api.rest.test_meetings import meeting_of
from tests.api.rest.test_tenants import operations

pytestmark = pytest.mark.anyio


def described(house: House, operation: str) -> dict[str, Any]:
    method, path = operation.split(" ")
    item: dict[str, Any] = house.api.openapi()["paths"][path][method.lower()]
    return item


def takes_json(house: House, operation: str) -> bool:
    return (
        "application/json"
        in described(house, operation).get("requestBody", {"content": ()})["content"]
    )


async def test_no_request_is_sent_through_a_thread(
    north: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As FastAPI does with whatever is no coroutine: one more wait for each."""

    async def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("a thread")

    monkeypatch.setattr(anyio.to_thread, "run_sync", fail)
    for path in ("/sessions/current", "/patients", "/waiting", "/openapi.json"):
        await north.owner.ask("GET", path, status=200)
    await north.owner.ask("POST", "/patients", {"name": "Pat"}, 201)


async def test_no_answer_is_kept_shown_as_a_page_or_told_elsewhere(north: House) -> None:
    for path, status in (("/patients", 200), ("/nowhere", 404), ("/patients?limit=x", 422)):
        await north.owner.ask("GET", path, status=status)
        headers = north.owner.last.headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("operation", ["POST /patients", "POST /video/consent-log"])
async def test_what_is_sent_twice_with_one_key_is_done_once(north: House, operation: str) -> None:
    method, path = operation.split()
    meeting = await meeting_of(north)
    bodies = {"/patients": {"name": "Pat"}, "/video/consent-log": await words(north.owner, meeting)}
    first, again = [
        await north.owner.ask(method, path, bodies[path], 201, idempotency_key="k1")
        for _ in range(2)
    ]
    assert first == again
    other = bodies[path] | ({"name": "Quinn"} if "name" in bodies[path] else {"given": False})
    refused = await north.owner.ask(method, path, other, 409, idempotency_key="k1")
    assert refused["title"] == "key_used"
    assert (await north.owner.ask(method, path, bodies[path], 201))["id"] != first["id"]


async def test_a_body_that_cannot_be_read_is_a_documented_400(north: House) -> None:
    taking = [o for o in operations(north.api) if takes_json(north, o)]
    for operation in taking:
        method, path = operation.split(" ")
        path = re.sub(r"{\w+}", north.owner.id, path)
        answer = await north.owner.client.request(
            method, path, content=b"t\xff", headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400, operation
        assert answer.json()["type"] == "urn:housecall:bad_request"
        assert "400" in described(north, operation)["responses"], operation
    assert len(taking) > 10


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/patients", {"name": "Pat", "restricted": 0}),
        ("/patients", {"name": "Pat", "restricted": "yes"}),
        ("/guests", {"kind": "family", "name": "G", "minutes": "5"}),
        ("/patients", {"name": "Pat", "birthDate": 0}),
        ("/patients", {"name": "Pat", "birthDate": "1980-02-30"}),
        ("/keys", {"name": "k", "scopes": ["staff.read"], "days": True}),
        ("/patients", {"name": "Pat", "more": 1}),
        ("/patients", {"name": "Pat\x00"}),
        ("/patients", {"name": "\u00a0 "}),
        ("/patients", {"name": "\u200b\u2060\ufe0f"}),  # nobody sees any of it
        ("/patients", {"name": "Pat \u202emoss"}),  # what follows is shown backwards
        ("/patients", {"name": "Pat\u2028Moss"}),
        ("/patients", {"name": "Pat\u0085Moss"}),
        ("/consent/policies", {"texts": [{"language": "en", "text": "\u00a0\n"}]}),
    ],
)
async def test_nothing_is_taken_for_what_it_is_not(
    north: House, path: str, body: dict[str, Any]
) -> None:
    await north.owner.ask("POST", path, body, 422)


@pytest.mark.parametrize(
    "name", ["👨‍👩‍👧 Zoë", "نام\u200cها", "ﷺ 山田", "O’Brien-\u00adSmith", "क्\u200dष"]
)
async def test_names_are_written_in_all_scripts(north: House, name: str) -> None:
    patient = await north.owner.ask("POST", "/patients", {"name": name}, 201)
    assert patient["name"] == name


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (("GET", "/nowhere", None, ""), "/api/v1/openapi.json"),
        (("GET", "/meetings/x", None, ""), "/api/v1/openapi.json"),
        (("PUT", "/meetings", b"{}", "application/json"), "GET, POST"),
        (("POST", "/patients", b"{", "application/json"), "JSON"),
        (("POST", "/patients", b'{"name": "\xf6"}', "application/json"), "UTF-8"),
        (("POST", "/patients", b'{"name": "P"}', "text/plain"), "content-type: application/json"),
        (("POST", "/patients", b"", ""), "content-type: application/json"),
        (("POST", "/patients", b"[]", "application/json"), "content-type: application/json"),
    ],
)
async def test_a_refusal_says_what_to_do(
    north: House, request_: tuple[str, str, bytes | None, str], sentence: str
) -> None:
    method, path, content, kind = request_
    headers = {"content-type": kind} if kind else {}
    answer = await north.owner.client.request(method, path, content=content, headers=headers)
    assert 400 <= answer.status_code < 500
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "\u200b", "Words are needed"),
        ("email", "at home", "An e-mail address is needed"),
        ("phone", "ring me", "A telephone number is needed"),
        ("language", "plain English", "A language is needed"),
        ("birthDate", "17.2.1950", "YYYY-MM-DD"),
    ],
)
async def test_a_field_says_what_to_write(
    north: House, field: str, value: str, sentence: str
) -> None:
    answer = await north.owner.ask("POST", "/patients", {"name": "Pat", field: value}, 422)
    assert sentence in answer["fields"][f"body.{field}"]


async def test_a_whole_number_may_be_written_as_json_does(north: House) -> None:
    await north.owner.ask("POST", "/guests", {"kind": "family", "name": "G", "minutes": 5.0}, 201)


async def test_another_method_is_told_which_there_are(north: House) -> None:
    path = f"/patients/{north.owner.id}"
    await north.owner.ask("PUT", path, {}, 405)

    assert north.owner.last.headers["allow"] == "DELETE, GET, PATCH"
    for path in ("/meetings/search", "/patients/search"):  # that is nobody's id
        await north.owner.ask("PATCH", path, {}, 405)
        assert north.owner.last.headers["allow"] == "POST"


async def test_every_refusal_has_one_shape(north: House) -> None:
    for operation in operations(north.api):
        is_fhir = operation.partition(" ")[2].startswith("/fhir/")
        kind = "application/fhir+json" if is_fhir else "application/problem+json"
        for status, answer in described(north, operation)["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == [kind], operation


async def test_every_operation_says_how_one_signs_in(north: House) -> None:
    open_to_all = {o for o in operations(north.api) if "security" not in described(north, o)}

    assert open_to_all == {
        "POST /sessions", "POST /sessions/link", "POST /links/open", "POST /links/accept",
        "POST /meetings/{id}/rsvp", "GET /conferencing/callback",
        "POST /texts/status", "POST /texts/inbound",
        "POST /texts/{workspace}/status", "POST /texts/{workspace}/inbound",
        "GET /fhir/metadata",
        "GET /meetings/verify-token", "POST /meetings/verify-token", "GET /status",
    }  # fmt: skip
    stranger = await north.person("mallory")
    for operation in set(operations(north.api)) - open_to_all:
        method, path = operation.split(" ")
        path = re.sub(r"{\w+}", north.owner.id, path)
        answer = await stranger.client.request(method, path, json=None)
        assert answer.status_code in (401, 422), operation


async def test_what_nobody_can_write_is_not_in_the_document(north: House) -> None:
    """Of blanks nothing is left, and what is escaped in an address may be too long for it."""
    shapes = north.api.openapi()["components"]["schemas"]
    name = shapes["PatientBody"]["properties"]["name"]["pattern"]
    text = shapes["PolicyText"]["properties"]["text"]["pattern"]
    (token, _) = described(north, "GET /meetings/verify-token")["parameters"]

    assert re.search(name, "a b")
    assert re.search(text, "one\n\ntwo")
    assert not any(re.search(pattern, "\u00a0 ") for pattern in (name, text))
    assert not re.search(token["schema"]["pattern"], "\u00e9")


async def test_every_body_has_an_example_that_is_read(north: House) -> None:
    """With ids of nobody: nothing is found, or nobody let in, but all of it makes sense."""
    paths = north.api.openapi()["paths"]
    wanted = {
        f"{method.upper()} {path}": operation["requestBody"]["content"]
        for path, item in paths.items()
        for method, operation in item.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert wanted.keys() == EXAMPLES.keys()
    for name, content in wanted.items():
        method, path = name.split(" ")
        here = re.sub(r"{\w+}", ID, path)
        example = content["application/json"]["example"]
        answer = await north.owner.client.request(method, here, json=example)
        assert answer.status_code not in (400, 422, 500), (name, answer.text)
