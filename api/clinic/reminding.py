"""Remind those who were invited to a visit: a day, an hour and ten minutes before.

When somebody is reminded next stands in their invitation. The reminder and the next time are
written in one transaction, so that whoever is killed in between has done both or neither; what is
written waits in the outbox, which sends it once.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from api.clinic import participants
from api.clinic.clinic import Clinic, make_link
from api.clinic.errors import InTheWay
from api.clinic.letters import Letter, shown_time
from api.clinic.outbox import check_channel, post
from api.clinic.providers import conferences
from api.clinic.readers import reader_of
from api.clinic.states import status_of, times
from api.rules.auditing import ActorKind
from api.rules.mailing import Channel
from api.rules.participation import Kind, Rsvp
from api.rules.reminding import is_worth_it, next_moment, useful_until
from api.rules.visits import Status
from api.rules.wording import LetterKind
from api.store.models import Invitation, Meeting, MeetingParticipant, Workspace
from api.store.store import Transaction

LONGEST_SLEEP = timedelta(seconds=20)  # somebody may have been invited meanwhile
AT_ONCE = 200  # reminders of one look: others of the server's tasks have their turn between


class Reminder:
    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic

    async def look(self, workspace: UUID) -> timedelta:
        """Write what is due; how long nothing else will be. Raises Unavailable."""
        async with self._clinic.store.reading(workspace) as tx:
            query = (
                select(Invitation.id)
                .where(Invitation.remind_at <= tx.now)
                .order_by(Invitation.remind_at)
                .limit(AT_ONCE)
            )
            due = (await tx.session.scalars(query)).all()
        for id in due:
            async with self._clinic.store.writing(workspace) as tx:
                await self._remind(tx, id)
        async with self._clinic.store.reading(workspace) as tx:
            at: datetime | None = await tx.session.scalar(select(func.min(Invitation.remind_at)))
            return LONGEST_SLEEP if at is None else min(LONGEST_SLEEP, at - tx.now)

    async def _remind(self, tx: Transaction, id: UUID) -> None:
        # The visit first, as whoever moves it does: nobody waits for each other.
        found = select(Meeting).join(Invitation, Invitation.meeting_id == Meeting.id)
        meeting = await tx.session.scalar(
            found.where(Invitation.id == id).with_for_update(of=Meeting)
        )
        if meeting is None:
            return
        query = select(Invitation).where(Invitation.id == id).with_for_update()
        invitation = (await tx.session.scalars(query)).one()
        if invitation.remind_at is None or invitation.remind_at > tx.now:
            return
        person = await participants.find(
            tx, meeting, Kind(invitation.kind), invitation.subject_id
        )  # fmt: skip
        if not is_to_come(meeting, tx.now) or person is None or invitation.revoked_at is not None:
            invitation.remind_at = None
            return
        if is_worth_it(meeting.starts_at, tx.now) and wants_it(person):
            await self._write(tx, meeting, person)
        invitation.remind_at = next_moment(meeting.starts_at, tx.now)

    async def _write(self, tx: Transaction, meeting: Meeting, person: MeetingParticipant) -> None:
        """By each channel by which they can be reached."""
        workspace = (await tx.session.scalars(select(Workspace))).one()
        subject = (ActorKind(person.kind), person.subject_id)
        for channel in Channel:
            try:
                await check_channel(self._clinic, tx, channel)
                reader = await reader_of(
                    tx, meeting, person.kind, person.subject_id, channel
                )  # fmt: skip
                values = {
                    "clinic": workspace.title,
                    "time": shown_time(meeting.starts_at, workspace.time_zone),
                    "length": str(meeting.minutes),
                    "link": await self._link(tx, workspace.id, meeting, person),
                }
                letter = Letter(
                    LetterKind.REMINDER, reader.address, subject,
                    useful_until(meeting.starts_at, tx.now), reader.language, values, (),
                    meeting.id, channel,
                )  # fmt: skip
                await post(self._clinic, tx, workspace.id, letter, is_asked=False)
            except InTheWay:  # nobody is written to by what they have not
                continue

    async def _link(
        self, tx: Transaction, workspace: UUID, meeting: Meeting, person: MeetingParticipant
    ) -> str:
        """One more: that of the invitation stays good too. Raises InTheWay."""
        if conferences.is_elsewhere(meeting):
            return conferences.known_link(self._clinic, await conferences.current(tx, meeting))
        page = self._clinic.mail.page
        if person.kind == Kind.STAFF:
            return f"{page}#m={meeting.id}"
        validity = times(meeting).closes - tx.now
        subject = (ActorKind(person.kind), person.subject_id)
        bearer, _ = make_link(tx, workspace, subject, validity, meeting.id)
        return f"{page}#l={bearer}"


def is_to_come(meeting: Meeting, now: datetime) -> bool:
    """Nobody is reminded of what has begun, or does not take place."""
    return status_of(meeting, now) in (Status.SCHEDULED, Status.OPEN, Status.LOBBY)


def wants_it(person: MeetingParticipant) -> bool:
    """Hosts have the day before them, and who has said no knows of it."""
    return not participants.hosts(person) and person.rsvp != Rsvp.DECLINED
