"""Who may be sent text messages: what people have said. It is only ever added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from api.rules.private import Private
from api.store.models.base import Base
from api.store.models.people import Identified


class TextConsent(Identified, Base):
    """One yes or no of one person, for one number. The newest counts."""

    __tablename__ = "text_consents"
    __table_args__ = (
        Index("ix_text_consents_subject", "workspace_id", "subject_id"),
        Index("ix_text_consents_phone", "workspace_id", "phone"),
    )

    kind: Mapped[str]
    subject_id: Mapped[UUID]  # of a patient or a guest, as `kind` says
    phone: Mapped[Private]  # E.164
    given: Mapped[bool]  # False: declined, or taken back
    method: Mapped[str]
    noted_by: Mapped[UUID | None]  # who has heard it, or has the paper
    at: Mapped[datetime]
