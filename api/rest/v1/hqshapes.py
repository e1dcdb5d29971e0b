"""What goes in and out of an HQ's queue, as JSON."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StrictBool

from api.clinic.hq.queue import Queue, Taken, Waiter
from api.clinic.ready import Devices
from api.rest.v1.shapes import Language, Line, Shape, Slug, shown
from api.rest.v1.visitingshapes import TicketOut
from api.rules.hq import Clinician, Priority, State
from api.store.models import HqLink, HqProfile, Staff

SOME = Field(max_length=20)


class OfferBody(Shape):
    workspace: Slug  # the HQ's


class AgreementOut(Shape):
    id: UUID
    workspace_id: UUID  # the other one
    workspace: str
    title: str
    state: State
    changed_at: datetime

    @classmethod
    def of(cls, row: HqLink) -> Self:
        return cls(
            id=row.id,
            workspace_id=row.other_id,
            workspace=row.other_slug,
            title=row.other_title,
            state=State(row.state),
            changed_at=row.changed_at,
        )


class AgreementsOut(Shape):
    items: list[AgreementOut]


class ProfileBody(Shape):
    """All of it: what is left out is none."""

    languages: Annotated[list[Language], SOME] = Field(default_factory=list)
    skills: Annotated[list[Line], SOME] = Field(default_factory=list)


class ProfileOut(Shape):
    staff_id: UUID
    name: str | None
    languages: list[str]
    skills: list[str]

    @classmethod
    def of(cls, staff: Staff, profile: HqProfile | None) -> Self:
        return cls(
            staff_id=staff.id,
            name=shown(staff.name),
            languages=[] if profile is None else profile.languages.split(),
            skills=[] if profile is None else profile.skills.splitlines(),
        )


class ProfilesOut(Shape):
    items: list[ProfileOut]


class DevicesBody(Shape):
    camera: StrictBool
    microphone: StrictBool


class DevicesOut(Shape):
    camera: bool
    microphone: bool

    @classmethod
    def of(cls, devices: Devices) -> Self:
        return cls(camera=devices.camera, microphone=devices.microphone)


class HqWaiterOut(Shape):
    """Nobody's name: the visit shows it to whoever takes it."""

    workspace_id: UUID
    title: str  # of the workspace
    meeting_id: UUID
    since: datetime
    priority: Priority
    language: str | None
    skill: str | None
    speaks: bool  # the caller, their language
    fits: bool  # the caller has the skill
    present: bool  # their page is open
    devices: DevicesOut | None  # None: their page has not said
    consent: bool  # they have answered

    @classmethod
    def of(cls, one: Waiter, clinician: Clinician) -> Self:
        place = one.place
        return cls(
            workspace_id=one.workspace,
            title=one.title,
            meeting_id=place.meeting,
            since=place.since,
            priority=place.priority,
            language=place.language,
            skill=place.skill,
            speaks=clinician.speaks(place),
            fits=clinician.can(place),
            present=place.is_there,
            devices=None if one.devices is None else DevicesOut.of(one.devices),
            consent=one.has_consented,
        )


class TakenOut(Shape):
    workspace_id: UUID
    title: str
    meeting_id: UUID

    @classmethod
    def of(cls, one: Taken) -> Self:
        return cls(workspace_id=one.workspace, title=one.title, meeting_id=one.meeting)


class QueueOut(Shape):
    """Both in the caller's order: the next one first."""

    items: list[HqWaiterOut]
    taken: list[TakenOut]  # by the caller, and not over

    @classmethod
    def of(cls, queue: Queue, clinician: Clinician) -> Self:
        return cls(
            items=[HqWaiterOut.of(one, clinician) for one in queue.waiters],
            taken=[TakenOut.of(one) for one in queue.taken],
        )


class HqTicketOut(TicketOut):
    """To come in with, and where that is."""

    workspace_id: UUID

    @classmethod
    def at(cls, workspace: UUID, ticket: TicketOut) -> Self:
        given: dict[str, Any] = ticket.model_dump()
        return cls(**given, workspace_id=workspace)
