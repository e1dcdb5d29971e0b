"""What each endpoint gets: the clinic, and who is at the door."""

import hashlib
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import BaseModel

from api.clinic.caller import Visit, enter
from api.clinic.clinic import Clinic
from api.clinic.errors import Changed, Forbidden, Refusal
from api.clinic.once import Once
from api.rules.auditing import Origin, tame
from api.rules.bearers import Bearer, Purpose, parse
from api.rules.roles import Permission

PLAIN, SECURE = "housecall", "__Host-housecall"  # cookies; the second is for TLS alone
LONGEST_KEY = 255  # characters of an Idempotency-Key
UNATTENDED = "housecall-unattended"  # header of requests that keep nobody signed in
SAFE = {"GET", "HEAD", "OPTIONS"}

by_cookie = APIKeyCookie(name=SECURE, scheme_name="session", auto_error=False)
by_header = HTTPBearer(scheme_name="key", auto_error=False)
SEEN: dict[int | str, dict[str, Any]] = {304: {"description": "As If-None-Match says"}}
SIGNED_IN = [Security(by_cookie), Security(by_header)]


class Door:
    def __init__(self, request: Request) -> None:
        self.clinic: Clinic = request.app.state.clinic
        self._request = request

    @property
    def origin(self) -> Origin:
        request = self._request
        address = request.client.host if request.client else None
        agent = tame(request.headers.get("user-agent"))
        return Origin(address, agent, request.scope.get("request_id"))

    def enter(self, needed: Permission | None = None) -> AbstractAsyncContextManager[Visit]:
        """The request's transaction. Raises Refusal."""
        return enter(
            self.clinic,
            self._bearer(),
            self.origin,
            needed,
            is_attended=self._request.headers.get(UNATTENDED) != "?1",
        )

    def _bearer(self) -> Bearer | None:
        """From the header, or from the cookie that browsers send by themselves."""
        scheme, _, token = self._request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return parse(token.strip())
        cookie = self._cookie
        if cookie is None:
            return None
        if self._request.method not in SAFE and not self._is_same_site():
            raise Forbidden("other_site", "Another site has sent this request.")
        return parse(cookie)

    def held(self) -> Bearer | None:
        """The session that the browser has, whether it is good or not."""
        bearer = None if self._cookie is None else parse(self._cookie)
        return bearer if bearer is not None and bearer.purpose is Purpose.SESSION else None

    @property
    def _cookie(self) -> str | None:
        return self._request.cookies.get(SECURE if self.is_secure else PLAIN)

    def _is_same_site(self) -> bool:
        site = self._request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = self._request.headers.get("origin")
        return origin is None or urlsplit(origin).netloc == self._request.headers.get("host")

    @property
    def is_secure(self) -> bool:
        return self._request.url.scheme == "https"

    def keep(self, response: Response, bearer: Bearer, until: datetime) -> None:
        """Give the browser its session."""
        response.set_cookie(
            SECURE if self.is_secure else PLAIN,
            str(bearer),
            max_age=int((until - self.clinic.store.now()).total_seconds()),
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="strict",
        )

    def forget(self, response: Response) -> None:
        response.delete_cookie(
            SECURE if self.is_secure else PLAIN,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="strict",
        )

    @property
    def page(self) -> str:
        """The address of the pages."""
        page: str = self._request.app.state.page
        return page

    def link(self, bearer: Bearer) -> str:
        """What follows # stays in the browser: no log holds it."""
        return f"{self.page}#l={bearer}"

    def meeting_url(self, id: UUID) -> str:
        """The page of a visit, for those who are signed in."""
        return f"{self.page}#m={id}"

    def once(self, operation: str, body: BaseModel) -> Once:
        """Raises Refusal for a key that is none."""
        key = self._request.headers.get("idempotency-key")
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            raise Refusal(
                "bad_key", f"An Idempotency-Key has 1 to {LONGEST_KEY} characters, a UUID's say."
            )
        return Once(key, operation, body.model_dump_json().encode())

    def has_seen(self, response: Response) -> bool:
        """Whether the answer is what the client has already, by If-None-Match. To show nothing new
        is to show nothing: it need not be told to the audit log."""
        return is_known(self._request, response.headers["etag"])

    def seen_version(self) -> int | None:
        """From If-Match. Raises Changed."""
        tag = self._request.headers.get("if-match")
        if tag is None or tag == "*":
            return None
        text = tag.removeprefix("W/").strip('"')
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Changed("changed", "If-Match is not a version of this: load it again.")
        return int(text)


async def door_of(request: Request) -> Door:
    """A coroutine: FastAPI sends anything else through a thread."""
    return Door(request)


DoorOf = Annotated[Door, Depends(door_of)]


def is_known(request: Request, etag: str) -> bool:
    """By If-None-Match (RFC 9110, 13.1.2): a list of tags, weak where somebody on the way has
    compressed the answer."""
    known = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") == etag for one in known.split(","))


def tag(response: Response, version: int) -> None:
    response.headers["etag"] = f'"{version}"'


def tag_content(response: Response, content: BaseModel) -> None:
    digest = hashlib.sha256(content.model_dump_json().encode()).hexdigest()
    response.headers["etag"] = f'"{digest}"'
