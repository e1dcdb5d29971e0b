"""API keys of integrations. Two of one name may live at once, so that one can follow the other."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit, is_live
from api.clinic.clinic import get, make_bearer
from api.clinic.errors import InTheWay, Refusal
from api.rules.auditing import Act
from api.rules.bearers import Bearer, Purpose
from api.rules.roles import SCOPES, Permission
from api.store.models import ApiKey

LIVE = 2


async def create(
    visit: Visit, name: str, scopes: Iterable[Permission], validity: timedelta | None
) -> tuple[ApiKey, Bearer]:
    """The key itself is shown this once. Raises Refusal."""
    wanted = frozenset(scopes)
    if not wanted or wanted - SCOPES:
        allowed = ", ".join(sorted(SCOPES))
        raise Refusal("wrong_scope", f"A key needs one or more of these scopes: {allowed}.")
    same = await visit.tx.session.scalars(select(ApiKey).where(ApiKey.name == name))
    if sum(is_live(key, visit.tx) for key in same) >= LIVE:
        raise InTheWay("two_keys_live", "Two keys of this name are live: revoke the older one.")
    bearer = make_bearer(Purpose.KEY, visit.caller.workspace)
    key = ApiKey(
        id=visit.tx.new_id(),
        name=name,
        scopes=" ".join(sorted(wanted)),
        digest=bearer.digest,
        created_at=visit.tx.now,
        created_by=visit.staff_id,
        expires_at=None if validity is None else visit.tx.now + validity,
        revoked_at=None,
        used_at=None,
    )
    visit.tx.session.add(key)
    visit.tx.tell(Act("key.create", "key", str(key.id), detail={"scopes": key.scopes}))
    return key, bearer


async def list_keys(visit: Visit, after: UUID | None, limit: int) -> list[ApiKey]:
    query = select(ApiKey).order_by(ApiKey.id).limit(limit)
    if after is not None:
        query = query.where(ApiKey.id > after)
    return list((await visit.tx.session.scalars(query)).all())


async def revoke(visit: Visit, id: UUID) -> None:
    """Raises Missing."""
    key = await get(visit.tx, ApiKey, id, "key")
    if key.revoked_at is None:
        key.revoked_at = visit.tx.now
        visit.tx.tell(Act("key.revoke", "key", str(id)))
