"""What goes in and out of consent, as JSON."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from api.clinic.consenting import Method, Position, Said, Standing
from api.clinic.policies import Shown
from api.rest.v1.changes import Passing
from api.rest.v1.shapes import Language, NotText, Shape
from api.store.models import ConsentReceipt
from recorder.consent import Scope

Prose = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=20_000,
        pattern=r"^[^\x00\x0b\x0c\x7f]*[^\s\x00\x0b\x0c\x7f][^\x00\x0b\x0c\x7f]*$",
    ),
]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PolicyText(Shape):
    language: Language
    text: Prose


class PolicyBody(Shape):
    texts: Annotated[list[PolicyText], Field(min_length=1, max_length=50)]


class PolicyOut(Shape):
    version: int  # 0: the program's own, as long as the clinic has none
    language: str
    text: str
    hash: str  # SHA-256 of "VERSION\nLANGUAGE\nTEXT"
    published_at: datetime | None  # null: the program's own

    @classmethod
    def of(cls, shown: Shown) -> Self:
        return cls(
            version=shown.version,
            language=shown.language,
            text=shown.text,
            hash=shown.hash,
            published_at=shown.published_at,
        )


class PoliciesOut(Shape):
    items: list[PolicyOut]


class ConsentBody(Shape):
    meeting_id: UUID
    participant_id: UUID | None = None  # none: one's own
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    given: StrictBool = True  # false: declined, or taken back
    policy_version: Annotated[int, Field(ge=0, le=2**31 - 1), NotText]
    policy_hash: Hash
    language: Language
    method: Method = Method.CLICK

    @property
    def said(self) -> Said:
        return Said(
            meeting=self.meeting_id,
            participant=self.participant_id,
            scopes=frozenset(self.scopes),
            is_given=self.given,
            version=self.policy_version,
            hash=self.policy_hash,
            language=self.language,
            method=self.method,
        )


class PositionOut(Shape):
    """Where the audit log tells of it."""

    seq: int
    hash: str


class ReceiptOut(Shape):
    id: UUID
    meeting_id: UUID
    number: int  # within the visit
    kind: str
    subject_id: UUID
    scopes: list[Scope]
    given: bool
    policy_version: int
    policy_hash: str
    language: str
    method: Method
    noted_by: UUID | None  # the host who has heard it
    at: datetime
    position: PositionOut | None

    @classmethod
    def of(cls, row: ConsentReceipt, place: Position | None) -> Self:
        position = None if place is None else PositionOut(seq=place.seq, hash=place.hash.hex())
        return cls(
            id=row.id,
            meeting_id=row.meeting_id,
            number=row.number,
            kind=row.kind,
            subject_id=row.subject_id,
            scopes=[Scope(scope) for scope in row.scopes.split()],
            given=row.given,
            policy_version=row.policy_version,
            policy_hash=row.policy_hash,
            language=row.language,
            method=Method(row.method),
            noted_by=row.noted_by,
            at=row.at,
            position=position,
        )


class StandingOut(Shape):
    participant_id: UUID
    may_record: list[Scope]

    @classmethod
    def of(cls, standing: Standing) -> Self:
        return cls(participant_id=standing.person.id, may_record=standing.scopes)


class ConsentOut(Passing):
    recordable: bool  # the clinic's plan has recordings: else nobody need be asked
    policy_version: int  # of the text in force
    participants: list[StandingOut]
    receipts: list[ReceiptOut]
