"""Accounts at other providers: who connects them, how they are kept, and how they end."""

from urllib.parse import urlencode

import anyio
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import select

from api.clinic.providers.connecting import access, place
from api.clinic.providers.web import Web
from api.clinic.resealing import keys_in_use, reseal
from api.rules.plans import Provider
from api.rules.providers.exchange import Unfulfilled
from api.store.engine import make_engine
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger
from api.store.models import Connection
from tests.api.conftest import RING_KEYS, Clock, Database
from tests.api.house import House
from tests.api.providers import (
    ELSEWHERE,
    GOOGLE,
    TEAMS,
    ZOOM,
    Fake,
    answers,
    connect,
    providers,
    served,
    use,
)
from tests.api.rest.test_conferencing import AT_ONE, visit_at

pytestmark = pytest.mark.anyio
CALLBACK = "/conferencing/callback"


@pytest.fixture
async def fake(north: House) -> Fake:
    fake = Fake()
    use(north.clinic, fake)
    return fake


async def begin(house: House, provider: Provider = ZOOM) -> str:
    begun = await house.owner.ask("POST", f"/conferencing/{provider.value}/connection", status=201)
    url: str = begun["url"]
    return url


def back(fake: Fake, url: str, **change: str) -> str:
    return f"{CALLBACK}?{urlencode(fake.agree(url) | change)}"


@pytest.mark.parametrize("provider", ELSEWHERE)
async def test_an_owner_connects_an_account(north: House, fake: Fake, provider: Provider) -> None:
    answer = await north.owner.ask("GET", back(fake, await begin(north, provider)), status=200)

    assert "is connected" in answer
    assert "housecall-connecting" not in str(north.owner.client.cookies)
    assert fake.wrong == []
    log = await north.owner.ask("GET", "/audit?limit=200", status=200)
    told = [item["action"] for item in log["items"] if item["action"].startswith("provider.")]
    assert sorted(told) == ["provider.begin", "provider.connect"]


async def test_the_cookie_is_for_this_browser_and_comes_along_from_the_provider(
    north: House, fake: Fake
) -> None:
    await begin(north)
    (cookie,) = north.owner.last.headers.get_list("set-cookie")

    assert cookie.startswith("__Host-housecall-connecting=")
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert word in cookie


async def test_only_the_browser_that_was_sent_there_comes_back(
    north: House, fake: Fake, clock: Clock
) -> None:
    """Else somebody could be led to connect their account to another's clinic."""
    url = await begin(north)
    mallory = await north.person("mallory")
    assert (await mallory.ask("GET", back(fake, url), status=401))["title"] == "not_begun"
    for state in ("", "x" * 43, "\u00e9"):
        path = back(fake, url, state=state)
        assert (await north.owner.ask("GET", path))["title"] in ("not_begun", "invalid")
    mallory.client.cookies["__Host-housecall-connecting"] = "bm90aGluZw=="
    await mallory.ask("GET", back(fake, url), status=401)
    clock.go(minutes=10, seconds=1)
    await north.owner.ask("GET", back(fake, url), status=401)
    assert not fake.access


async def test_a_refusal_at_the_provider_is_told(north: House, fake: Fake) -> None:
    state = fake.agree(await begin(north))["state"]
    path = f"{CALLBACK}?{urlencode({'state': state, 'error': 'access_denied'})}"
    assert (await north.owner.ask("GET", path, status=409))["title"] == "not_agreed"
    url = await begin(north)
    path = back(fake, url, code="code-of-another")
    refused = await north.owner.ask("GET", path, status=409)
    assert refused["title"] == "provider_unauthorized"
    path = back(fake, await begin(north))
    fake.token_troubles[ZOOM] = answers(429, {}, retry_after="7")
    refused = await north.owner.ask("GET", path, status=409)
    assert refused["title"] == "provider_rate_limited"
    assert north.owner.last.headers["retry-after"] == "7"


async def test_only_owners_connect_and_what_the_operator_has_registered(
    north: House, fake: Fake
) -> None:
    path = "/conferencing/zoom/connection"
    cleo = await north.staff("cleo", "clinician")
    await cleo.ask("POST", path, status=403)
    await cleo.ask("DELETE", path, status=403)
    await north.owner.ask("DELETE", path, status=404)
    await north.owner.ask("POST", "/conferencing/livekit/connection", status=422)
    olaf = await north.staff("olaf", "owner")
    begun = await olaf.ask("POST", path, status=201)
    await north.owner.ask("PATCH", f"/staff/{olaf.id}", {"role": "clinician"}, 200)
    await olaf.ask("GET", back(fake, begun["url"]), status=403)  # who has begun may not any more
    del north.clinic.providers.registered[ZOOM]
    assert (await north.owner.ask("POST", path, status=409))["title"] == "not_registered"


