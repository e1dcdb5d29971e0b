"""The texts that people agree to: versions, each in some languages, none ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from api.clinic.caller import Visit
from api.clinic.errors import Refusal
from api.rules.auditing import Act
from api.rules.policies import BUILT_IN, TEXTS, choose, hash_of
from api.store.models import Policy
from api.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Shown:
    version: int
    language: str
    text: str
    hash: str
    published_at: datetime | None = None  # None: the program's own


def built_in() -> list[Shown]:
    return [
        Shown(BUILT_IN, language, text, hash_of(BUILT_IN, language, text))
        for language, text in TEXTS.items()
    ]


async def in_force(tx: Transaction) -> list[Shown]:
    """The newest version, in all its languages."""
    newest = select(func.max(Policy.version)).scalar_subquery()
    rows = (await tx.session.scalars(select(Policy).where(Policy.version == newest))).all()
    return [shown(row) for row in rows] or built_in()


async def version_in_force(tx: Transaction) -> int:
    return (await in_force(tx))[0].version


async def current(visit: Visit, language: str | None) -> Shown:
    """In the language wanted, or the nearest there is."""
    texts = {one.language: one for one in await in_force(visit.tx)}
    chosen = choose(sorted(texts), language)
    assert chosen is not None
    return texts[chosen]


async def all_of(visit: Visit, after: UUID | None, limit: int) -> list[Policy]:
    query = select(Policy).order_by(Policy.id).limit(limit)
    if after is not None:
        query = query.where(Policy.id > after)
    return list((await visit.tx.session.scalars(query)).all())


async def publish(visit: Visit, texts: Mapping[str, str]) -> list[Shown]:
    """The next version: from now on a yes to an earlier one is none. Raises Refusal, Conflict."""
    if not texts:
        raise Refusal("no_text", "A policy needs a text in one language at least.")
    last = await visit.tx.session.scalar(select(func.max(Policy.version))) or BUILT_IN
    rows = []
    for language, text in texts.items():
        row = Policy(
            id=visit.tx.new_id(),
            version=last + 1,
            language=language,
            text=text,
            hash=hash_of(last + 1, language, text),
            created_at=visit.tx.now,
            created_by=visit.staff_id,
        )
        rows.append(row)
        visit.tx.session.add(row)
    await visit.tx.session.flush()
    detail = {"version": last + 1, "hashes": {row.language: row.hash for row in rows}}
    visit.tx.tell(Act("policy.publish", "policy", str(last + 1), detail=detail))
    clinic, workspace = visit.clinic, visit.caller.workspace

    async def carry_out() -> None:
        for room in clinic.doors.publish(workspace, last + 1):
            await clinic.rooms.send_agents_home(room)

    visit.tx.afterwards.append(carry_out)
    visit.ring()
    return [shown(row) for row in rows]


def shown(row: Policy) -> Shown:
    return Shown(row.version, row.language, row.text, row.hash, row.created_at)
