"""When a letter or a text message is sent, sent again, and given up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

DELAYS = [timedelta(minutes=m) for m in (0.5, 2, 10, 30)]  # after the first tries; then hourly
HOURLY = timedelta(hours=1)
LEASE = timedelta(minutes=10)  # what is being sent for longer was left by a process that is gone

PAUSE = timedelta(minutes=1)  # between two letters of one kind to one person
DAY, PER_DAY = timedelta(days=1), 10


class Channel(StrEnum):
    MAIL = "mail"
    SMS = "sms"


class MailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"  # the mail server or the carrier has taken it
    DELIVERED = "delivered"  # the carrier says that the telephone has it
    REFUSED = "refused"  # it will not, whenever it is asked
    BOUNCED = "bounced"  # it was taken, and came back
    UNKNOWN = "unknown"  # it may have been taken: not sent again, since nobody should get two
    EXPIRED = "expired"  # what is in it is of no use any more


# What is heard of one later counts for those that may have gone out.
ON_ITS_WAY = {MailState.SENDING, MailState.SENT, MailState.UNKNOWN}


def is_for_good(code: int) -> bool:
    """Whether an SMTP server's refusal holds for every later try (RFC 5321, section 4.2.1)."""
    return 500 <= code < 600


def next_try(tries: int, now: datetime) -> datetime:
    """After so many that have failed."""
    return now + (DELAYS[tries - 1] if tries <= len(DELAYS) else HOURLY)


def wait_for_another(posted: Sequence[datetime], now: datetime) -> timedelta | None:
    """How long until somebody may get another letter of the same kind; None: now. `posted`: when
    the earlier ones were."""
    lately = sorted(at for at in posted if now - at < DAY)
    waits = [lately[-1] + PAUSE - now] if lately else []
    if len(lately) >= PER_DAY:
        waits.append(lately[-PER_DAY] + DAY - now)
    longest = max(waits, default=timedelta(0))
    return longest if longest > timedelta(0) else None