async def test_tokens_and_links_are_sealed_where_they_stand(
    north: House, fake: Fake, database: Database
) -> None:
    await connect(north, fake, ZOOM)
    made = await visit_at(north.owner, "zoom")
    (workspace,) = await north.clinic.workspaces()
    engine = make_engine(database.url)
    text = b""
    async with engine.begin() as connection:
        if not database.is_sqlite:
            setting = sa.text("SELECT set_config('housecall.tenant', :id, true)")
            await connection.execute(setting, {"id": str(workspace.id)})
        for table in ("connections", "conferences", "meetings", "audit_log"):
            rows = await connection.execute(sa.text(f"SELECT * FROM {table}"))
            text += repr(rows.all()).encode()
    await engine.dispose()

    assert made["joinUrl"]
    secrets = [*fake.access, *fake.renewing, "pwd=x1", *(c for c in fake.codes)]
    assert secrets
    assert not [secret for secret in secrets if secret.encode() in text]


async def test_tokens_and_links_are_sealed_anew_with_a_new_key(north: House, fake: Fake) -> None:
    await connect(north, fake, ZOOM)
    made = await visit_at(north.owner, "zoom")
    (workspace,) = await north.clinic.workspaces()
    north.clinic.keyring = Keyring.parse({"new": new_key(), **RING_KEYS})
    north.clinic.store.ledger = Ledger(north.clinic.keyring)
    assert await reseal(north.clinic, workspace.id) >= 3

    assert await keys_in_use(north.clinic, workspace.id) == {"new"}
    seen = await north.owner.ask("GET", f"/meetings/{made['id']}", status=200)
    assert seen["joinUrl"] == made["joinUrl"]
    assert await access(north.clinic, workspace.id, ZOOM) in fake.access


async def test_a_token_is_renewed_before_its_end_and_once_for_all_who_ask(
    north: House, fake: Fake, clock: Clock
) -> None:
    """Zoom's serve once: a second renewal at the same time would lose the account."""
    await connect(north, fake, *ELSEWHERE)
    (workspace,) = await north.clinic.workspaces()
    for provider in ELSEWHERE:
        first = await access(north.clinic, workspace.id, provider)
        found: list[str] = []

        async def ask(provider: Provider = provider, found: list[str] = found) -> None:
            found.append(await access(north.clinic, workspace.id, provider))

        clock.go(minutes=59)
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(ask)
        assert len(set(found)) == 1
        assert found[0] != first
        assert fake.counts[f"refresh {provider.value}"] == 1
        clock.go(minutes=-59)
    assert fake.wrong == []


async def test_a_token_that_is_taken_no_more_is_renewed_and_the_request_repeated(
    north: House, fake: Fake
) -> None:
    await connect(north, fake, TEAMS)
    fake.access.clear()
    made = await visit_at(north.owner, "microsoft_teams")
    assert made["conference"]["state"] == "ready"
    assert fake.counts["refresh microsoft_teams"] == 1


async def test_a_provider_that_cannot_renew_now_is_not_lost(north: House, fake: Fake) -> None:
    await connect(north, fake, TEAMS)
    fake.access.clear()
    fake.token_troubles[TEAMS] = answers(503)
    made = await visit_at(north.owner, "microsoft_teams")
    assert made["conference"]["reason"] == "broken"
    told = await north.owner.ask("GET", "/conferencing", status=200)
    assert told["providers"][2]["connected"] is True


@pytest.mark.parametrize(("provider", "revoked"), [(GOOGLE, True), (TEAMS, False), (ZOOM, True)])
async def test_an_account_is_disconnected_here_and_there(
    north: House, fake: Fake, clock: Clock, provider: Provider, revoked: bool
) -> None:
    """Microsoft documents no way to end this access alone: the owner does that there."""
    await connect(north, fake, provider)
    clock.go(minutes=14)
    gone = await north.owner.ask("DELETE", f"/conferencing/{provider.value}/connection", status=200)

    assert (gone["revoked"], len(fake.revoked)) == (revoked, int(revoked))
    assert ("End the access in the account there too" in gone["detail"]) is not revoked
    (workspace,) = await north.clinic.workspaces()
    with pytest.raises(Unfulfilled, match="not_connected"):
        await access(north.clinic, workspace.id, provider)
    assert fake.wrong == []


