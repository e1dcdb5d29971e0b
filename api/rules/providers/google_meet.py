"""Google Meet, by way of the calendar of the connected account: an event with a conference."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from api.rules.providers.adapters import TITLE, Draft, Made, in_utc
from api.rules.providers.exchange import (
    Answer,
    Flow,
    Request,
    Trouble,
    Unfulfilled,
    check,
    link_in,
    text_in,
)
from api.rules.providers.oauth import Grant

EVENTS = "https://www.googleapis.com/calendar/v3/calendars/primary/events"
LOOKS = 3  # at a conference that is being made
PAUSE = 0.7  # seconds between them
CROWDED = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}


class GoogleMeet:
    grant = Grant(
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",
        revoke="https://oauth2.googleapis.com/revoke",
        scopes=("https://www.googleapis.com/auth/calendar.events",),
        # Without them there is no refresh token the second time that somebody agrees.
        more={"access_type": "offline", "prompt": "consent"},
    )
    hosts = frozenset({"www.googleapis.com", "oauth2.googleapis.com"})
    repeats = True  # an event's id is ours to choose

    def id_of(self, key: UUID) -> str | None:
        return key.hex

    def make(self, draft: Draft) -> Flow[Made]:
        solution = {"type": "hangoutsMeet"}
        body = {
            "id": draft.key.hex,
            "summary": TITLE,
            "visibility": "private",
            **_times(draft),
            "conferenceData": {
                "createRequest": {
                    "requestId": draft.key.hex,
                    "conferenceSolutionKey": solution,
                }
            },
        }
        answer = yield Request("POST", EVENTS, {"conferenceDataVersion": "1"}, json=body)
        if answer.status == 409:  # it was made by a request whose answer was lost
            answer = yield Request("GET", _event(draft.key.hex))
        event = _check(answer, 200).content
        looks = 0
        while _status(event) == "pending" and looks < LOOKS:
            answer = yield Request("GET", _event(draft.key.hex), after=PAUSE)
            event, looks = _check(answer, 200).content, looks + 1
        if _status(event) == "pending":
            raise Unfulfilled(Trouble.BROKEN, is_unsure=True)
        return Made(text_in(event, "id"), link_in(event, "hangoutLink", "meet.google.com"))

    def move(self, id: str, draft: Draft) -> Flow[None]:
        _check((yield Request("PATCH", _event(id), json=_times(draft))), 200)

    def cancel(self, id: str) -> Flow[None]:
        _check((yield Request("DELETE", _event(id))), 204, 404, 410)


def _event(id: str) -> str:
    return f"{EVENTS}/{quote(id, safe='')}"


def _times(draft: Draft) -> dict[str, Any]:
    return {
        "start": {"dateTime": in_utc(draft.begins)},
        "end": {"dateTime": in_utc(draft.ends)},
    }


def _status(event: Mapping[str, Any]) -> str | None:
    """Of the conference that was asked for."""
    found: Any = event
    for name in ("conferenceData", "createRequest", "status", "statusCode"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _check(answer: Answer, *expected: int) -> Answer:
    """Too many requests are a 403 here too. Raises Unfulfilled."""
    error = answer.content.get("error")
    errors = error.get("errors") if isinstance(error, Mapping) else None
    reasons = {e.get("reason") for e in errors or [] if isinstance(e, Mapping)}
    if answer.status == 403 and reasons & CROWDED:
        raise Unfulfilled(Trouble.RATE_LIMITED, answer.wait)
    return check(answer, *expected)
