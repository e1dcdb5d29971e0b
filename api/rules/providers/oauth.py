"""A connection to somebody's account at a provider: agreed on, renewed, taken back (OAuth 2.0 with
an authorization code, a state and PKCE)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from api.rules.providers.exchange import Answer, Flow, Request, Trouble, Unfulfilled, check, text_in

SHORTEST = 60  # seconds that a token is taken to be good, whatever the provider says
LONGEST = 86_400


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows this server as."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """A provider's way of giving access. `more`: parameters of its own for the page on which
    somebody agrees. `revoke`: None where it has no way to take access back; `revokes_access`: by
    the access token, not the one that renews it. `in_header`: the client says who it is in a
    header, not in the form."""

    authorize: str
    token: str
    revoke: str | None
    scopes: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)
    in_header: bool = False
    revokes_access: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """`refresh`: None where the provider has sent no new one. `lifetime`: seconds."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    lifetime: int


def challenge(verifier: str) -> str:
    """RFC 7636, 4.2: S256."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def page(grant: Grant, client: Client, redirect: str, state: str, verifier: str) -> str:
    """Where whoever owns the account agrees."""
    query = {
        "client_id": client.id,
        "response_type": "code",
        "redirect_uri": redirect,
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **({"scope": " ".join(grant.scopes)} if grant.scopes else {}),
        **grant.more,
    }
    return f"{grant.authorize}?{urlencode(query)}"


def exchange(grant: Grant, client: Client, code: str, redirect: str, verifier: str) -> Flow[Tokens]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    tokens = _read((yield _request(grant, client, grant.token, form)))
    if tokens.refresh is None:  # it would be over within the hour
        raise Unfulfilled(Trouble.GARBAGE)
    return tokens


def refresh(grant: Grant, client: Client, token: str) -> Flow[Tokens]:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return _read((yield _request(grant, client, grant.token, form)))


def revoke(grant: Grant, client: Client, token: str) -> Flow[None]:
    assert grant.revoke is not None
    if grant.in_header:
        request = _request(grant, client, grant.revoke, {"token": token})
    else:  # the token alone says whose it is
        request = Request("POST", grant.revoke, form={"token": token})
    check((yield request), 200)


def _request(grant: Grant, client: Client, url: str, form: Mapping[str, str]) -> Request:
    if grant.in_header:
        return Request("POST", url, form=form, basic=(client.id, client.secret))
    own = {"client_id": client.id, "client_secret": client.secret}
    return Request("POST", url, form={**form, **own})


def _read(answer: Answer) -> Tokens:
    """Raises Unfulfilled."""
    if answer.status == 400 and answer.content.get("error") in ("invalid_grant", "invalid_client"):
        raise Unfulfilled(Trouble.UNAUTHORIZED)
    content = check(answer, 200).content
    if str(content.get("token_type", "")).lower() != "bearer":
        raise Unfulfilled(Trouble.GARBAGE)
    refresh = text_in(content, "refresh_token") if "refresh_token" in content else None
    return Tokens(text_in(content, "access_token"), refresh, _lifetime(content))


def _lifetime(content: Mapping[str, Any]) -> int:
    value = content.get("expires_in")
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return max(SHORTEST, min(value, LONGEST)) if is_number and value is not None else SHORTEST
