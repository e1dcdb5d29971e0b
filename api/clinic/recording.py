"""Tokens for programs that record a visit: for one visit, with everybody's consent, soon over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from api.clinic import meetings, participants
from api.clinic.caller import Visit
from api.clinic.entry import signer_of
from api.clinic.errors import InTheWay, Missing, Refusal
from api.clinic.policies import version_in_force
from api.clinic.presence import identity_of
from api.clinic.receipts import receipts_of
from api.clinic.signer import RECORDER_VALIDITY
from api.clinic.states import catch_up
from api.rules import plans
from api.rules.auditing import Act, Outcome
from api.rules.plans import Feature, Provider
from api.rules.roles import Permission
from api.rules.visits import Status
from api.store.models import Meeting
from recorder.consent import Scope, missing


@dataclass(frozen=True, slots=True)
class RecorderTicket:
    meeting: Meeting
    identity: str
    token: str = field(repr=False)
    expires_at: datetime


async def ticket(visit: Visit, id: UUID, scopes: Sequence[Scope]) -> RecorderTicket:
    """For an integration: no role of people has the permission. Raises Missing, Forbidden,
    InTheWay; a refusal is told."""
    try:
        return await _ticket(visit, id, scopes)
    except Missing:
        raise  # nothing of ours
    except Refusal as refusal:
        visit.tx.tell(Act("recording.refuse", "meeting", str(id), Outcome.REFUSED, refusal.kind))
        raise


async def _ticket(visit: Visit, id: UUID, scopes: Sequence[Scope]) -> RecorderTicket:
    tx = visit.tx
    meeting = await meetings.find(visit, id, Permission.MEETINGS_RECORD, locks=True)
    signer = signer_of(visit)
    catch_up(meeting, tx.now)
    if meeting.provider != Provider.LIVEKIT:
        raise InTheWay("other_provider", "This visit takes place elsewhere: record it there.")
    if meeting.status != Status.LIVE:
        raise InTheWay("not_live", "Only a visit that goes on is recorded: wait until two are in.")
    plan = await meetings.plan_in_force(visit, meeting)
    if Feature.RECORDING not in plans.FEATURES[plan]:
        raise meetings.plan_required(Feature.RECORDING, "recordings")
    await _check_consent(visit, meeting, scopes)
    identity = identity_of("recorder", tx.new_id())
    token = signer.record(
        workspace=visit.caller.workspace,
        meeting=meeting.id,
        room=meeting.room,
        identity=identity,
        now=tx.now,
    )
    detail = {"identity": identity, "scopes": " ".join(sorted(set(scopes)))}
    tx.tell(Act("recording.token", "meeting", str(id), detail=detail))
    return RecorderTicket(meeting, identity, token, tx.now + RECORDER_VALIDITY)


async def _check_consent(visit: Visit, meeting: Meeting, scopes: Sequence[Scope]) -> None:
    """Of all who are there now, to all that is to be kept. Raises InTheWay."""
    people = await participants.of(visit.tx, meeting)
    present = [identity_of(p.kind, p.subject_id) for p in people if p.is_present]
    receipts = await receipts_of(visit.tx, meeting.id)
    policy = await version_in_force(visit.tx)
    for scope in scopes:
        if missing(receipts, present, scope=scope, policy=policy):
            sentence = "Somebody who is there has not agreed to it: ask them, then try again."
            raise InTheWay("consent_missing", sentence)
