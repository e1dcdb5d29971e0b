"""Who may ask for what: the grants in the caller's token (LiveKit).

Every check raises the same error, so that a caller learns nothing of rooms that are not its own.
"""

from typing import Any

from google.protobuf.message import Message

from api.twirp.errors import denied
from signaling.tokens import Claims, SipGrant, VideoGrant

NOTHING = VideoGrant()
NO_SIP = SipGrant()


def _video(claims: Claims) -> VideoGrant:
    return claims.video or NOTHING


def any_of(claims: Claims) -> bool:
    """Whether there is anything at all that the caller may ask for."""
    video, sip = _video(claims), claims.sip or NO_SIP
    rooms = video.room_create or video.room_list or video.room_admin or video.room_record
    return rooms or video.ingress_admin or sip.admin or sip.call


def creates(claims: Claims, request: Message) -> None:
    if not _video(claims).room_create:
        raise denied()


def lists(claims: Claims, request: Message) -> None:
    if not _video(claims).room_list:
        raise denied()


def records(claims: Claims, request: Message) -> None:
    if not _video(claims).room_record:
        raise denied()


def takes_in(claims: Claims, request: Message) -> None:
    """Ingress."""
    if not _video(claims).ingress_admin:
        raise denied()


def administers(claims: Claims, request: Any) -> None:
    """The room that the request names, and no other."""
    grant = _video(claims)
    if not grant.room_admin or grant.room != request.room:
        raise denied()


def moves(claims: Claims, request: Any) -> None:
    """Out of one room into another; the token names both."""
    administers(claims, request)
    if _video(claims).destination_room != request.destination_room:
        raise denied()


def administers_sip(claims: Claims, request: Message) -> None:
    if not (claims.sip or NO_SIP).admin:
        raise denied()


def calls_sip(claims: Claims, request: Message) -> None:
    if not (claims.sip or NO_SIP).call:
        raise denied()


def transfers_sip(claims: Claims, request: Any) -> None:
    calls_sip(claims, request)
    grant = _video(claims)
    if not grant.room_admin or grant.room != request.room_name:
        raise denied()
