"""What all tables share."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.rules.private import Private
from api.store.types import Json, PrivateText, Utc

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Utc(),
        UUID: Uuid(),
        Private: PrivateText(),
        bytes: LargeBinary(),
        dict[str, Any]: Json(),
    }


class Scoped:
    """A table whose rows belong to a workspace each. Its key begins with the workspace, so that
    what refers to a row cannot refer to one of another workspace."""

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id"), primary_key=True, sort_order=-1
    )
