"""Read a letter or a text message that waits in the outbox, as its reader will."""

import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage

from icalendar import Calendar, Event

from api.carriers.carrier import Text
from api.clinic.letters import read_text as read
from api.clinic.outbox import place
from api.store.models import Mail
from tests.api.conftest import RING


@dataclass(frozen=True, slots=True)
class Read:
    message: EmailMessage

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body is not None
        content: str = body.get_content()
        return content

    @property
    def answer(self) -> str:
        """The token that answers it."""
        return found(r"#a=(hca_[\w-]+)&m=", self.text)

    @property
    def link(self) -> str:
        """The token to come in by."""
        return found(r"#l=(hcl_\S+)", self.text)

    @property
    def calendar(self) -> Calendar:
        (file,) = self.message.iter_attachments()
        assert file.get_content_type() == "text/calendar"
        calendar = Calendar.from_ical(file.get_content())
        assert isinstance(calendar, Calendar)
        assert calendar["method"] == file.get_param("method")
        return calendar

    @property
    def event(self) -> Event:
        (event,) = self.calendar.walk("VEVENT")
        assert isinstance(event, Event)
        return event


def read_letter(mail: Mail) -> Read:
    assert mail.sealed is not None
    content = RING.open(mail.sealed, place(mail.id))
    message = email.message_from_bytes(content, policy=email.policy.SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return Read(message)


def read_text(mail: Mail) -> Text:
    assert mail.sealed is not None
    return read(RING.open(mail.sealed, place(mail.id)))


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]
