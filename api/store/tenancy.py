"""No query forgets the workspace: the one place that adds it to all of them.

PostgreSQL holds to it by itself (row-level security, see `migrations/isolation.py`); here it is
held for SQLite too, and a query that could not be confined is refused on both.
"""

from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.sql.base import ExecutableOption

from api.store.errors import TenancyError
from api.store.models.base import Scoped
from api.store.models.workspace import Workspace


class Directory(Enum):
    """In place of a workspace: nothing but the list of workspaces is to be read."""

    ALL = "directory"


Tenant = UUID | Directory
KEY = "tenant"  # in the `info` of a session


class TenantSession(Session):
    """A session of one workspace, named in its `info`."""


def tenant_of(session: Session) -> Tenant:
    """Raises TenancyError."""
    tenant = session.info.get(KEY)
    if not isinstance(tenant, UUID | Directory):
        raise TenancyError("a session without its workspace")
    return tenant


@event.listens_for(TenantSession, "do_orm_execute")
def confine(state: ORMExecuteState) -> None:
    tenant = tenant_of(state.session)
    if not state.is_orm_statement:
        raise TenancyError("ask for mapped classes: tables and text know no workspace")
    if state.is_insert:
        raise TenancyError("rows are added as objects")
    if isinstance(tenant, Directory):
        if not state.is_select or any(m.class_ is not Workspace for m in state.all_mappers):
            raise TenancyError("without a workspace only the list of them is to be read")
        return
    state.statement = state.statement.options(*criteria_of(tenant))


@lru_cache(maxsize=256)
def criteria_of(tenant: UUID) -> tuple[ExecutableOption, ...]:
    """What is added to each of its queries; making them takes longer than many a query."""
    return (
        with_loader_criteria(Scoped, lambda cls: cls.workspace_id == tenant, include_aliases=True),
        with_loader_criteria(Workspace, lambda cls: cls.id == tenant, include_aliases=True),
    )


@event.listens_for(TenantSession, "before_flush")
def claim(session: Session, *_: Any) -> None:
    """New rows get the workspace; no row moves to another one."""
    if not (session.new or session.dirty or session.deleted):
        return
    tenant = tenant_of(session)
    if isinstance(tenant, Directory):
        raise TenancyError("without a workspace nothing is to be written")
    for row in session.new:
        if isinstance(row, Workspace):
            _compare(row.id, tenant)
        elif isinstance(row, Scoped):
            if row.workspace_id is None:
                row.workspace_id = tenant
            _compare(row.workspace_id, tenant)
    for row in session.dirty:
        key = "id" if isinstance(row, Workspace) else "workspace_id"
        if get_history(row, key).has_changes():
            raise TenancyError("a row of another workspace")


def _compare(workspace: UUID, tenant: UUID) -> None:
    if workspace != tenant:
        raise TenancyError("a row of another workspace")
