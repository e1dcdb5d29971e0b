"""After a change of keys nothing needs the old one."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.clinic.clinic import Clinic
from api.clinic.letters import Sender
from api.clinic.mailroom import Mailroom
from api.clinic.passwords import Passwords
from api.clinic.resealing import keys_in_use, reseal
from api.files.vault import Vault
from api.rest.v1.app import make_api
from api.store.errors import SecretsError
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger
from api.store.models import Link, Mail, PatientFile, Staff, TextCarrier
from api.store.store import Store
from tests.api.conftest import CHEAP, Clock
from tests.api.house import House
from tests.api.records import send

pytestmark = pytest.mark.anyio

OLD, NEW = new_key(), new_key()


def clinic_with(engine: AsyncEngine, clock: Clock, keys: dict[str, str], folder: Path) -> Clinic:
    ring = Keyring.parse(keys)
    store = Store(engine, Ledger(ring), clock)
    mailroom = Mailroom(Sender("no-reply@north.example"))
    clinic = Clinic(store, ring, Passwords(CHEAP), lambda: clock.now.timestamp(), mailroom)
    clinic.vault = Vault(folder)
    return clinic


async def furnished(clinic: Clinic, house: House) -> None:
    """A secret of each kind."""
    await house.set_up("clinic")
    body = {"email": "a@n.example", "name": "a", "role": "assistant", "mail": True}
    invited = await house.owner.ask("POST", "/staff", body, 201)
    token = invited["link"]["url"].partition("#l=")[2]
    await (await house.person("anna")).ask("POST", "/links/open", {"token": token}, 200)
    patient = (await house.owner.ask("POST", "/patients", {"name": "Pat"}, 201))["id"]
    await send(house.owner, patient)
    own = {"provider": "twilio", "account": "AC1", "sender": "+15005550006", "secret": "x" * 16}
    await house.owner.ask("PUT", "/texts/carrier", own, 200)


async def test_the_old_key_can_go(engine: AsyncEngine, clock: Clock, tmp_path: Path) -> None:
    before = clinic_with(engine, clock, {"old": OLD}, tmp_path)
    async with House(before, make_api(before, "https://n.example/")) as house:
        await furnished(before, house)
        (workspace,) = await before.workspaces()
        both = clinic_with(engine, clock, {"new": NEW, "old": OLD}, tmp_path)
        assert await keys_in_use(both, workspace.id) == {"old"}
        assert await reseal(both, workspace.id) == 5
        assert await reseal(both, workspace.id) == 0
        assert await keys_in_use(both, workspace.id) == {"new"}

        after = clinic_with(engine, clock, {"new": NEW}, tmp_path)
        house.api.state.clinic = house.clinic = after
        clock.go(minutes=1)
        await house.owner.sign_in()
        report = await house.owner.ask("GET", "/audit/verify", status=200)
        assert report["problems"] == []
    async with after.store.reading(workspace.id) as tx:
        for column in (
            Staff.totp,
            Link.secret,
            Mail.sealed,
            PatientFile.key,
            TextCarrier.sealed,
        ):
            for sealed in await tx.session.scalars(select(column)):
                assert sealed is None or after.keyring.is_newest(sealed)


async def test_without_the_old_key_nothing_is_changed(
    engine: AsyncEngine, clock: Clock, tmp_path: Path
) -> None:
    before = clinic_with(engine, clock, {"old": OLD}, tmp_path)
    async with House(before, make_api(before, "https://n.example/")) as house:
        await furnished(before, house)
    (workspace,) = await before.workspaces()
    without = clinic_with(engine, clock, {"new": NEW}, tmp_path)

    with pytest.raises(SecretsError):
        await reseal(without, workspace.id)
    assert await keys_in_use(before, workspace.id) == {"old"}
