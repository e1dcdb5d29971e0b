"""Words of ours, and what FHIR calls them."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from api.rules.participation import Kind, Rsvp
from api.rules.plans import Provider
from api.rules.private import Private
from api.rules.visits import Status

Resource = dict[str, Any]


class Type(StrEnum):
    """What is told."""

    PATIENT = "Patient"
    APPOINTMENT = "Appointment"
    ENCOUNTER = "Encounter"
    CONSENT = "Consent"
    AUDIT_EVENT = "AuditEvent"
    DOCUMENT_REFERENCE = "DocumentReference"


APPOINTMENTS = {
    Status.SCHEDULED: "booked",
    Status.OPEN: "booked",
    Status.LOBBY: "arrived",
    Status.LIVE: "checked-in",
    Status.ENDED: "fulfilled",
    Status.CANCELLED: "cancelled",
    Status.NO_SHOW: "noshow",
}
# Of visits in which two have met: others are no encounters.
ENCOUNTERS = {Status.LIVE: "in-progress", Status.ENDED: "completed"}
ANSWERS = {
    Rsvp.NEEDS_ACTION: "needs-action",
    Rsvp.ACCEPTED: "accepted",
    Rsvp.DECLINED: "declined",
    Rsvp.TENTATIVE: "tentative",
    Rsvp.RESCHEDULE: "tentative",
}
PEOPLE = {Kind.STAFF: "Practitioner", Kind.GUEST: "RelatedPerson"}

OWN = "urn:housecall:"  # of systems of our own
# https://hl7.org/fhir/R5/codesystem-virtual-service-type.html has these two of ours.
CHANNELS = {
    Provider.ZOOM: ("http://hl7.org/fhir/virtual-service-type", "zoom"),
    Provider.MICROSOFT_TEAMS: ("http://hl7.org/fhir/virtual-service-type", "ms-teams"),
    Provider.GOOGLE_MEET: (f"{OWN}virtual-service-type", "google-meet"),
    Provider.LIVEKIT: (f"{OWN}virtual-service-type", "housecall"),
}


def coding(system: str, code: str, display: str | None = None) -> Resource:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, display: str | None = None) -> Resource:
    return {"coding": [coding(system, code, display)]}


def reference(kind: str, id: UUID) -> Resource:
    """To what can be read here."""
    return {"reference": f"{kind}/{id}", "type": kind}


def named(kind: str, id: str, name: Private | None = None) -> Resource:
    """To what we do not serve as a resource: by its identifier."""
    one = {"type": kind, "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{id}"}}
    return one if name is None else {**one, "display": name.text}


def person(kind: str, id: UUID, name: Private | None) -> Resource:
    if kind == Kind.PATIENT:
        one = reference(Type.PATIENT, id)
        return one if name is None else {**one, "display": name.text}
    return named(PEOPLE[Kind(kind)], str(id), name)
