"""Who carries a workspace's text messages: a carrier of its own, or else the server's."""

import json
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from api.carriers.carrier import Carrier
from api.carriers.choosing import Account, Kind, Unusable, carrier_with
from api.clinic.caller import Visit
from api.clinic.clinic import Clinic
from api.clinic.errors import InTheWay, Refusal, missing
from api.rules.auditing import Act
from api.store.errors import SecretsError
from api.store.models import TextCarrier
from api.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Chosen:
    """`hooks`: where the carrier tells us of messages. `is_own`: a workspace has chosen it, who may
    not send us anywhere."""

    carrier: Carrier = field(repr=False)
    hooks: str
    is_own: bool


async def chosen(clinic: Clinic, tx: Transaction) -> Chosen | None:
    """In the transaction's workspace; None where none are sent. One's own that cannot be read any
    more is not made up for by the server's: people know its number."""
    row = await find(tx)
    if row is None:
        return of_server(clinic)
    own = _account(clinic, row)
    if own is None:
        return None
    return Chosen(carrier_with(own), hooks(clinic, row.workspace_id), is_own=True)


def of_server(clinic: Clinic) -> Chosen | None:
    carrier = clinic.texts.carrier
    return None if carrier is None else Chosen(carrier, hooks(clinic), is_own=False)


async def carrier_at(clinic: Clinic, workspace: UUID | None) -> Carrier | None:
    """Who tells us by the hooks of that workspace; without one by those of the server's."""
    if workspace is None:
        return clinic.texts.carrier
    async with clinic.store.reading(workspace) as tx:
        found = await chosen(clinic, tx)
    return found.carrier if found is not None and found.is_own else None


async def check(clinic: Clinic, tx: Transaction) -> None:
    """Raises InTheWay."""
    if await chosen(clinic, tx) is None:
        sentence = (
            "No text messages are sent here: an owner enters a carrier under Messages, or the "
            "server has one (clinic.sms). Invite by mail, or by a link."
        )
        raise InTheWay("no_sms", sentence)


async def find(tx: Transaction) -> TextCarrier | None:
    row: TextCarrier | None = await tx.session.scalar(select(TextCarrier))
    return row


async def change(visit: Visit, own: Account) -> TextCarrier:
    """Raises Refusal."""
    try:
        carrier_with(own)
        if own.url and not own.url.startswith("https:"):
            raise Unusable("url", "would go unencrypted: use https")
    except Unusable as error:
        raise Refusal("bad_carrier", f"That carrier cannot be used: {error}.") from None
    tx = visit.tx
    row = await find(tx)
    if row is None:
        row = TextCarrier(id=tx.new_id())
        tx.session.add(row)
    row.kind, row.account, row.sender, row.url = own.kind.value, own.account, own.sender, own.url
    row.changed_at, row.changed_by = tx.now, visit.staff_id
    secrets = json.dumps({"secret": own.secret, "key": own.private_key})
    row.sealed = visit.clinic.keyring.seal(secrets.encode(), place(row.id))
    await tx.session.flush()
    tx.tell(Act("texts.carrier", "carrier", own.kind.value))
    workspace = visit.caller.workspace
    tx.afterwards.append(lambda: visit.clinic.texts.wake(workspace))  # for what has waited
    return row


async def forget(visit: Visit) -> None:
    """From now on the server's carries them. Raises Missing."""
    row = await find(visit.tx)
    if row is None:
        raise missing("carrier")
    await visit.tx.session.delete(row)
    visit.tx.tell(Act("texts.carrier", "carrier", "server"))


def hooks(clinic: Clinic, workspace: UUID | None = None) -> str:
    """Without a workspace those of the server's carrier."""
    whose = "" if workspace is None else f"/{workspace}"
    return f"{clinic.mail.page.rstrip('/')}/api/v1/texts{whose}"


def place(id: UUID) -> str:
    """Where the secrets of a carrier stand."""
    return f"text carrier {id}"


def _account(clinic: Clinic, row: TextCarrier) -> Account | None:
    """None where the key that sealed it is not here."""
    try:
        found = json.loads(clinic.keyring.open(row.sealed, place(row.id)))
    except SecretsError:
        return None
    kind = Kind(row.kind)
    url = row.url or clinic.texts.hosts.get(kind, "")
    return Account(kind, row.sender, found["secret"], row.account, found["key"], url)
