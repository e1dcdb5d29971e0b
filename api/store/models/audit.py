"""The audit log, the log of joins, and what tells whether they are whole."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from api.rules.auditing import Log
from api.rules.chain import Entry, Mark
from api.store.models.base import Base, Scoped


class Chained(Scoped):
    """An entry of a log: only ever added."""

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    previous: Mapped[bytes]
    hash: Mapped[bytes]

    def entry(self) -> Entry:
        """As the chain sees it: everything that is in the row."""
        content = {name: getattr(self, name) for name in self.fields()}
        content["at"] = self.at.isoformat(timespec="microseconds")
        content["workspace"] = str(self.workspace_id)
        return Entry(self.seq, self.previous, self.hash, content)

    @classmethod
    def fields(cls) -> list[str]:
        """Its columns but for those that the chain has anyway."""
        common = {"workspace_id", "seq", "at", "previous", "hash"}
        columns = cls.__table__.columns  # type: ignore[attr-defined]
        return [column.key for column in columns if column.key not in common]


class AuditEntry(Chained, Base):
    __tablename__ = Log.AUDIT.value
    __table_args__ = (Index("ix_audit_log_object", "workspace_id", "object_id"),)

    actor_kind: Mapped[str]
    actor_id: Mapped[str | None]
    actor_role: Mapped[str | None]
    action: Mapped[str]
    object_kind: Mapped[str | None]
    object_id: Mapped[str | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]
    detail: Mapped[dict[str, Any]]


class AccessEntry(Chained, Base):
    __tablename__ = Log.ACCESS.value

    room: Mapped[str]
    participant: Mapped[str]
    role: Mapped[str | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    meeting_id: Mapped[str | None]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class Head(Scoped, Base):
    """How far a log has come, signed with a key that the database does not have."""

    __tablename__ = "audit_heads"

    log: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]
    signature: Mapped[str]

    @property
    def mark(self) -> Mark:
        return Mark(self.seq, self.hash)


class Checkpoint(Scoped, Base):
    """Up to where a log was cut off on purpose, signed like a head."""

    __tablename__ = "audit_checkpoints"

    log: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]
    cut_at: Mapped[datetime]
    signature: Mapped[str]

    @property
    def mark(self) -> Mark:
        return Mark(self.seq, self.hash)


LOGS: dict[Log, type[AuditEntry] | type[AccessEntry]] = {
    Log.AUDIT: AuditEntry,
    Log.ACCESS: AccessEntry,
}
