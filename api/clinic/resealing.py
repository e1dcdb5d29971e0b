"""After a change of keys: seal anew what the old ones have sealed, so that they can go.

Signatures are written anew too, but for the marks behind which a log was cut off: these are only
ever added. Until the next cut the key that has signed the newest one is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.folders import place as place_of_file
from api.clinic.outbox import place as place_of_mail
from api.clinic.providers.conferences import place as place_of_link
from api.clinic.providers.connecting import place as place_of_tokens
from api.clinic.signin import place as place_of_code
from api.clinic.smscarriers import place as place_of_carrier
from api.rules.auditing import Act, Log
from api.store.ledger import newest_checkpoint
from api.store.models import (
    Conference,
    Connection,
    Head,
    Link,
    Mail,
    PatientFile,
    Staff,
    TextCarrier,
)
from api.store.store import Transaction

BATCH = 200  # rows of one transaction


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of secrets, and where each of its values stands."""

    table: Any
    column: str
    place: Callable[[UUID], str]


COLUMNS = (
    Sealed(Staff, "totp", place_of_code),
    Sealed(Link, "secret", place_of_code),
    Sealed(Mail, "sealed", place_of_mail),
    Sealed(Connection, "access", place_of_tokens),
    Sealed(Connection, "refresh", place_of_tokens),
    Sealed(Conference, "link", place_of_link),
    Sealed(PatientFile, "key", place_of_file),
    Sealed(TextCarrier, "sealed", place_of_carrier),
)


async def reseal(clinic: Clinic, workspace: UUID) -> int:
    """How many secrets were sealed anew. Raises SecretsError when the key of one is missing."""
    count = 0
    for column in COLUMNS:
        after: UUID | None = None
        while True:
            async with clinic.store.writing(workspace) as tx:
                rows = await _page(tx, column, after)
                done = sum(_reseal(clinic, column, row) for row in rows)
                count += done
                if done:
                    table = column.table.__tablename__
                    tx.tell(Act("secrets.reseal", detail={"table": table, "rows": done}))
            if len(rows) < BATCH:
                break
            after = rows[-1].id
    async with clinic.store.writing(workspace) as tx:
        for head in await tx.session.scalars(select(Head).with_for_update()):
            clinic.store.ledger.sign_anew(head)
    return count


async def _page(tx: Transaction, column: Sealed, after: UUID | None) -> list[Any]:
    table = column.table
    query = (
        select(table)
        .where(getattr(table, column.column).is_not(None))
        .order_by(table.id)
        .limit(BATCH)
        .with_for_update()
    )
    if after is not None:
        query = query.where(table.id > after)
    return list((await tx.session.scalars(query)).all())


def _reseal(clinic: Clinic, column: Sealed, row: Any) -> bool:
    sealed, place = getattr(row, column.column), column.place(row.id)
    if clinic.keyring.is_newest(sealed):
        return False
    secret = clinic.keyring.open(sealed, place)
    setattr(row, column.column, clinic.keyring.seal(secret, place))
    return True


async def keys_in_use(clinic: Clinic, workspace: UUID) -> set[str]:
    """Names of keys that something was sealed or signed with."""
    names: set[str] = set()
    async with clinic.store.reading(workspace) as tx:
        for column in COLUMNS:
            values = select(getattr(column.table, column.column))
            for sealed in await tx.session.scalars(values):
                if sealed is not None:
                    names.add(clinic.keyring.name_of(sealed))
        signatures = list(await tx.session.scalars(select(Head.signature)))
        for log in Log:
            if (mark := await newest_checkpoint(tx.session, log)) is not None:
                signatures.append(mark.signature)
    return names | {signature.partition(":")[0] for signature in signatures}
