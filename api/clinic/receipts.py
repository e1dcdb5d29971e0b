"""What was said to being recorded, as the rule takes it, and what follows for programs that listen.

What follows is `recorder.consent`, and nothing else decides it: here are its receipts.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from api.clinic.agreement import Agreement
from api.clinic.policies import version_in_force
from api.clinic.presence import identity_of
from api.store.models import ConsentReceipt
from api.store.store import Transaction
from recorder.consent import Receipt, Scope, missing

# What a program that is let in to hear may do with it, as far as anybody can know.
LISTENING = (Scope.TRANSCRIPT, Scope.AI)


async def agreement(tx: Transaction, meeting: UUID, people: Collection[str]) -> Agreement:
    """`people`: the identities of all who may be in the room. Nobody has not agreed."""
    rows = await rows_of(tx, meeting)
    if not rows:
        return Agreement()
    receipts = [as_receipt(row) for row in rows]
    policy = await version_in_force(tx)
    silent = (missing(receipts, people, scope=scope, policy=policy) for scope in LISTENING)
    return Agreement(bool(people) and not any(silent), policy, rows[-1].number)


async def receipts_of(tx: Transaction, meeting: UUID) -> list[Receipt]:
    """Of a visit, as the rule takes them."""
    return [as_receipt(row) for row in await rows_of(tx, meeting)]


async def rows_of(tx: Transaction, meeting: UUID) -> Sequence[ConsentReceipt]:
    query = select(ConsentReceipt).where(ConsentReceipt.meeting_id == meeting)
    return (await tx.session.scalars(query.order_by(ConsentReceipt.number))).all()


def as_receipt(row: ConsentReceipt) -> Receipt:
    return Receipt(
        participant=identity_of(row.kind, row.subject_id),
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        is_given=row.given,
        policy=row.policy_version,
        order=row.number,
    )