async def test_zoom_is_told_with_a_token_that_is_good(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, ZOOM)
    for _ in range(6):
        clock.go(minutes=12)
        await north.owner.ask("GET", "/workspace", status=200)
    gone = await north.owner.ask("DELETE", "/conferencing/zoom/connection", status=200)
    assert (gone["revoked"], fake.counts["refresh zoom"]) == (True, 1)


async def test_a_provider_that_is_away_cannot_keep_an_account_connected(
    north: House, fake: Fake
) -> None:
    await connect(north, fake, GOOGLE)
    fake.token_troubles[GOOGLE] = answers(500)
    gone = await north.owner.ask("DELETE", "/conferencing/google_meet/connection", status=200)
    assert gone["revoked"] is False
    assert "has a fault of its own" in gone["detail"]
    told = await north.owner.ask("GET", "/conferencing", status=200)
    assert told["providers"][1]["connected"] is False


class Writing(httpx.AsyncBaseTransport):
    """Writes to the database during each request: within a transaction it could not (on SQLite
    there is one writer, and it would wait for itself)."""

    def __init__(self, house: House, fake: Fake) -> None:
        self._house = house
        self._inner = httpx.ASGITransport(app=fake)
        self.written = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        (workspace,) = await self._house.clinic.workspaces()
        async with self._house.clinic.store.writing(workspace.id):
            self.written += 1
        return await self._inner.handle_async_request(request)


async def test_no_provider_is_asked_within_a_transaction(north: House, fake: Fake) -> None:
    transport = Writing(north, fake)
    north.clinic.providers._web = Web(north.clinic.store.now, transport, longest=2.0)
    await connect(north, fake, ZOOM)
    made = await visit_at(north.owner, "zoom")
    path = f"/meetings/{made['id']}"
    await north.owner.ask("PATCH", path, {"duration": 30}, 200)
    fake.access.clear()
    await north.owner.ask("DELETE", path, status=200)
    await north.owner.ask("DELETE", "/conferencing/zoom/connection", status=200)

    assert made["conference"]["state"] == "ready"
    assert fake.meetings[ZOOM] == {}
    assert transport.written == len(fake.asked) >= 6


async def test_over_a_real_connection(north: House) -> None:
    """What goes over the wire is what was meant: at an address of the operator's."""
    fake = Fake()
    async with served(fake) as origin:
        north.clinic.providers = providers(north.clinic.store.now, None, origin)
        await connect(north, fake, *ELSEWHERE)
        for provider in ELSEWHERE:
            made = await visit_at(north.owner, provider.value)
            path = f"/meetings/{made['id']}"
            assert made["conference"]["state"] == "ready", made
            await north.owner.ask("PATCH", path, {"duration": 30}, 200)
            await north.owner.ask("DELETE", path, status=200)
            assert fake.meetings[provider] == {}
            path = f"/conferencing/{provider.value}/connection"
            await north.owner.ask("DELETE", path, status=200)
            await connect(north, fake, provider)
    assert fake.wrong == []
    made = await visit_at(north.owner, "zoom")  # nobody is there any more
    assert (made["conference"]["state"], made["conference"]["reason"]) == ("waiting", "silent")


async def test_nothing_of_a_patient_reaches_a_provider(north: House, fake: Fake) -> None:
    await connect(north, fake, *ELSEWHERE)
    body = {"name": "Canary7f3a", "email": "canary7f3a@home.example"}
    patient = await north.owner.ask("POST", "/patients", body, 201)
    for provider in ELSEWHERE:
        wanted = AT_ONE | {"conferencing": provider.value, "patientId": patient["id"]}
        await north.owner.ask("POST", "/meetings", wanted, 201)

    seen = repr(fake.asked).lower()
    for secret in ("canary7f3a", patient["id"], north.owner.id, "olga", 'clinic"'):
        assert secret not in seen


async def test_tokens_are_found_by_nobody_in_what_is_shown(north: House, fake: Fake) -> None:
    await connect(north, fake, ZOOM)
    (workspace,) = await north.clinic.workspaces()
    async with north.clinic.store.reading(workspace.id) as tx:
        row = (await tx.session.scalars(select(Connection))).one()
    assert north.clinic.keyring.open(row.access, place(row.id)).decode() in fake.access
    own = north.clinic.providers.registered[ZOOM]
    assert own.client.secret not in repr(own)
