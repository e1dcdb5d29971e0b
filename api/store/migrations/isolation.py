"""Who may see and change which rows: policies and rights, on PostgreSQL alone.

A table is made by its owner and used by the app's role. The policy binds both (FORCE), so that a
mistake in a migration or in a tool of the operator does not mix workspaces either.
"""

from alembic import context, op
from sqlalchemy import text

# Nothing is visible while no workspace is set: after a transaction the setting reads ''.
TENANT = "NULLIF(current_setting('housecall.tenant', true), '')"


def is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def app_role() -> str | None:
    """The role that the program works as, quoted; None when the owner does so itself."""
    role = context.config.attributes.get("app_role")
    return None if role is None else op.get_context().dialect.identifier_preparer.quote(role)


def isolate(table: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Its rows are those of the workspace that the transaction has set."""
    if is_postgresql():
        match = f"workspace_id::text = {TENANT}"
        _force(table)
        op.execute(f"CREATE POLICY workspace ON {table} USING ({match}) WITH CHECK ({match})")
        grant(table, rights)


def isolate_workspaces() -> None:
    """Its own row for a workspace; all of them, to be read alone, for the directory."""
    if is_postgresql():
        match = f"id::text = {TENANT}"
        _force("workspaces")
        op.execute(f"CREATE POLICY workspace ON workspaces USING ({match}) WITH CHECK ({match})")
        op.execute(
            f"CREATE POLICY directory ON workspaces FOR SELECT USING ({TENANT} = 'directory')"
        )
        grant("workspaces", "SELECT, INSERT, UPDATE")


def grant(table: str, rights: str) -> None:
    if (role := app_role()) is not None:
        op.execute(text(f"GRANT {rights} ON {table} TO {role}"))


def _force(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
