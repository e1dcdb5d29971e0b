"""The log of joins: who came to a room and who was not let in, whatever the database does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from livekit.protocol import rtc
from sqlalchemy import select

from api.clinic.presence import Presence
from api.joins import REFUSALS, Joins
from api.middleware import Message, Receive, Scope, Send
from api.rules.auditing import Log
from api.rules.rooms import make_room
from api.store.models import AccessEntry, Workspace
from api.store.store import Store
from signaling.conference import Place
from tests.api.conftest import Clock
from tests.harness import tokens
from tests.signaling.stage import wrap
from turn.notes import GRANTED, Note

pytestmark = pytest.mark.anyio

KEY, SECRET = "APIkey", "s" * 32
ACCEPTED: Message = {"type": "websocket.accept"}


@pytest.fixture
async def here(store: Store) -> UUID:
    id = uuid4()
    async with store.writing(id) as tx:
        tx.session.add(Workspace(id=id, slug="north", title="N", plan="free", created_at=tx.now))
    return id


@pytest.fixture
def presence(clock: Clock) -> Presence:
    return Presence(clock)


@pytest.fixture
async def joins(store: Store, presence: Presence, here: UUID) -> AsyncIterator[Joins]:
    async def only() -> UUID:
        return here

    joins = Joins(store, presence, {KEY: SECRET}, only)
    keeping = asyncio.create_task(joins.keep())
    yield joins
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def scope(token: str, kind: str = "websocket", path: str = "/rtc/v1") -> Scope:
    return {
        "type": kind,
        "path": path,
        "query_string": f"access_token={token}".encode(),
        "headers": [(b"user-agent", b"Firefox\n153")],
        "client": ("192.0.2.9", 4000),
    }


def mint(clock: Clock, identity: str, room: str, **more: Any) -> str:
    claims = tokens.claims(KEY, identity, room, **more)
    now = int(clock.now.timestamp())
    return tokens.mint(SECRET, claims | {"nbf": now - 5, "exp": now + 60})


async def come(joins: Joins, visit: Scope, *answers: Message) -> None:
    async def signaling(scope: Scope, receive: Receive, send: Send) -> None:
        for answer in answers:
            await send(answer)

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        pass

    await joins.watch(signaling)(visit, receive, send)


async def rows(store: Store, here: UUID) -> list[AccessEntry]:
    async with store.reading(here) as tx:
        return list(await tx.session.scalars(select(AccessEntry).order_by(AccessEntry.seq)))


async def test_joins_and_refusals_are_told(
    joins: Joins, store: Store, here: UUID, clock: Clock
) -> None:
    refused = {"type": "websocket.http.response.start", "status": 401}
    await come(joins, scope(mint(clock, "patient-1", "visit")), {"type": "websocket.accept"})
    await come(joins, scope(mint(clock, "patient-2", "visit")), refused)
    await come(joins, scope("not.a.token"), refused)
    await come(joins, scope("x"), {**refused, "status": 429})
    await come(joins, scope("x", "http", "/rtc/validate"), refused)
    await joins.flush()

    found = [(r.participant, r.room, r.outcome, r.reason) for r in await rows(store, here)]
    assert found == [
        ("patient-1", "visit", "done", None),
        ("patient-2", "visit", "refused", "http_401"),
        ("unknown", "unknown", "refused", "http_401"),
    ]
    first = (await rows(store, here))[0]
    assert (first.address, first.user_agent, first.at) == ("192.0.2.9", "Firefox 153", clock.now)
    async with store.reading(here) as tx:
        report = await store.ledger.verify(tx.session, here, Log.ACCESS)
    assert (report.entries, report.problems) == (3, [])


@pytest.mark.parametrize(
    "asked",
    ["reconnect=1&sid=PA_1", f"join_request={wrap(rtc.JoinRequest(reconnect=True))}"],
    ids=["v0", "v1"],
)
async def test_who_comes_back_after_a_break_is_told_apart(
    joins: Joins, store: Store, here: UUID, clock: Clock, asked: str
) -> None:
    visit = scope(mint(clock, "patient-1", "visit"))
    again = {**visit, "query_string": visit["query_string"] + b"&" + asked.encode()}
    for one in (visit, again):
        await come(joins, one, {"type": "websocket.accept"})
    await come(joins, again, {"type": "websocket.http.response.start", "status": 403})
    await joins.flush()

    found = [(r.participant, r.outcome, r.reason) for r in await rows(store, here)]
    assert found == [
        ("patient-1", "done", None), ("patient-1", "done", "resume"),
        ("patient-1", "refused", "http_403"),
    ]  # fmt: skip


async def test_whoever_publishes_by_whip_is_told_too(
    joins: Joins, store: Store, here: UUID, clock: Clock
) -> None:
    async def answer(status: int, token: str, method: str = "POST", path: str = "/whip/v1") -> None:
        async def whip(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status})

        headers = [(b"authorization", f"Bearer {token}".encode())]
        visit = {**scope("", "http", path), "method": method, "headers": headers}
        await joins.watch_ingests(whip)(visit, nothing, ignore)

    good = mint(clock, "camera-1", "visit")
    await answer(201, good)
    await answer(401, "no.such.token")
    await answer(429, good)
    await answer(200, good, "DELETE", "/whip/v1/PA_1")
    await joins.flush()

    found = [(r.participant, r.room, r.outcome, r.reason) for r in await rows(store, here)]
    assert found == [
        ("camera-1", "visit", "done", "whip"), ("unknown", "unknown", "refused", "http_401"),
    ]  # fmt: skip


async def test_whoever_gets_an_address_of_the_relay_is_told(
    joins: Joins, store: Store, here: UUID
) -> None:
    known = {"PA_1": Place("visit", "patient-1", {"role": "patient"})}
    notes = [
        Note("PA_1", "192.0.2.9", GRANTED), Note("PA_1", "192.0.2.9", 486),
        Note("4f1c", "192.0.2.8", GRANTED), Note("", "192.0.2.7", 401),
    ]  # fmt: skip
    joins.note_relayed(notes, known.get)
    await joins.flush()

    found = [
        (r.participant, r.room, r.role, r.address, r.outcome, r.reason)
        for r in await rows(store, here)
    ]
    assert found == [
        ("patient-1", "visit", "patient", "192.0.2.9", "done", "relay"),
        ("patient-1", "visit", "patient", "192.0.2.9", "refused", "relay_486"),
        ("4f1c", "unknown", None, "192.0.2.8", "done", "relay"),
        ("unknown", "unknown", None, "192.0.2.7", "refused", "relay_401"),
    ]


async def test_refusals_of_one_address_do_not_fill_the_log(
    joins: Joins, store: Store, here: UUID
) -> None:
    for _ in range(10):
        joins.note_relayed([Note("", "192.0.2.7", 401)] * 100, lambda _: None)
    await joins.flush()

    assert len(await rows(store, here)) == REFUSALS


async def nothing() -> Message:
    raise AssertionError


async def ignore(message: Message) -> None:
    pass


async def test_who_has_joined_is_in_a_call_until_the_end(
    joins: Joins, presence: Presence, clock: Clock
) -> None:
    arrived, over = asyncio.Event(), asyncio.Event()

    async def signaling(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        arrived.set()
        await over.wait()

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        pass

    visit = scope(mint(clock, "staff-1", "visit"))
    call = asyncio.ensure_future(joins.watch(signaling)(visit, receive, send))
    await arrived.wait()
    clock.go(hours=1)
    assert presence.last("staff-1") == clock.now
    over.set()
    await call
    left = clock.now
    clock.go(hours=1)

    assert presence.last("staff-1") == left
    assert presence.last("staff-2") is None


async def test_each_is_told_once_whenever_the_server_ends(
    store: Store, presence: Presence, here: UUID, clock: Clock
) -> None:
    async def only() -> UUID:
        return here

    visit = scope(mint(clock, "patient-1", "visit"))
    for turns in range(25):
        joins = Joins(store, presence, {KEY: SECRET}, only)
        keeping = asyncio.create_task(joins.keep())
        await come(joins, visit, {"type": "websocket.accept"})
        for _ in range(turns):
            await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await joins.flush()

    assert [row.seq for row in await rows(store, here)] == list(range(1, 26))


async def test_each_workspace_reads_of_its_own_rooms(
    store: Store, presence: Presence, here: UUID, clock: Clock
) -> None:
    there = uuid4()
    async with store.writing(there) as tx:
        tx.session.add(Workspace(id=there, slug="s", title="S", plan="free", created_at=tx.now))

    async def nobody_s() -> None:
        return None

    joins = Joins(store, presence, {KEY: SECRET}, nobody_s)
    for n, workspace in enumerate((here, there, uuid4(), here)):
        said = {"attributes": {"role": "patient", "meeting": f"m{n}"}}
        room = make_room(workspace, bytes(16))
        await come(joins, scope(mint(clock, f"patient-{n}", room, **said)), ACCEPTED)
    said = {"attributes": {"ws": str(there), "role": "clinician"}}
    await come(joins, scope(mint(clock, "staff-1", "ad hoc", **said)), ACCEPTED)
    await come(joins, scope(mint(clock, "ann", "ad hoc")), ACCEPTED)
    await joins.flush()

    found = [(r.participant, r.role, r.meeting_id) for r in await rows(store, here)]
    assert found == [("patient-0", "patient", "m0"), ("patient-3", "patient", "m3")]
    found = [(r.participant, r.role, r.meeting_id) for r in await rows(store, there)]
    assert found == [("patient-1", "patient", "m1"), ("staff-1", "clinician", None)]
