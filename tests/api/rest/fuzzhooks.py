"""Loaded by schemathesis: each request with a session of its own, and what nobody can guess put in.

Passwords, codes and one-time tokens are asked of `tests/api/rest/fuzzed.py`, which makes them for
each request: they serve once. Requests that are meant to be wrong stay as they are.
"""

import os
from typing import Any

import httpx
import schemathesis
from schemathesis import AuthContext, Case, GenerationMode, HookContext
from schemathesis.generation.meta import TestPhase

from tests.api.pictures import picture

FRESH = os.environ["FRESH"]
BROWSER = httpx.Client(base_url=FRESH, trust_env=False, timeout=60)  # on a busy machine

# What goes into the body of operations that need what only the clinic's own people have.
BODIES = {
    "POST /sessions": "credentials",
    "POST /sessions/link": "guest",
    "POST /links/open": "invited",
    "POST /links/accept": "opened",
    "POST /staff": "somebody",
    "POST /meetings": "visit",
    "POST /video/consent-log": "consent",
    "POST /livekit/token": "open",
    "POST /calls/generate-token": "callee",
    "POST /meetings/{id}/invite": "everybody",
    "PATCH /meetings/{id}": "longer",
    "POST /patients/{id}/texting": "heard",
    "PUT /templates": "words",
    "PUT /texts/carrier": "carrier",
    "PATCH /patients/{id}/files/{file}": "unfiled",
    "POST /calendar/events": "event",
    "PATCH /calendar/events/{id}": "moved",
    "PUT /staff/{id}/hours": "week",
    "POST /hq/served-by": "hq",
    "PUT /password": "own-password",
}
# What a carrier tells: its signature is made on the way.
SIGNED = {
    "POST /texts/status", "POST /texts/inbound",
    "POST /texts/{workspace}/status", "POST /texts/{workspace}/inbound",
}  # fmt: skip
# Whose path needs more than something of its kind, and who asks, if it is not the owner.
PATHS = {
    "POST /meetings/{id}/rsvp": "invitation",
    "POST /meetings/{id}/admit": "open",
    "GET /meetings/{id}/place": "waiter",
    "POST /meetings/{id}/place": "waiter",
    "DELETE /meetings/{id}/place": "waiter",
    "POST /meetings/{id}/place/messages": "waiter",
    "POST /meetings/{id}/participants/{participant}/messages": "waiter",
    "POST /meetings/{id}/participants/{participant}/admit": "waiter",
    "POST /meetings/{id}/participants/{participant}/deny": "waiter",
    "POST /meetings/{id}/participants/{participant}/put-back": "admitted",
    "DELETE /sessions/{id}": "running",
    "POST /conferencing/{provider}/connection": "connected",
    "DELETE /conferencing/{provider}/connection": "connected",
    **dict.fromkeys(
        (
            "GET /patients/{id}/files/{file}",
            "PATCH /patients/{id}/files/{file}",
            "DELETE /patients/{id}/files/{file}",
            "GET /patients/{id}/files/{file}/content",
        ),
        "file",
    ),
    "GET /fhir/Patient/{id}": "patients",
    "GET /fhir/Appointment/{id}": "meetings",
    "GET /fhir/Encounter/{id}": "encounter",
    "GET /fhir/Consent/{id}": "receipt",
    "GET /fhir/AuditEvent/{id}": "event",
    "GET /fhir/DocumentReference/{id}": "document",
    "PUT /meetings/{id}/place/devices": "waiter",
    "PUT /hq/staff/{id}": "staff",
    "POST /texts/{workspace}/status": "own-carrier",
    "POST /texts/{workspace}/inbound": "own-carrier",
    "DELETE /hq/served-by/{id}": "served",
    "DELETE /hq/members/{id}": "member",
    "POST /hq/members/{id}/accept": "member",
    "POST /hq/visits/{workspace}/{meeting}": "hq-waiting",
    "POST /hq/visits/{workspace}/{meeting}/admit": "hq-taken",
    "POST /hq/visits/{workspace}/{meeting}/put-back": "hq-taken",
    "DELETE /hq/visits/{workspace}/{meeting}": "hq-taken",
}
# What is sent there is a picture, now and then.
SENT = "POST /patients/{id}/files"
# Whose query and cookie go together.
RETURNED = "GET /conferencing/callback"
# What only programs ask.
BY_KEY = {"GET /video/auth-token": "recordable"}
# What has to be there first: somebody who waits, a carrier of the workspace's own.
FIRST = {"POST /hq/queue/next": "hq-waiting", "DELETE /texts/carrier": "own-carrier"}
# Of what is made, what a body takes.
FIELDS = {
    "POST /livekit/token": ["meetingId"],
    "PUT /password": ["current", "code", "password"],
}
# Who asks is who it is about.
OWN = {"PUT /password", "DELETE /sessions/{id}"}
# Only in every second request: what is random is of use too.
SOMETIMES = dict.fromkeys(("POST /meetings", "PATCH /meetings/{id}", SENT), True)


def fresh(what: str) -> dict[str, Any]:
    found: dict[str, Any] = BROWSER.get(what).json()
    return found


@schemathesis.auth(refresh_interval=None)
class Session:
    """Of an owner, for each request: one of them ends it."""

    def get(self, case: Case[Any], context: AuthContext) -> str:
        return str(fresh("session")["session"])

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        case.cookies["__Host-housecall"] = data


def identify(case: Case[Any], label: str) -> None:
    """Some are not asked by a session."""
    if label in SIGNED:
        case.headers["fresh-signature"] = "?1"
    if label in BY_KEY:  # in chains too: a letter's visit may be null
        found = fresh(BY_KEY[label])
        case.cookies.clear()
        case.headers["authorization"] = f"Bearer {found['key']}"
        case.query = {**(case.query or {}), "meetingId": found["meetingId"]}
    if label in FIRST:
        fresh(FIRST[label])
    if label == RETURNED:
        found = fresh("returned")
        case.cookies["__Host-housecall-connecting"] = found["cookie"]
        case.query = {"state": found["state"], "code": found["code"]}


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Ids are put in where they would be random: chains of requests have ids of their own."""
    meta = case.meta
    if meta is None or meta.generation.mode is not GenerationMode.POSITIVE:
        return
    label = case.operation.label
    identify(case, label)
    ids = case.path_parameters
    # Chains take the id from an answer too where there is none: a guest's patient may be null.
    is_empty = any(id in (None, "None") for id in (ids or {}).values())
    if meta.phase.name is not TestPhase.FUZZING and not is_empty:
        return
    if label in SOMETIMES:
        SOMETIMES[label] = not SOMETIMES[label]
    if label == SENT and SOMETIMES[label]:
        case.body, case.media_type = picture(), "application/octet-stream"
        case.query = {}
    what = BODIES.get(label)
    if what and SOMETIMES.get(label, True) and isinstance(case.body, dict):
        found = fresh(what)
        case.body = {**case.body, **{name: found[name] for name in FIELDS.get(label, found)}}
        if label in OWN:
            case.cookies["__Host-housecall"] = found["session"]
    if ids:
        found = fresh(PATHS.get(label, case.operation.path.split("/")[1]))
        if "token" in found and isinstance(case.body, dict):
            case.body = {**case.body, "token": found["token"]}
        if "/place" in label or label in OWN:
            case.cookies["__Host-housecall"] = found["session"]
        case.path_parameters = {name: found[name] for name in ids}
