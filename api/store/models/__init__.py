"""The tables. Importing this package knows them all."""

from api.store.models.audit import AccessEntry, AuditEntry, Checkpoint, Head
from api.store.models.base import Base, Scoped
from api.store.models.calendar import CalendarEvent, WorkingHours
from api.store.models.chart import ChartItem, PatientFile
from api.store.models.checks import Check, Incident
from api.store.models.conferencing import Conference, Connection
from api.store.models.consent import ConsentReceipt, Policy
from api.store.models.hq import HqLink, HqProfile, Triage, Visitor
from api.store.models.invitations import Invitation
from api.store.models.mail import Mail, Template
from api.store.models.meetings import KnownRequest, LobbyMessage, Meeting, MeetingParticipant
from api.store.models.people import (
    ApiKey,
    BrokenGlass,
    Guest,
    Link,
    Patient,
    SignIn,
    Staff,
    TeamMember,
)
from api.store.models.texting import TextCarrier, TextConsent
from api.store.models.workspace import Workspace

__all__ = [
    "AccessEntry", "ApiKey", "AuditEntry", "Base", "BrokenGlass", "CalendarEvent", "ChartItem",
    "Check", "Checkpoint", "Conference", "Connection", "ConsentReceipt", "Guest", "Head", "HqLink",
    "HqProfile", "Incident", "Invitation", "KnownRequest", "Link", "LobbyMessage", "Mail",
    "Meeting", "MeetingParticipant", "Patient", "PatientFile", "Policy", "Scoped", "SignIn",
    "Staff", "TeamMember", "Template", "TextCarrier", "TextConsent", "Triage", "Visitor",
    "WorkingHours", "Workspace",
]  # fmt: skip
