"""How programs that are no LiveKit clients get a password for the relay: POST
/api/v1/relay/credentials, with a token that an API key has signed.

The user name is seen by the network, so that it says nothing of a person; but one person has one,
since what somebody may relay is counted by it.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api.twirp.grants import any_of
from signaling.admission import Refused, Visit, authenticate
from signaling.tokens import Claims
from turn.credentials import Pair, mint_by_key, mint_by_secret

CHARACTERS = 16  # of the hash that stands for an identity


@dataclass(frozen=True, slots=True)
class Minting:
    """What passwords are made of: the first of `secrets` if there is one, else the first key."""

    urls: Sequence[str]
    keys: Mapping[str, str] = field(repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    ttl: float = 300.0  # seconds within which a client has to begin

    def mint(self, identity: str, unix: float) -> Pair:
        key, secret = next(iter(self.keys.items()))
        name = hmac.digest(secret.encode(), identity.encode(), "sha256").hex()[:CHARACTERS]
        expires = int(unix + self.ttl)
        if self.secrets:
            return mint_by_secret(self.secrets[0], name, expires)
        return mint_by_key(key, secret, name, expires)


class RelayPasswords:
    """The endpoint. `minting`: None without a relay. `unix` is the wall clock in seconds."""

    def __init__(
        self, minting: Minting | None, keys: Mapping[str, str], unix: Callable[[], float]
    ) -> None:
        self._minting = minting
        self._keys = keys
        self._unix = unix

    @property
    def route(self) -> Route:
        return Route("/api/v1/relay/credentials", self.respond, methods=["POST"])

    async def respond(self, request: Request) -> JSONResponse:
        now = self._unix()
        try:
            visit = Visit(False, {}, request.headers.get("authorization"))
            claims = authenticate(visit, self._keys, now)
        except Refused as refused:
            return _answer(refused.status, {"error": refused.text})
        if claims is None or not may_relay(claims):
            return _answer(401, {"error": "permissions denied"})
        if self._minting is None:
            return _answer(404, {"error": "this server has no relay"})
        pair = self._minting.mint(claims.identity, now)
        server = {
            "urls": list(self._minting.urls),
            "username": pair.username,
            "credential": pair.password,
        }
        return _answer(200, {"iceServers": [server], "ttl": int(self._minting.ttl)})


def may_relay(claims: Claims) -> bool:
    """Who may join a room, or manage some."""
    return any_of(claims) or (claims.video is not None and claims.video.room_join)


def _answer(status: int, body: Mapping[str, object]) -> JSONResponse:
    return JSONResponse(body, status, {"cache-control": "no-store"})
