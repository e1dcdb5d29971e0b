"""Consent: what people say to being recorded, kept for good, and what follows from it."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from api.clinic import participants
from api.clinic.caller import Visit, demand
from api.clinic.errors import Forbidden, InTheWay, Refusal
from api.clinic.meetings import find, plan_in_force
from api.clinic.policies import in_force, version_in_force
from api.clinic.presence import identity_of
from api.clinic.receipts import as_receipt, rows_of
from api.clinic.settling import settle_consent
from api.rules.auditing import Act, ActorKind
from api.rules.plans import FEATURES, Feature
from api.rules.roles import Permission
from api.store.models import AuditEntry, ConsentReceipt, Meeting, MeetingParticipant
from api.store.store import Transaction
from recorder.consent import Scope, may_record


class Method(StrEnum):
    CLICK = "click"
    VOICE = "voice"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Said:
    """`policy`: version, hash and language of the text that was shown."""

    meeting: UUID
    participant: UUID | None  # None: the caller
    scopes: frozenset[Scope]
    is_given: bool
    version: int
    hash: str
    language: str
    method: Method


@dataclass(frozen=True, slots=True)
class Position:
    """Where the audit log tells of it."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be recorded of one who takes part, now."""

    person: MeetingParticipant
    scopes: list[Scope]


async def say(visit: Visit, said: Said) -> ConsentReceipt:
    """Raises Missing, Forbidden, Refusal, InTheWay."""
    if not said.scopes:
        raise Refusal("no_scope", "Say what is agreed to, or taken back: audio, video, and so on.")
    meeting = await find(visit, said.meeting)
    # One after the other: the newest counts, so there has to be one.
    await visit.tx.session.refresh(meeting, with_for_update=True)
    person = await _speaker(visit, meeting, said)
    if said.is_given:  # what is taken back may have been given to any text
        await _check_text(visit, said)
    receipt = ConsentReceipt(
        id=visit.tx.new_id(),
        meeting_id=meeting.id,
        number=await _next(visit.tx, meeting),
        kind=person.kind,
        subject_id=person.subject_id,
        scopes=" ".join(sorted(said.scopes)),
        given=said.is_given,
        policy_version=said.version,
        policy_hash=said.hash,
        language=said.language,
        method=said.method.value,
        noted_by=None if _is_own(visit, person) else visit.caller.id,
        address=visit.tx.origin.address,
        user_agent=visit.tx.origin.user_agent,
        at=visit.tx.now,
    )
    visit.tx.session.add(receipt)
    await visit.tx.session.flush()
    detail = {
        "meeting": str(meeting.id), "participant": identity_of(person.kind, person.subject_id),
        "scopes": receipt.scopes, "policy": said.version, "hash": said.hash,
        "language": said.language, "method": receipt.method, "number": receipt.number,
    }  # fmt: skip
    what = "consent.give" if said.is_given else "consent.withdraw"
    visit.tx.tell(Act(what, "consent", str(receipt.id), detail=detail))
    await settle_consent(visit.clinic, visit.tx, meeting)
    return receipt


async def position(tx: Transaction, receipt: UUID) -> Position | None:
    """None until the receipt's transaction is through, and after the log was cut off behind it."""
    entry: AuditEntry | None = await tx.session.scalar(
        select(AuditEntry).where(AuditEntry.object_id == str(receipt)).limit(1)
    )
    return None if entry is None else Position(entry.seq, entry.hash)


@dataclass(frozen=True, slots=True)
class Standings:
    people: list[Standing]
    receipts: Sequence[ConsentReceipt]
    policy: int  # the version in force
    is_recordable: bool  # the plan has recordings


async def standings(visit: Visit, id: UUID) -> Standings:
    """Of all who take part, for staff; of oneself for others; and the receipts behind it. Who shows
    them says so with `tell_shown`. Raises Missing, Forbidden."""
    meeting = await find(visit, id)
    rows = await rows_of(visit.tx, meeting.id)
    policy = await version_in_force(visit.tx)
    receipts = [as_receipt(row) for row in rows]
    people = await participants.of(visit.tx, meeting)
    if visit.caller.kind not in (ActorKind.STAFF, ActorKind.KEY):
        people = [one for one in people if _is_own(visit, one)]
        rows = [row for row in rows if row.subject_id == visit.caller.id]
    plan = await plan_in_force(visit, meeting)
    return Standings(
        [
            Standing(
                one,
                [
                    scope
                    for scope in Scope
                    if may_record(
                        receipts, identity_of(one.kind, one.subject_id), scope=scope, policy=policy
                    )
                ],
            )
            for one in people
        ],
        rows,
        policy,
        Feature.RECORDING in FEATURES[plan],
    )


def tell_shown(visit: Visit, id: UUID) -> None:
    visit.tx.tell(Act("consent.view", "meeting", str(id)))


async def export(tx: Transaction) -> AsyncIterator[bytes]:
    """Lines of JSON: every receipt, with its place in the audit log."""
    query = select(ConsentReceipt).order_by(ConsentReceipt.at, ConsentReceipt.id)
    async for row in await tx.session.stream_scalars(query.execution_options(yield_per=200)):
        yield json.dumps(_as_json(row, await position(tx, row.id)), sort_keys=True).encode() + b"\n"


def _as_json(row: ConsentReceipt, place: Position | None) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "meeting": str(row.meeting_id),
        "number": row.number,
        "participant": identity_of(row.kind, row.subject_id),
        "scopes": row.scopes.split(),
        "given": row.given,
        "policyVersion": row.policy_version,
        "policyHash": row.policy_hash,
        "language": row.language,
        "method": row.method,
        "notedBy": None if row.noted_by is None else str(row.noted_by),
        "address": row.address,
        "userAgent": row.user_agent,
        "at": row.at.isoformat(),
        "position": None if place is None else {"seq": place.seq, "hash": place.hash.hex()},
    }


async def _speaker(visit: Visit, meeting: Meeting, said: Said) -> MeetingParticipant:
    """Who says it. Raises Missing, Forbidden."""
    if said.participant is None:
        own = await participants.own(visit, meeting)
        if own is None:
            raise Forbidden("not_a_participant", "Name the participant whose consent this is.")
        return own
    person = await participants.one(visit.tx, meeting, said.participant)
    if _is_own(visit, person):
        return person
    demand(visit.tx, visit.caller, Permission.MEETINGS_HOST)
    own = await participants.own(visit, meeting)
    if own is None or not participants.hosts(own):
        raise Forbidden("not_its_host", "Only a host of the visit notes what others have said.")
    # A host can hear a yes, or get it on paper, but not click for somebody.
    if said.is_given and said.method is Method.CLICK:
        raise Forbidden("not_yours_to_click", "Others say yes themselves, by voice or signature.")
    return person


def _is_own(visit: Visit, person: MeetingParticipant) -> bool:
    return (person.kind, person.subject_id) == (visit.caller.kind.value, visit.caller.id)


async def _check_text(visit: Visit, said: Said) -> None:
    """Raises InTheWay."""
    for text in await in_force(visit.tx):
        if (text.version, text.language, text.hash) == (said.version, said.language, said.hash):
            return
    sentence = "This is not the text in force: show the newest one, and ask again."
    raise InTheWay("policy_changed", sentence)


async def _next(tx: Transaction, meeting: Meeting) -> int:
    query = select(func.max(ConsentReceipt.number)).where(ConsentReceipt.meeting_id == meeting.id)
    return (await tx.session.scalar(query) or 0) + 1
