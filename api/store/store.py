"""Transactions, each of one workspace: the only way to the tables."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from api.rules.auditing import HERE, SYSTEM, Access, Act, Actor, Log, Origin, Outcome
from api.rules.chain import Mark
from api.rules.ids import RANDOM_BYTES, make_id
from api.store.engine import WRITES
from api.store.errors import Conflict, Unavailable
from api.store.ledger import Ledger, Told
from api.store.tenancy import KEY, Directory, Tenant, TenantSession

SET_TENANT = text("SELECT set_config('housecall.tenant', :tenant, true)")
READ_ONLY = text("SET TRANSACTION READ ONLY")
# PostgreSQL's classes of errors that have nothing to do with the statement: no connection, no
# room (too many clients, a full disk), and an operator who starts or stops it.
AWAY = ("08", "53", "57")

Result = TypeVar("Result")


async def undisturbed(work: Coroutine[Any, Any, Result]) -> Result:
    """Let it come to its end though its caller is cancelled, who then waits for it.

    For all that has transactions in a task that may be cancelled: one that stops in the middle of
    an operation of SQLite's would leave its connection behind with the lock.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


class Transaction:
    """What happens together, or not at all, in one workspace."""

    def __init__(self, session: AsyncSession, now: datetime, by: Actor, origin: Origin) -> None:
        self.session = session
        self.now = now  # of all that it does
        self.by = by
        self.origin = origin
        self.told: list[Told] = []
        self.afterwards: list[Callable[[], Awaitable[None]]] = []  # done once it is committed

    def new_id(self) -> UUID:
        return make_id(self.now.timestamp(), secrets.token_bytes(RANDOM_BYTES))

    def tell(self, what: Act | Access) -> None:
        """The logs get it with the rest of the transaction. What tells of a refusal stays even if
        the rest is undone."""
        self.told.append(Told(what, self.by, self.origin))


class Store:
    def __init__(
        self,
        engine: AsyncEngine,
        ledger: Ledger,
        clock: Callable[[], datetime],
        note: Callable[[UUID, Mapping[Log, Mark]], None] = lambda *_: None,
    ) -> None:
        """`note` learns how far the logs have come."""
        self.engine = engine
        self.ledger = ledger
        self.now = clock
        self._note = note
        self._writing = engine.execution_options(**{WRITES: True})
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer. Here they queue in order, in the file they would race.
        self._writers = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def reading(self, tenant: Tenant) -> AsyncIterator[Transaction]:
        """What changes nothing, and need not be told. Raises Unavailable."""
        async with self._begin(self.engine, tenant) as transaction:
            if not self.is_sqlite:
                await (await transaction.session.connection()).execute(READ_ONLY)
            yield transaction

    @asynccontextmanager
    async def writing(
        self, tenant: UUID, by: Actor = SYSTEM, origin: Origin = HERE
    ) -> AsyncIterator[Transaction]:
        """Committed at its end, with what it tells. Raises Unavailable, Conflict."""
        told: list[Told] = []
        try:
            async with self._writers, self._begin(self._writing, tenant, by, origin) as transaction:
                told = transaction.told
                yield transaction
                heads = await self._write_logs(transaction, tenant)
        except BaseException:
            await self._tell_refusals(tenant, told)
            raise
        self._note(tenant, heads)
        for act in transaction.afterwards:
            await act()

    async def _write_logs(self, transaction: Transaction, tenant: UUID) -> dict[Log, Mark]:
        session, now = transaction.session, transaction.now
        return await self.ledger.write(session, tenant, now, transaction.told)

    async def _tell_refusals(self, tenant: UUID, told: list[Told]) -> None:
        refusals = [one for one in told if one.what.outcome is Outcome.REFUSED]
        if not refusals:
            return
        with suppress(Unavailable):
            async with self._writers, self._begin(self._writing, tenant) as transaction:
                transaction.told = refusals
                heads = await self._write_logs(transaction, tenant)
            self._note(tenant, heads)

    @asynccontextmanager
    async def _begin(
        self, engine: AsyncEngine, tenant: Tenant, by: Actor = SYSTEM, origin: Origin = HERE
    ) -> AsyncIterator[Transaction]:
        with explained():
            async with AsyncSession(
                engine,
                sync_session_class=TenantSession,
                info={KEY: tenant},
                expire_on_commit=False,
            ) as session:
                await self._enter(session, tenant)
                yield Transaction(session, self.now(), by, origin)
                await session.commit()

    async def _enter(self, session: AsyncSession, tenant: Tenant) -> None:
        try:
            connection = await session.connection()
        except (OSError, TimeoutError) as error:  # as asyncpg tells of a server that is not there
            raise Unavailable(f"the database does not answer: {error}") from None
        if not self.is_sqlite:
            value = tenant.value if isinstance(tenant, Directory) else str(tenant)
            await connection.execute(SET_TENANT, {"tenant": value})

    async def close(self) -> None:
        await self.engine.dispose()


@contextmanager
def explained() -> Iterator[None]:
    """Errors of the database as errors of ours."""
    try:
        yield
    except StaleDataError:
        raise Conflict("somebody else has changed it meanwhile") from None
    except IntegrityError as error:
        raise Conflict(kind(error)) from None
    # TimeoutError: asyncpg's, of a statement that took too long, as it is.
    except (OperationalError, InterfaceError, PoolTimeout, TimeoutError) as error:
        raise Unavailable(f"the database does not answer: {kind(error)}") from None
    except DBAPIError as error:
        if error.connection_invalidated or takes_nobody(error):
            raise Unavailable(f"the database does not answer: {kind(error)}") from None
        raise


def takes_nobody(error: DBAPIError) -> bool:
    """Whether the database is there, and does not want anybody now."""
    return (getattr(error.orig, "sqlstate", None) or "").startswith(AWAY)


def kind(error: Exception) -> str:
    """Its name alone: the text may repeat what was in a row."""
    cause = getattr(error, "orig", None)
    return type(cause.__cause__ or cause if cause is not None else error).__name__
