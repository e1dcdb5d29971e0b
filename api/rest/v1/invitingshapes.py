"""What goes in and out of invitations, as JSON."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from api.clinic.inviting import Answered, Asked, Sent
from api.clinic.states import times
from api.rest.v1.shapes import Email, Language, Phone, Shape, Text
from api.rules.mailing import Channel, MailState
from api.rules.participation import Rsvp
from api.rules.private import Private
from api.rules.texting import Said
from api.rules.visits import Status


class AskedBody(Shape):
    participant_id: UUID
    email: Email | None = None  # a guest's: kept until the visit is over
    phone: Phone | None = None  # a guest's, with its country
    language: Language | None = None
    # How they have agreed to be sent text messages, where that is to be noted with this.
    text_consent: Literal[Said.VOICE, Said.SIGNATURE] | None = None

    @property
    def asked(self) -> Asked:
        address = None if self.email is None else Private(self.email)
        phone = None if self.phone is None else Private(self.phone)
        return Asked(self.participant_id, address, self.language, phone, self.text_consent)


class InviteBody(Shape):
    channel: Channel = Channel.MAIL
    # None named: all who can be written to, but for whoever asks.
    participants: Annotated[list[AskedBody], Field(max_length=50)] = Field(default_factory=list)


class InvitationOut(Shape):
    participant_id: UUID
    channel: Channel | None
    mail_id: UUID | None
    state: MailState | None  # of the letter or the text message
    reason: str | None  # why there is none, or why it was not taken
    sent_at: datetime | None
    rsvp: Rsvp

    @classmethod
    def of(cls, sent: Sent) -> Self:
        mail = sent.mail
        return cls(
            participant_id=sent.person.id,
            channel=None if mail is None else Channel(mail.channel),
            mail_id=None if mail is None else mail.id,
            state=None if mail is None else MailState(mail.state),
            reason=sent.reason if mail is None else mail.reason,
            sent_at=sent.sent_at,
            rsvp=Rsvp(sent.person.rsvp),
        )


class InvitationsOut(Shape):
    items: list[InvitationOut]


class AnswerBody(Shape):
    token: Text  # what follows #a= in the link, up to &
    answer: Literal[Rsvp.ACCEPTED, Rsvp.DECLINED, Rsvp.TENTATIVE, Rsvp.RESCHEDULE]


class AnsweredOut(Shape):
    meeting_id: UUID
    answer: Rsvp
    status: Status
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, answered: Answered) -> Self:
        own = times(answered.meeting)
        return cls(
            meeting_id=answered.meeting.id,
            answer=answered.answer,
            status=answered.status,
            starts_at=own.begins,
            ends_at=own.ends,
        )
