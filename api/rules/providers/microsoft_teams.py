"""Microsoft Teams, by way of Microsoft Graph: an online meeting of the connected account's."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from api.rules.providers.adapters import TITLE, Draft, Made, in_utc
from api.rules.providers.exchange import Flow, Request, check, link_in, text_in
from api.rules.providers.oauth import Grant

MEETINGS = "https://graph.microsoft.com/v1.0/me/onlineMeetings"
LOGIN = "https://login.microsoftonline.com"


class MicrosoftTeams:
    hosts = frozenset({"graph.microsoft.com", "login.microsoftonline.com"})
    repeats = True  # createOrGet, by an id of ours

    def __init__(self, tenant: str = "organizations") -> None:
        """`tenant`: whose accounts may be connected, as Microsoft has it."""
        base = f"{LOGIN}/{quote(tenant, safe='')}/oauth2/v2.0"
        self.grant = Grant(
            authorize=f"{base}/authorize",
            token=f"{base}/token",
            revoke=None,  # Microsoft documents none that ends this access alone
            scopes=("offline_access", "https://graph.microsoft.com/OnlineMeetings.ReadWrite"),
            more={"response_mode": "query"},
        )

    def id_of(self, key: UUID) -> str | None:
        return None

    def make(self, draft: Draft) -> Flow[Made]:
        body = {"subject": TITLE, "externalId": str(draft.key), **_times(draft)}
        answer = check((yield Request("POST", f"{MEETINGS}/createOrGet", json=body)), 200, 201)
        link = link_in(answer.content, "joinWebUrl", "teams.microsoft.com", "teams.live.com")
        return Made(text_in(answer.content, "id"), link)

    def move(self, id: str, draft: Draft) -> Flow[None]:
        check((yield Request("PATCH", _meeting(id), json=_times(draft))), 200)

    def cancel(self, id: str) -> Flow[None]:
        check((yield Request("DELETE", _meeting(id))), 204, 404)


def _meeting(id: str) -> str:
    return f"{MEETINGS}/{quote(id, safe='')}"


def _times(draft: Draft) -> dict[str, Any]:
    """Always both of them."""
    return {"startDateTime": in_utc(draft.begins), "endDateTime": in_utc(draft.ends)}
