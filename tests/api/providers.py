"""Google, Microsoft and Zoom on this machine: they take what their pages tell of, and nothing else.

Each check names its page by the short name that `docs/providers.md` has for it, with the address
and the day on which it was read. What is asked for in another way is kept in `wrong`, and refused.
"""

import asyncio
import json
import re
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import uvicorn

from api.clinic.clinic import Clinic
from api.clinic.providers.registry import Providers, Registered
from api.clinic.providers.web import Web
from api.middleware import Receive, Scope, Send
from api.rules.plans import Provider
from api.rules.providers.adapters import Adapter
from api.rules.providers.google_meet import GoogleMeet
from api.rules.providers.microsoft_teams import MicrosoftTeams
from api.rules.providers.oauth import Client
from api.rules.providers.zoom import Zoom
from tests.api.house import House

GOOGLE, TEAMS, ZOOM = Provider.GOOGLE_MEET, Provider.MICROSOFT_TEAMS, Provider.ZOOM
ELSEWHERE = (GOOGLE, TEAMS, ZOOM)
ADAPTERS: dict[Provider, Adapter] = {GOOGLE: GoogleMeet(), TEAMS: MicrosoftTeams(), ZOOM: Zoom()}
CLIENTS = {p: Client(f"{p.value}-client", f"{p.value} s&cret") for p in ELSEWHERE}
IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TENANT = "/organizations/oauth2/v2.0"
ANY = object()  # a value that is checked elsewhere


@dataclass
class Reply:
    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        return b"" if self.content is None else json.dumps(self.content).encode()


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wrong(Exception):
    pass


