"""The tables. Importing this package knows them all."""

from api.store.models.audit import AccessEntry, AuditEntry, Checkpoint, Head
from api.store.models.base import Base, Scoped
from api.store.models.workspace import Workspace

__all__ = ["AccessEntry", "AuditEntry", "Base", "Checkpoint", "Head", "Scoped", "Workspace"]
