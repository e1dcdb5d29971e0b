"""After a change of keys nothing needs the old one."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.clinic.clinic import Clinic
from api.clinic.letters import Sender
from api.clinic.mailroom import Mailroom
from api.clinic.passwords import Passwords
from api.clinic.resealing import keys_in_use, reseal
from api.rest.v1.app import make_api
from api.store.errors import SecretsError
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger
from api.store.models import Link, Mail, Staff
from api.store.store import Store
from tests.api.conftest import CHEAP, Clock
from tests.api.house import House

pytestmark = pytest.mark.anyio

OLD, NEW = new_key(), new_key()


def clinic_with(engine: AsyncEngine, clock: Clock, keys: dict[str, str]) -> Clinic:
    ring = Keyring.parse(keys)
    store = Store(engine, Ledger(ring), clock)
    mailroom = Mailroom(Sender("no-reply@north.example"))
    return Clinic(store, ring, Passwords(CHEAP), lambda: clock.now.timestamp(), mailroom)


async def furnished(clinic: Clinic, house: House) -> None:
    """A secret of each kind."""
    await house.set_up("clinic")
    body = {"email": "a@n.example", "name": "a", "role": "assistant", "mail": True}
    invited = await house.owner.ask("POST", "/staff", body, 201)
    token = invited["link"]["url"].partition("#l=")[2]
    await (await house.person("anna")).ask("POST", "/links/open", {"token": token}, 200)


async def test_the_old_key_can_go(engine: AsyncEngine, clock: Clock) -> None:
    before = clinic_with(engine, clock, {"old": OLD})
    async with House(before, make_api(before, "https://n.example/")) as house:
        await furnished(before, house)
        (workspace,) = await before.workspaces()
        both = clinic_with(engine, clock, {"new": NEW, "old": OLD})
        assert await keys_in_use(both, workspace.id) == {"old"}
        assert await reseal(both, workspace.id) == 3
        assert await reseal(both, workspace.id) == 0
        assert await keys_in_use(both, workspace.id) == {"new"}

        after = clinic_with(engine, clock, {"new": NEW})
        house.api.state.clinic = house.clinic = after
        clock.go(minutes=1)
        await house.owner.sign_in()
        report = await house.owner.ask("GET", "/audit/verify", status=200)
        assert report["problems"] == []
    async with after.store.reading(workspace.id) as tx:
        for column in (Staff.totp, Link.secret, Mail.sealed):
            for sealed in await tx.session.scalars(select(column)):
                assert sealed is None or after.keyring.is_newest(sealed)


async def test_without_the_old_key_nothing_is_changed(engine: AsyncEngine, clock: Clock) -> None:
    before = clinic_with(engine, clock, {"old": OLD})
    async with House(before, make_api(before, "https://n.example/")) as house:
        await furnished(before, house)
    (workspace,) = await before.workspaces()
    without = clinic_with(engine, clock, {"new": NEW})

    with pytest.raises(SecretsError):
        await reseal(without, workspace.id)
    assert await keys_in_use(before, workspace.id) == {"old"}
