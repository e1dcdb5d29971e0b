"""A workspace's own carrier of text messages, in place of the server's."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select, text

from api.carriers.choosing import Kind
from api.carriers.webhook import Webhook
from api.store.engine import make_engine
from api.store.keyring import Keyring, new_key
from api.store.models import Mail
from api.texts import Texter, is_outside
from tests.api.carriers.test_vonage import PEM
from tests.api.conftest import Clock, Database
from tests.api.house import House
from tests.api.rest.test_texting import NUMBER, PHONE, SECRET, invited, tell
from tests.harness.carrier import Pretended, carrying

pytestmark = pytest.mark.anyio

TOKEN = "0123456789abcdef0123"
TWILIO = {"provider": "twilio", "account": "AC1", "sender": "+15005550006", "secret": TOKEN}
HOOK = {
    "provider": "webhook", "sender": "South", "secret": TOKEN, "url": "https://sms.south.example/",
}  # fmt: skip
VONAGE = {
    "provider": "vonage", "account": "app-1", "sender": "+15005550007", "secret": TOKEN,
    "privateKey": PEM,
}  # fmt: skip


@pytest.fixture
async def carrier() -> AsyncIterator[Pretended]:
    async with carrying() as carrier:
        yield carrier


def give_server_one(house: House) -> None:
    house.clinic.texts.carrier = Webhook("https://sms.example/", SECRET, "Everybody")


async def enter(house: House, body: dict[str, Any] = TWILIO) -> dict[str, Any]:
    shown: dict[str, Any] = await house.owner.ask("PUT", "/texts/carrier", body, 200)
    return shown


async def test_where_the_server_has_none_a_workspace_has_its_own(
    north: House, carrier: Pretended
) -> None:
    assert (await north.owner.ask("GET", "/texts", status=200))["provider"] is None
    shown = await enter(north)
    (workspace,) = await north.clinic.workspaces()
    north.clinic.texts.hosts = {Kind.TWILIO: carrier.url}
    _, texting, id = await invited(north)
    await Texter(north.clinic, lambda _: True).go_round()
    (asked,) = carrier.asked

    assert (await north.owner.ask("GET", texting, status=200))["offered"]
    assert asked.line.split(" ")[1] == "/2010-04-01/Accounts/AC1/Messages.json"
    form = parse_qs(asked.content.decode())
    assert (form["To"], form["From"]) == ([NUMBER], ["+15005550006"])
    hooks = f"{north.clinic.mail.page}api/v1/texts/{workspace.id}"
    assert form["StatusCallback"][0].startswith(f"{hooks}/status?reference={workspace.id.hex}")
    assert (await north.owner.ask("GET", f"/mail/{id}", status=200))["state"] == "sent"
    assert shown == {
        "provider": "twilio", "sender": "+15005550006", "own": True, "account": "AC1",
        "url": None, "statusUrl": f"{hooks}/status", "inboundUrl": f"{hooks}/inbound",
    }  # fmt: skip


async def test_it_comes_before_the_server_s_and_that_comes_back(north: House) -> None:
    give_server_one(north)
    server = await north.owner.ask("GET", "/texts", status=200)
    assert (server["provider"], server["sender"], server["own"]) == ("webhook", "Everybody", False)
    assert server["inboundUrl"].endswith("/api/v1/texts/inbound")
    for body in (VONAGE, HOOK, TWILIO):  # each in place of the one before
        shown = await enter(north, body)
        assert (shown["provider"], shown["sender"]) == (body["provider"], body["sender"])
        assert (shown["account"], shown["url"]) == (body.get("account"), body.get("url"))
    await north.owner.ask("DELETE", "/texts/carrier", status=204)

    assert await north.owner.ask("GET", "/texts", status=200) == server
    await north.owner.ask("DELETE", "/texts/carrier", status=404)


async def test_another_workspace_goes_on_with_the_server_s(
    north: House, south: House, carrier: Pretended
) -> None:
    north.clinic.texts.carrier = Webhook(carrier.url, SECRET, "Everybody")
    north.clinic.texts.hosts = {Kind.TWILIO: carrier.url}
    await enter(north)
    await north.owner.ask("POST", "/texts/test", {"phone": PHONE}, 201)
    await south.owner.ask("POST", "/texts/test", {"phone": PHONE}, 201)
    await Texter(north.clinic, lambda _: True).go_round()

    paths = {asked.line.split(" ")[1] for asked in carrier.asked}
    assert paths == {"/2010-04-01/Accounts/AC1/Messages.json", "/"}
    assert not (await south.owner.ask("GET", "/texts", status=200))["own"]


async def test_its_secrets_are_sealed_and_shown_to_nobody(north: House, database: Database) -> None:
    await enter(north, VONAGE)
    shown = await north.owner.client.get("/texts")
    log = await north.owner.client.get("/audit/export")
    engine = make_engine(database.owner)
    (workspace,) = await north.clinic.workspaces()
    async with engine.connect() as connection:
        if not database.is_sqlite:
            set_it = text("SELECT set_config('housecall.tenant', :id, true)")
            await connection.execute(set_it, {"id": str(workspace.id)})
        (row,) = (await connection.execute(text("SELECT * FROM text_carriers"))).all()
    await engine.dispose()

    body = PEM.splitlines()[1]
    for secret in (TOKEN, body):
        assert secret not in shown.text + log.text + repr(row)
        assert secret.encode() not in repr(row).encode()
    assert '"texts.carrier"' in log.text


async def test_owners_alone_enter_one(north: House) -> None:
    for role in ("clinician", "assistant", "auditor"):
        person = await north.staff(f"a-{role}", role)
        await person.ask("PUT", "/texts/carrier", TWILIO, 403)
        await person.ask("DELETE", "/texts/carrier", status=403)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (TWILIO | {"account": None}, 400, "account is needed for twilio"),
        (TWILIO | {"account": "../AC2"}, 400, "account is letters"),
        (TWILIO | {"secret": "short"}, 422, ""),
        (TWILIO | {"provider": "none"}, 422, ""),
        (HOOK | {"url": None}, 400, "url is needed"),
        (HOOK | {"url": "http://sms.south.example/"}, 422, ""),
        (HOOK | {"url": "https://[x/"}, 400, "must be an address"),
        (VONAGE | {"privateKey": None}, 400, "private_key is needed"),
        (VONAGE | {"privateKey": "-----BEGIN PRIVATE KEY-----\nA"}, 400, "no private key"),
    ],
)
async def test_what_cannot_be_used_is_told(
    north: House, body: dict[str, Any], status: int, why: str
) -> None:
    refused = await north.owner.ask("PUT", "/texts/carrier", body, status)
    if status == 400:
        assert refused["title"] == "bad_carrier"
        assert why in refused["detail"]
    assert not (await north.owner.ask("GET", "/texts", status=200))["own"]


async def test_it_tells_at_an_address_of_its_own_with_its_own_secret(
    north: House, clock: Clock
) -> None:
    give_server_one(north)
    await enter(north, HOOK)
    (workspace,) = await north.clinic.workspaces()
    _, texting, id = await invited(north)
    async with north.clinic.store.writing(workspace.id) as tx:
        (await tx.session.scalars(select(Mail))).one().state = "unknown"
    own = f"/texts/{workspace.id}"
    report = {"reference": workspace.id.hex + id.replace("-", ""), "status": "delivered"}
    await tell(north, f"{own}/status", report, 401)  # signed as the server's signs
    await tell(north, "/texts/status", report, 401, secret=TOKEN)
    await tell(north, f"{own}/status", report, 204, secret=TOKEN)
    assert (await north.owner.ask("GET", f"/mail/{id}", status=200))["state"] == "delivered"

    clock.go(seconds=1)
    stop = {"from": NUMBER, "text": "STOP"}
    await tell(north, f"{own}/inbound", stop, 401)
    await tell(north, f"{own}/inbound", stop, 200, secret=TOKEN)
    assert not (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]


async def test_one_workspace_s_carrier_says_nothing_of_another_s(
    north: House, south: House, clock: Clock
) -> None:
    give_server_one(north)
    _, texting, id = await invited(north)
    await enter(south, HOOK)
    here, there = sorted(await north.clinic.workspaces(), key=lambda one: one.slug != "clinic")
    async with north.clinic.store.writing(here.id) as tx:
        (await tx.session.scalars(select(Mail))).one().state = "unknown"
    clock.go(seconds=1)
    own = f"/texts/{there.id}"
    report = {"reference": here.id.hex + id.replace("-", ""), "status": "delivered"}
    await tell(south, f"{own}/status", report, 204, secret=TOKEN)
    await tell(south, f"{own}/inbound", {"from": NUMBER, "text": "STOP"}, 200, secret=TOKEN)

    assert (await north.owner.ask("GET", f"/mail/{id}", status=200))["state"] == "unknown"
    assert (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]
    await tell(north, f"/texts/{here.id}/inbound", {"from": NUMBER, "text": "STOP"}, 409)


async def test_stop_at_the_shared_sender_counts_here_too_and_start_does_not(
    north: House, clock: Clock
) -> None:
    """They may have shared it once; who wants texts of the server's number has not said so of
    this one."""
    give_server_one(north)
    await enter(north)
    _, texting, _ = await invited(north)
    for word in ("STOP", "START"):
        clock.go(seconds=1)
        await tell(north, "/texts/inbound", {"from": NUMBER, "text": word}, 200)
        assert not (await north.owner.ask("GET", texting, status=200))["mayBeTexted"]


async def test_what_waited_for_a_carrier_goes_by_the_next_one(
    north: House, carrier: Pretended, clock: Clock
) -> None:
    north.clinic.texts.hosts = {Kind.TWILIO: carrier.url}
    await enter(north)
    texter = Texter(north.clinic, lambda _: True)
    _, _, id = await invited(north)
    await north.owner.ask("DELETE", "/texts/carrier", status=204)
    await texter.go_round()
    mail = await north.owner.ask("GET", f"/mail/{id}", status=200)
    assert (mail["state"], mail["reason"]) == ("waiting", "no_sms")
    await enter(north)
    clock.go(minutes=1)
    await texter.go_round()

    assert len(carrier.asked) == 1
    assert (await north.owner.ask("GET", f"/mail/{id}", status=200))["state"] == "sent"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "10.1.2.3"])
async def test_no_workspace_sends_the_server_to_what_is_near_it(
    north: House, carrier: Pretended, host: str
) -> None:
    """By its name neither: what that stands for is looked up, and then asked."""
    await enter(north, HOOK | {"url": f"https://{host}:{carrier.port}/"})
    _, _, id = await invited(north)
    await Texter(north.clinic).go_round()
    mail = await north.owner.ask("GET", f"/mail/{id}", status=200)

    assert (mail["state"], mail["reason"]) == ("waiting", "not_public")
    assert carrier.asked == []


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked(
    north: House, carrier: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that becomes another address in between leads nowhere else."""
    north.clinic.texts.hosts = {Kind.TWILIO: f"http://localhost:{carrier.port}"}
    await enter(north)
    _, _, id = await invited(north)
    answers = ["127.0.0.1", "127.0.0.2"]
    seen = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host != "localhost":
            return [(2, 1, 6, "", (host, port))]
        seen.append(host)
        return [(2, 1, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    await Texter(north.clinic, lambda address: str(address) == "127.0.0.1").go_round()

    assert seen == ["localhost"]
    (asked,) = carrier.asked
    assert asked.headers["host"] == f"localhost:{carrier.port}"
    assert (await north.owner.ask("GET", f"/mail/{id}", status=200))["state"] == "sent"


def test_what_is_outside() -> None:
    from ipaddress import ip_address

    near = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1")
    assert not any(is_outside(ip_address(one)) for one in (*near, "0.0.0.0", "224.0.0.1"))
    assert all(is_outside(ip_address(one)) for one in ("8.8.8.8", "2606:4700::1111"))


async def test_without_its_key_nothing_goes_by_another_number(north: House) -> None:
    give_server_one(north)
    await enter(north)
    north.clinic.keyring = Keyring.parse({"another": new_key()})
    refused = await north.owner.ask("POST", "/texts/test", {"phone": PHONE}, 409)

    assert refused["title"] == "no_sms"
    assert (await north.owner.ask("GET", "/texts", status=200))["own"]
