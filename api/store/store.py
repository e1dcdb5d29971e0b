"""Transactions, each of one workspace: the only way to the tables."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from api.rules.ids import RANDOM_BYTES, make_id
from api.store.engine import WRITES
from api.store.errors import Conflict, Unavailable
from api.store.tenancy import KEY, Directory, Tenant, TenantSession

SET_TENANT = text("SELECT set_config('housecall.tenant', :tenant, true)")
READ_ONLY = text("SET TRANSACTION READ ONLY")


class Transaction:
    """What happens together, or not at all, in one workspace."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self.session = session
        self.now = now  # of all that it does

    def new_id(self) -> UUID:
        return make_id(self.now.timestamp(), secrets.token_bytes(RANDOM_BYTES))


class Store:
    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self._clock = clock
        self._writing = engine.execution_options(**{WRITES: True})
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer. Here they queue in order, in the file they would race.
        self._writers = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def reading(self, tenant: Tenant) -> AsyncIterator[Transaction]:
        """Raises Unavailable."""
        async with self._begin(self.engine, tenant) as transaction:
            if not self.is_sqlite:
                await (await transaction.session.connection()).execute(READ_ONLY)
            yield transaction

    @asynccontextmanager
    async def writing(self, tenant: UUID) -> AsyncIterator[Transaction]:
        """Committed at its end. Raises Unavailable, Conflict."""
        async with self._writers, self._begin(self._writing, tenant) as transaction:
            yield transaction

    @asynccontextmanager
    async def _begin(self, engine: AsyncEngine, tenant: Tenant) -> AsyncIterator[Transaction]:
        with explained():
            async with AsyncSession(
                engine,
                sync_session_class=TenantSession,
                info={KEY: tenant},
                expire_on_commit=False,
            ) as session:
                await self._enter(session, tenant)
                yield Transaction(session, self._clock())
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
    except IntegrityError as error:
        raise Conflict(kind(error)) from None
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unavailable(f"the database does not answer: {kind(error)}") from None
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable(f"the database does not answer: {kind(error)}") from None
        raise


def kind(error: Exception) -> str:
    """Its name alone: the text may repeat what was in a row."""
    cause = getattr(error, "orig", None)
    return type(cause.__cause__ or cause if cause is not None else error).__name__
