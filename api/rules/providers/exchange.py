"""Requests to a provider, its answers, and what an answer that is none means."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

LONGEST_WAIT = timedelta(days=1)  # that a provider can ask us for


@dataclass(frozen=True, slots=True)
class Request:
    """`form` or `json` is its body. `basic`: name and password of the client's. A request without
    them is sent with the access token. `after`: seconds to wait before it."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    after: float = 0.0

    @property
    def is_of_client(self) -> bool:
        """Sent in the name of the program, not of an account."""
        return self.form is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """`content`: its JSON where it is an object, else nothing. `wait`: what Retry-After says."""

    status: int
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    wait: timedelta | None = None


Flow = Generator[Request, Answer, T]


class Trouble(StrEnum):
    NOT_CONNECTED = "not_connected"  # or not any more
    UNAUTHORIZED = "unauthorized"  # the account has to be connected anew
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    GONE = "gone"  # it was taken away there
    BROKEN = "broken"  # it has an error of its own
    GARBAGE = "garbage"  # its answer says nothing
    SILENT = "silent"  # no answer, or too late
    UNKNOWN = "unknown"  # we were interrupted

    @property
    def may_pass(self) -> bool:
        """It makes sense to try again."""
        return self not in (Trouble.REFUSED, Trouble.GONE, Trouble.GARBAGE, Trouble.UNKNOWN)


SENTENCES = {
    Trouble.NOT_CONNECTED: "{name} is not connected: the owner can connect it.",
    Trouble.UNAUTHORIZED: "{name} does not know us any more: the owner has to connect it again.",
    Trouble.RATE_LIMITED: "{name} takes no more requests for a while.",
    Trouble.REFUSED: "{name} has refused: the connected account may lack a right or a licence.",
    Trouble.GONE: "{name} has it no more: somebody has deleted it there.",
    Trouble.BROKEN: "{name} has a fault of its own.",
    Trouble.GARBAGE: "{name} has given an answer that cannot be used.",
    Trouble.SILENT: "{name} does not answer.",
    Trouble.UNKNOWN: "Nobody knows whether {name} has done it: the server was interrupted.",
}


class Unfulfilled(Exception):
    """`wait`: what the provider wants to be left alone for. `is_unsure`: it may have done what was
    asked all the same."""

    def __init__(
        self, trouble: Trouble, wait: timedelta | None = None, *, is_unsure: bool = False
    ) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.wait = wait
        self.is_unsure = is_unsure


def check(answer: Answer, *expected: int) -> Answer:
    """Raises Unfulfilled unless its status is one of these."""
    if answer.status in expected:
        return answer
    match answer.status:
        case 401:
            raise Unfulfilled(Trouble.UNAUTHORIZED)
        case 429:
            raise Unfulfilled(Trouble.RATE_LIMITED, answer.wait)
        case 404 | 410:
            raise Unfulfilled(Trouble.GONE)
        case status if status >= 500:
            raise Unfulfilled(Trouble.BROKEN, answer.wait, is_unsure=True)
        case status if status >= 400:
            raise Unfulfilled(Trouble.REFUSED)
    raise Unfulfilled(Trouble.GARBAGE, is_unsure=True)  # redirects are not followed


def text_in(content: Mapping[str, Any], name: str) -> str:
    """Raises Unfulfilled where there is none."""
    value = content.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= 4096 or not value.isprintable():
        raise Unfulfilled(Trouble.GARBAGE, is_unsure=True)
    return value


def link_in(content: Mapping[str, Any], name: str, *hosts: str) -> str:
    """An address of one of these hosts or below: people are led there. Raises Unfulfilled."""
    link = text_in(content, name)
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        raise Unfulfilled(Trouble.GARBAGE, is_unsure=True) from None
    is_known = any(host == known or host.endswith(f".{known}") for known in hosts)
    if parts.scheme != "https" or not is_known or parts.username or " " in link:
        raise Unfulfilled(Trouble.GARBAGE, is_unsure=True)
    return link


def wait_in(header: str | None, now: datetime) -> timedelta | None:
    """What Retry-After says: seconds or a date as HTTP has it (RFC 9110, 10.2.3), or a time as
    Zoom writes it. Nothing where it cannot be read."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        at = datetime.fromisoformat(text) if "-" in text else parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(timedelta(), min(at - now, LONGEST_WAIT))
