"""Who may come in: the checks before a WebSocket is opened, in their order (LiveKit)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from livekit.protocol import rtc

from signaling import joinrequest
from signaling.config import Limits, SignalingConfig
from signaling.errors import SignalingError
from signaling.joinrequest import JoinRequestError
from signaling.tokens import Claims, TokenError, VideoGrant, verify

BEARER = "Bearer "
PUBLISHER_SUFFIX = "#publish"
NO_ACCESS = "no permissions to access the room"


class Refused(SignalingError):
    """The client may not come in. Status and text go out as the HTTP response."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Visit:
    """What an HTTP request brought. Its `repr` shows nothing of it: tokens stay out of logs."""

    single: bool  # the path was /rtc/v1
    query: Mapping[str, str] = field(repr=False)
    authorization: str | None = field(default=None, repr=False)
    user_agent: str = field(default="", repr=False)
    address: str = field(default="", repr=False)  # of the client, as it or a proxy says
    source: str = field(default="", repr=False)  # where the connection comes from


@dataclass(frozen=True, slots=True)
class Admission:
    """A client that may come in."""

    claims: Claims
    grant: VideoGrant
    room: str = field(repr=False)  # name
    single: bool  # one peer connection (v1)
    request: rtc.JoinRequest = field(repr=False)
    is_bare: bool = False  # knows nothing of LiveKit: WHIP


class Guard(Protocol):
    """Has the last word on who is in a room, and with which rights."""

    def check(self, admitted: Admission, present: Collection[str]) -> None:
        """May somebody come in? `present`: the identities that fill the room but for the
        newcomer's own. Raises Refused."""

    def check_change(self, room: str, before: Claims, after: Claims) -> None:
        """May somebody who is in the room become this? Raises Refused."""

    def calls_agents(self, room: str) -> bool:
        """Whether agents come by themselves: those that go to every room, and those that it was
        made with."""


class Nobody:
    """The guard of a server whose tokens say all there is to say."""

    def check(self, admitted: Admission, present: Collection[str]) -> None:
        pass

    def check_change(self, room: str, before: Claims, after: Claims) -> None:
        pass

    def calls_agents(self, room: str) -> bool:
        return True


def admit(
    visit: Visit,
    keys: Mapping[str, str],
    config: SignalingConfig,
    knows_room: Callable[[str], bool],
    now: float,  # Unix time
) -> Admission:
    """Raises Refused."""
    claims = authenticate(visit, keys, now)
    if claims is None:
        raise Refused(401, NO_ACCESS)
    grant = claims.video
    if grant is None:
        raise Refused(401, NO_ACCESS)
    if not grant.room_join:
        raise Refused(401, "permissions denied")
    _check_lengths(claims, config.limits)
    room = _room_name(grant, config.limits)
    single = visit.single or "join_request" in visit.query
    request = _request(visit, single)
    may_create = config.room.auto_create or grant.room_create
    if not may_create and not knows_room(room):
        raise Refused(404, "requested room does not exist")
    claims = _apply_own_fields(claims, grant, request, config.limits)
    if visit.query.get("publish") and not single:
        claims, grant = _publisher_only(claims, grant)
    return Admission(claims, grant, room, single, request)


def authenticate(visit: Visit, keys: Mapping[str, str], now: float) -> Claims | None:
    """None without a token. Raises Refused(401) for a bad one (LiveKit)."""
    token = visit.query.get("access_token", "")
    if visit.authorization is not None:
        if not visit.authorization.startswith(BEARER):
            raise Refused(401, "invalid authorization header. Must start with Bearer ")
        token = visit.authorization[len(BEARER) :]
    if not token:
        return None
    try:
        return verify(token, keys, now)
    except TokenError as error:
        raise Refused(401, str(error)) from None


def _check_lengths(claims: Claims, limits: Limits) -> None:
    if not claims.identity:
        raise Refused(400, "identity cannot be empty")
    if len(claims.identity) > limits.identity_length:
        raise _too_long("participant identity", limits.identity_length)
    if len(claims.name) > limits.name_length:
        raise _too_long("name", limits.name_length)


def _too_long(what: str, limit: int) -> Refused:
    return Refused(400, f"{what} length exceeds limits: max length {limit}")


def _room_name(grant: VideoGrant, limits: Limits) -> str:
    """The token's, and no other."""
    if not grant.room:
        raise Refused(400, "no room name")
    if len(grant.room) > limits.room_name_length:
        raise _too_long("room name", limits.room_name_length)
    return grant.room


def _request(visit: Visit, single: bool) -> rtc.JoinRequest:
    try:
        if single:
            request = joinrequest.decode(visit.query.get("join_request", ""))
        else:
            request = joinrequest.from_query(visit.query)
    except JoinRequestError as error:
        raise Refused(400, str(error)) from None
    joinrequest.complete(request.client_info, visit.user_agent, visit.address)
    return request


def _apply_own_fields(
    claims: Claims, grant: VideoGrant, request: rtc.JoinRequest, limits: Limits
) -> Claims:
    """A client may bring metadata and attributes of its own if the token lets it."""
    metadata, attributes = request.metadata, dict(request.participant_attributes)
    if (metadata or attributes) and not grant.can_update_own_metadata:
        raise Refused(401, NO_ACCESS)
    claims = replace(
        claims,
        metadata=metadata or claims.metadata,
        attributes={**claims.attributes, **attributes},
    )
    if len(claims.metadata.encode()) > limits.metadata_size:
        raise Refused(400, "metadata size exceeds limits")
    if attributes_size(claims.attributes) > limits.attributes_size:
        raise Refused(400, "attribute size exceeds limits")
    return claims


def attributes_size(attributes: Mapping[str, str]) -> int:
    """In bytes, keys and values together."""
    return sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items())


def _publisher_only(claims: Claims, grant: VideoGrant) -> tuple[Claims, VideoGrant]:
    """An old way to publish from a second connection beside one's own (LiveKit)."""
    identity = claims.identity.removesuffix(PUBLISHER_SUFFIX) + PUBLISHER_SUFFIX
    grant = replace(grant, can_subscribe=False)
    return replace(claims, identity=identity, video=grant), grant