def same(found: Any, expected: Any, where: str) -> None:
    """Nothing is missing, and nothing is there that no page tells of."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping) or found.keys() != expected.keys():
            raise Wrong(f"{where} has {found!r}")
        for name, value in expected.items():
            same(found[name], value, f"{where}.{name}")
    elif isinstance(expected, re.Pattern):
        if not isinstance(found, str) or not expected.fullmatch(found):
            raise Wrong(f"{where} is {found!r}")
    elif expected is not ANY and found != expected:
        raise Wrong(f"{where} is {found!r}")


Trouble = Callable[[Asked], Reply | None]


def troubled(
    troubles: Mapping[Provider, Trouble], provider: Provider, asked: Asked
) -> Reply | None:
    trouble = troubles.get(provider)
    return None if trouble is None else trouble(asked)


class Fake:
    """An ASGI callable, for all three: their paths differ. `troubles`: what one of them answers
    to the API in place of anything else."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.asked: list[Asked] = []
        self.counts: Counter[str] = Counter()
        self.troubles: dict[Provider, Trouble] = {}
        self.token_troubles: dict[Provider, Trouble] = {}
        self.meetings: dict[Provider, dict[str, Any]] = {p: {} for p in ELSEWHERE}
        self.codes: dict[str, tuple[Provider, str, str]] = {}
        self.access: dict[str, Provider] = {}
        self.renewing: dict[str, Provider] = {}
        self.revoked: list[str] = []
        self.pending = 0  # looks at a conference of Google's until it is made
        self.on_made: Callable[[], None] = lambda: None  # at Zoom
        self.meanwhile: Callable[[], Awaitable[None]] | None = None  # during the next request
        self._numbers = count(1)

    # What somebody's browser does.

    def agree(self, url: str) -> dict[str, str]:
        """The parameters with which the provider sends the browser back."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        provider, more = {
            # google-web: access_type, prompt, scope, state; google-pkce: code_challenge.
            "https://accounts.google.com/o/oauth2/v2/auth": (
                GOOGLE,
                {
                    "access_type": "offline", "prompt": "consent",
                    "scope": "https://www.googleapis.com/auth/calendar.events",
                },
            ),
            # entra-code: response_mode, scope, state, code_challenge for confidential clients too.
            f"https://login.microsoftonline.com{TENANT}/authorize": (
                TEAMS,
                {
                    "response_mode": "query",
                    "scope": "offline_access https://graph.microsoft.com/OnlineMeetings.ReadWrite",
                },
            ),
            # zoom-oauth and zoom-pkce: the scopes are those of the app, none are asked for.
            "https://zoom.us/oauth/authorize": (ZOOM, {}),
        }[f"{parts.scheme}://{parts.netloc}{parts.path}"]  # fmt: skip
        same(
            query,
            {
                "client_id": CLIENTS[provider].id, "response_type": "code", "redirect_uri": ANY,
                "state": re.compile(r"[\w-]{40,}"), "code_challenge": re.compile(r"[\w-]{43}"),
                "code_challenge_method": "S256", **more,
            },
            "the page of consent",
        )  # fmt: skip
        code = f"code-{next(self._numbers)}"
        self.codes[code] = (provider, query["code_challenge"], query["redirect_uri"])
        return {"code": code, "state": query["state"]}

    # What the server answers.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode()))
        path = scope.get("raw_path", scope["path"].encode()).decode().partition("?")[0]
        asked = Asked(scope["method"], path, query, headers, body)
        self.asked.append(asked)
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            await happening()
        reply = self._answer(asked)
        if reply.status == 0:  # nothing at all
            await asyncio.Event().wait()
        names = {"content-type": "application/json", **reply.headers}
        raw = [(name.encode(), value.encode()) for name, value in names.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": reply.body})

    def _answer(self, asked: Asked) -> Reply:
        tokens = {
            ("POST", "/token"): (GOOGLE, self._token),
            ("POST", "/revoke"): (GOOGLE, self._revoke_google),
            ("POST", f"{TENANT}/token"): (TEAMS, self._token),
            ("POST", "/oauth/token"): (ZOOM, self._token),
            ("POST", "/oauth/revoke"): (ZOOM, self._revoke_zoom),
        }
        try:
            if (found := tokens.get((asked.method, asked.path))) is not None:
                provider, answer = found
                if (reply := troubled(self.token_troubles, provider, asked)) is not None:
                    return reply
                self._check_form(asked)
                return answer(provider, asked)
            return self._api(asked)
        except Wrong as wrong:
            self.wrong.append(f"{asked.method} {asked.path}: {wrong}")
            return Reply(400, {"error": "invalid_request"})

    def _check_form(self, asked: Asked) -> None:
        kind = asked.headers.get("content-type", "")
        same(kind, "application/x-www-form-urlencoded", "content-type")

    def _token(self, provider: Provider, asked: Asked) -> Reply:
        form, client = asked.form, CLIENTS[provider]
        own: dict[str, Any] = {"client_id": client.id, "client_secret": client.secret}
        if provider is ZOOM:  # zoom-oauth: Basic, of client id and secret
            own = {}
            scheme, _, packed = asked.headers.get("authorization", "").partition(" ")
            same(
                (scheme, b64decode(packed).decode()),
                ("Basic", f"{client.id}:{client.secret}"),
                "client",
            )
        else:  # google-web, entra-code: in the form
            same("authorization" in asked.headers, False, "an authorization header")
        if form.get("grant_type") == "refresh_token":
            same(form, {"grant_type": "refresh_token", "refresh_token": ANY, **own}, "form")
            if self.renewing.get(form["refresh_token"]) is not provider:
                return Reply(400, {"error": "invalid_grant"})
            self.counts[f"refresh {provider.value}"] += 1
            if provider is ZOOM:  # zoom-refresh: each serves once
                del self.renewing[form["refresh_token"]]
            return self._grant(provider, renewed=True)
        expected = {
            "grant_type": "authorization_code", "code": ANY, "redirect_uri": ANY,
            "code_verifier": re.compile(r"[\w.~-]{43,128}"), **own,
        }  # fmt: skip
        same(form, expected, "form")
        known = self.codes.pop(form["code"], None)
        digest = sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if known != (provider, challenge, form["redirect_uri"]):
            return Reply(400, {"error": "invalid_grant"})
        return self._grant(provider, renewed=False)

    def _grant(self, provider: Provider, *, renewed: bool) -> Reply:
        number = next(self._numbers)
        access, renewing = f"access-{number}", f"refresh-{number}"
        self.access[access] = provider
        content = {"access_token": access, "token_type": "Bearer", "expires_in": 3599}
        if not (renewed and provider is GOOGLE):  # google-web: a renewal brings no new one
            self.renewing[renewing] = provider
            content["refresh_token"] = renewing
        return Reply(200, content)

    def _revoke_google(self, provider: Provider, asked: Asked) -> Reply:
        """google-web: the token alone, either of both."""
        same(asked.form, {"token": ANY}, "form")
        return self._revoke(asked.form["token"])

    def _revoke_zoom(self, provider: Provider, asked: Asked) -> Reply:
        """zoom-revoke: an access token, by Basic; the answer is {"status": "success"}."""
        client = CLIENTS[ZOOM]
        packed = asked.headers.get("authorization", "").removeprefix("Basic ")
        same(b64decode(packed).decode(), f"{client.id}:{client.secret}", "client")
        same(asked.form, {"token": re.compile(r"access-\d+")}, "form")
        return self._revoke(asked.form["token"])

    def _revoke(self, token: str) -> Reply:
        if token not in self.access and token not in self.renewing:
            return Reply(400, {"error": "invalid_token"})
        self.revoked.append(token)
        return Reply(200, {"status": "success"})

    def _api(self, asked: Asked) -> Reply:
        for provider, prefix, answer in (
            (GOOGLE, "/calendar/v3/", self._google),
            (TEAMS, "/v1.0/me/onlineMeetings", self._teams),
            (ZOOM, "/v2/", self._zoom),
        ):
            if not asked.path.startswith(prefix):
                continue
            if (reply := troubled(self.troubles, provider, asked)) is not None:
                return reply
            token = asked.headers.get("authorization", "").removeprefix("Bearer ")
            if self.access.get(token) is not provider:
                return Reply(401, {"error": {"code": 401}})
            if asked.body:
                same(asked.headers.get("content-type"), "application/json", "content-type")
            return answer(asked)
        raise Wrong("no such path")

    def _google(self, asked: Asked) -> Reply:
        events, path = self.meetings[GOOGLE], "/calendar/v3/calendars/primary/events"
        times = {"start": {"dateTime": IN_UTC}, "end": {"dateTime": IN_UTC}}
        if (asked.method, asked.path) == ("POST", path):
            # google-insert: conferenceDataVersion; google-event: id, visibility, conferenceData.
            same(asked.query, {"conferenceDataVersion": "1"}, "query")
            solution = {"type": "hangoutsMeet"}
            request = {"requestId": ANY, "conferenceSolutionKey": solution}
            same(
                asked.json,
                {
                    "id": re.compile(r"[a-v0-9]{5,1024}"), "summary": "Visit",
                    "visibility": "private", **times,
                    "conferenceData": {"createRequest": request},
                },
                "event",
            )  # fmt: skip
            id = asked.json["id"]
            if id in events:  # google-errors: 409, the identifier already exists
                return Reply(409, {"error": {"code": 409, "errors": [{"reason": "duplicate"}]}})
            events[id] = asked.json
            self.counts["make google_meet"] += 1
            return Reply(200, self._event(id))
        id = asked.path.removeprefix(f"{path}/")
        if id not in events:  # google-errors: 404, and 410 for what was deleted
            return Reply(404, {"error": {"code": 404, "errors": [{"reason": "notFound"}]}})
        if asked.method == "GET":
            self.pending = max(0, self.pending - 1)
            return Reply(200, self._event(id))
        if asked.method == "PATCH":  # google-patch
            same(asked.json, times, "event")
            events[id] |= asked.json
            return Reply(200, self._event(id))
        same(asked.method, "DELETE", "method")
        del events[id]
        return Reply(204)

    def _event(self, id: str) -> dict[str, Any]:
        """google-event: the conference is made a little later, `status` tells."""
        event = dict(self.meetings[GOOGLE][id])
        status = "pending" if self.pending else "success"
        request = {**event["conferenceData"]["createRequest"], "status": {"statusCode": status}}
        event["conferenceData"] = {"createRequest": request}
        if status == "success":
            event["hangoutLink"] = f"https://meet.google.com/{id[-10:-7]}-{id[-7:-3]}-{id[-3:]}"
        return event

    def _teams(self, asked: Asked) -> Reply:
        meetings, path = self.meetings[TEAMS], "/v1.0/me/onlineMeetings"
        times = {"startDateTime": IN_UTC, "endDateTime": IN_UTC}
        if (asked.method, asked.path) == ("POST", f"{path}/createOrGet"):  # graph-create
            same(asked.json, {"subject": "Visit", "externalId": ANY, **times}, "meeting")
            key = asked.json["externalId"]
            known = next((id for id, m in meetings.items() if m["externalId"] == key), None)
            id = known or f"MSp{next(self._numbers)}_19:meeting@thread.v2"
            meetings.setdefault(id, asked.json)
            self.counts["make microsoft_teams"] += known is None
            link = f"https://teams.microsoft.com/l/meetup-join/{len(meetings)}"
            return Reply(201 if known is None else 200, {"id": id, "joinWebUrl": link})
        id = asked.path.removeprefix(f"{path}/").replace("%3A", ":").replace("%40", "@")
        if id not in meetings:
            return Reply(404, {"error": {"code": "NotFound"}})
        if asked.method == "PATCH":  # graph-update: always both times
            same(asked.json, times, "meeting")
            meetings[id] |= asked.json
            return Reply(200, {"id": id})
        same((asked.method, asked.body), ("DELETE", b""), "request")  # graph-delete
        del meetings[id]
        return Reply(204)

    def _zoom(self, asked: Asked) -> Reply:
        meetings = self.meetings[ZOOM]
        times = {"start_time": IN_UTC, "duration": ANY, "timezone": "UTC"}
        if (asked.method, asked.path) == ("POST", "/v2/users/me/meetings"):  # zoom-meetings
            same(asked.json, {"topic": "Visit", "type": 2, **times}, "meeting")
            id = 81_000_000_000 + next(self._numbers)
            meetings[str(id)] = asked.json
            self.counts["make zoom"] += 1
            self.on_made()
            return Reply(201, {"id": id, "join_url": f"https://us02web.zoom.us/j/{id}?pwd=x1"})
        id_text = asked.path.removeprefix("/v2/meetings/")
        if id_text not in meetings:  # zoom-meetings: 3001
            return Reply(404, {"code": 3001, "message": "Meeting does not exist."})
        if asked.method == "PATCH":
            same(asked.json, times, "meeting")
            meetings[id_text] |= asked.json
            return Reply(204)
        same((asked.method, asked.query), ("DELETE", {}), "request")
        del meetings[id_text]
        return Reply(204)


def answers(status: int, content: Any = None, **headers: str) -> Trouble:
    """Always this; status 0 is silence."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Reply(status, content, names)


def providers(
    now: Callable[[], datetime], fake: Fake | None, origin: str = "", longest: float = 5.0
) -> Providers:
    """Registered with all three. `fake`: in this process; None: at `origin`."""
    transport = None if fake is None else httpx.ASGITransport(app=fake)
    known = {p: Registered(ADAPTERS[p], CLIENTS[p], origin) for p in ELSEWHERE}
    return Providers(now, known, Web(now, transport, longest))


def use(clinic: Clinic, fake: Fake, longest: float = 5.0) -> None:
    clinic.providers = providers(clinic.store.now, fake, longest=longest)


async def connect(house: House, fake: Fake, *which: Provider) -> None:
    """The owner connects accounts, in the browser that was sent there."""
    for provider in which:
        path = f"/conferencing/{provider.value}/connection"
        begun = await house.owner.ask("POST", path, status=201)
        back = urlencode(fake.agree(begun["url"]))
        await house.owner.ask("GET", f"/conferencing/callback?{back}", status=200)


@asynccontextmanager
async def served(fake: Fake) -> AsyncIterator[str]:
    """On a loopback port; its address."""
    config = uvicorn.Config(fake, "127.0.0.1", 0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await task
