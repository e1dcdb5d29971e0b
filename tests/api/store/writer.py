"""A process that writes as fast as it can, and says of each write that it is kept; to be killed.

`python -m tests.api.store.writer URL KEY WORKSPACE [NAME OF THE KEY]`
"""

import asyncio
import sys
from datetime import UTC, datetime
from uuid import UUID

from api.rules.auditing import Act
from api.rules.private import Private
from api.store.engine import make_engine, parse_url
from api.store.keyring import Keyring
from api.store.ledger import Ledger
from api.store.models import Patient
from api.store.store import Store


async def write(url: str, key: str, workspace: UUID, name: str = "test") -> None:
    ledger = Ledger(Keyring.parse({name: key}))
    store = Store(make_engine(parse_url(url)), ledger, lambda: datetime.now(UTC))

    async def one() -> None:
        while True:
            async with store.writing(workspace) as tx:
                patient = Patient(
                    id=tx.new_id(), name=Private("Pat"), restricted=False, created_at=tx.now
                )
                tx.session.add(patient)
                tx.tell(Act("patient.create", "patient", str(patient.id)))
            print(patient.id, flush=True)

    await asyncio.gather(*(one() for _ in range(4)))


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.argv[2], UUID(sys.argv[3]), *sys.argv[4:]))
