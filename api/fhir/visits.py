"""A visit as an Appointment (what was agreed on) and as an Encounter (what has taken place)."""

from dataclasses import dataclass, field
from datetime import datetime

from api.clinic.states import times
from api.fhir.terms import (
    ANSWERS,
    APPOINTMENTS,
    CHANNELS,
    ENCOUNTERS,
    Resource,
    Type,
    coding,
    concept,
    person,
    reference,
)
from api.rules.participation import Rsvp
from api.rules.plans import Provider
from api.rules.private import Private
from api.rules.visits import Status
from api.store.models import Meeting, MeetingParticipant


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit with what else is told of it. `url`: where people join."""

    meeting: Meeting
    people: list[tuple[MeetingParticipant, Private | None]]
    url: str | None = field(repr=False)


def appointment(one: Visited) -> Resource:
    row = one.meeting
    resource: Resource = {
        "resourceType": Type.APPOINTMENT.value,
        "id": str(row.id),
        "meta": {"versionId": str(row.version), "lastUpdated": moment(row.changed_at)},
        "status": APPOINTMENTS[Status(row.status)],
        "start": moment(row.starts_at),
        "end": moment(times(row).ends),
        "minutesDuration": row.minutes,
        "created": moment(row.created_at),
        "participant": [
            {
                "actor": person(who.kind, who.subject_id, name),
                "type": [{"text": who.role}],
                "status": ANSWERS[Rsvp(who.rsvp)],
            }
            for who, name in one.people
        ],
        "virtualService": [virtual_service(one)],
    }
    if row.patient_id is not None:
        resource["subject"] = reference(Type.PATIENT, row.patient_id)
    if row.cancelled_at is not None:
        resource["cancellationDate"] = moment(row.cancelled_at)
    return resource


def encounter(one: Visited) -> Resource:
    row = one.meeting
    assert row.live_at is not None, "nobody has met"
    resource: Resource = {
        "resourceType": Type.ENCOUNTER.value,
        "id": str(row.id),
        "meta": {"versionId": str(row.version), "lastUpdated": moment(row.changed_at)},
        "status": ENCOUNTERS[Status(row.status)],
        "class": [concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "VR", "virtual")],
        "appointment": [reference(Type.APPOINTMENT, row.id)],
        "plannedStartDate": moment(row.starts_at),
        "plannedEndDate": moment(times(row).ends),
        "actualPeriod": period(row.live_at, row.ended_at),
        "participant": [
            {
                "actor": person(who.kind, who.subject_id, name),
                "type": [{"text": who.role}],
                "period": period(who.joined_at, who.left_at),
            }
            for who, name in one.people
            if who.joined_at is not None
        ],
        "virtualService": [virtual_service(one)],
    }
    if row.patient_id is not None:
        resource["subject"] = reference(Type.PATIENT, row.patient_id)
    return {name: value for name, value in resource.items() if value != []}


def virtual_service(one: Visited) -> Resource:
    system, code = CHANNELS[Provider(one.meeting.provider)]
    service: Resource = {"channelType": coding(system, code)}
    return service if one.url is None else {**service, "addressUrl": one.url}


def period(begin: datetime, end: datetime | None) -> Resource:
    one = {"start": moment(begin)}
    # Somebody who has come back has left before that.
    return one if end is None or end < begin else {**one, "end": moment(end)}


def moment(at: datetime) -> str:
    return at.isoformat()
