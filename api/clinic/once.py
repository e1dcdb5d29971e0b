"""A request that comes twice with the same key is carried out once (the header Idempotency-Key).

What is remembered is which object it has made, not what was sent or answered: that may be private.
"""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.errors import InTheWay
from api.store.models import KnownRequest


@dataclass(frozen=True, slots=True)
class Once:
    """What tells a repetition. `key`: the sender's, None without one."""

    key: str | None = field(repr=False)
    operation: str
    body: bytes = field(repr=False)

    async def made(self, visit: Visit) -> UUID | None:
        """What an earlier one has made. Raises InTheWay when that one had another content."""
        if self.key is None:
            return None
        known = await visit.tx.session.scalar(
            select(KnownRequest).where(
                KnownRequest.actor == _actor(visit), KnownRequest.key == _digest(self.key)
            )
        )
        if known is None:
            return None
        if (known.operation, known.body) != (self.operation, hashlib.sha256(self.body).digest()):
            raise InTheWay(
                "key_used", "This Idempotency-Key was used for another request: take a new one."
            )
        return known.object_id

    def remember(self, visit: Visit, object_id: UUID) -> None:
        if self.key is None:
            return
        visit.tx.session.add(
            KnownRequest(
                id=visit.tx.new_id(),
                actor=_actor(visit),
                key=_digest(self.key),
                operation=self.operation,
                body=hashlib.sha256(self.body).digest(),
                object_id=object_id,
                created_at=visit.tx.now,
            )
        )


def _actor(visit: Visit) -> str:
    return f"{visit.caller.kind.value} {visit.caller.id}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
