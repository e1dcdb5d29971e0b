"""Zoom: a scheduled meeting of the connected account's."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from api.rules.providers.adapters import TITLE, Draft, Made, in_utc
from api.rules.providers.exchange import Flow, Request, check, link_in, text_in
from api.rules.providers.oauth import Grant

API = "https://api.zoom.us/v2"
SCHEDULED = 2  # the type of a meeting at a time


class Zoom:
    grant = Grant(
        authorize="https://zoom.us/oauth/authorize",
        token="https://zoom.us/oauth/token",
        revoke="https://zoom.us/oauth/revoke",
        in_header=True,
        revokes_access=True,
    )
    hosts = frozenset({"api.zoom.us", "zoom.us"})
    repeats = False  # each request makes one

    def id_of(self, key: UUID) -> str | None:
        return None

    def make(self, draft: Draft) -> Flow[Made]:
        body = {"topic": TITLE, "type": SCHEDULED, **_times(draft)}
        answer = check((yield Request("POST", f"{API}/users/me/meetings", json=body)), 201)
        link = link_in(answer.content, "join_url", "zoom.us", "zoomgov.com")
        return Made(text_in(answer.content, "id"), link)

    def move(self, id: str, draft: Draft) -> Flow[None]:
        check((yield Request("PATCH", _meeting(id), json=_times(draft))), 204)

    def cancel(self, id: str) -> Flow[None]:
        check((yield Request("DELETE", _meeting(id))), 204, 404)


def _meeting(id: str) -> str:
    return f"{API}/meetings/{quote(id, safe='')}"


def _times(draft: Draft) -> dict[str, Any]:
    minutes = int(draft.duration.total_seconds() // 60)
    return {"start_time": in_utc(draft.begins), "duration": minutes, "timezone": "UTC"}
