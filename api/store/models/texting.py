"""Who may be sent text messages, by what they have said, and who carries them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from api.rules.private import Private
from api.store.models.base import Base
from api.store.models.people import Identified


class TextConsent(Identified, Base):
    """One yes or no of one person, for one number. The newest counts, and none is ever changed."""

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


class TextCarrier(Identified, Base):
    """A workspace's own, in place of the server's."""

    __tablename__ = "text_carriers"
    __table_args__ = (UniqueConstraint("workspace_id"),)

    kind: Mapped[str]
    account: Mapped[str]  # empty where the carrier has none
    sender: Mapped[str]
    url: Mapped[str]  # of a webhook; empty for the others
    sealed: Mapped[bytes]  # its secrets
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]
