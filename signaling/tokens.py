"""Access tokens: who may do what in which room, as a signed JWT (LiveKit).

HS256 only. The time is the caller's, never the library's.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from signaling.errors import SignalingError

LEEWAY = 60.0  # seconds, on nbf and exp
VALIDITY = 6 * 3600.0  # seconds, when nothing else is asked for
REFRESHED_VALIDITY = 600.0  # seconds at least
HASH_VALIDITY = 300.0  # seconds
MAX_LENGTH = 1 << 20  # characters; metadata may take half of it

_INVALID = "invalid authorization token"  # livekit-server's words, as all below
_BAD_CLAIMS = f"{_INVALID}: token has invalid claims"


class TokenError(SignalingError):
    """Not a token of ours. The message is what the client gets to read, with status 401."""


class _Hs256(HMACAlgorithm):
    def check_key_length(self, key: bytes) -> str | None:
        """Silent: `--dev` has a six-letter secret, and one warning at the start is enough."""
        return None


_JWS = PyJWS(algorithms=[])  # knows no algorithm but the one below
_JWS.register_algorithm("HS256", _Hs256(HMACAlgorithm.SHA256))


@dataclass(frozen=True, slots=True)
class VideoGrant:
    """The claim `video`. None: not said, see the `may_` properties."""

    room_create: bool = False
    room_list: bool = False
    room_record: bool = False
    room_admin: bool = False
    room_join: bool = False
    room: str = ""
    destination_room: str = ""
    can_publish: bool | None = None
    can_subscribe: bool | None = None
    can_publish_data: bool | None = None
    can_publish_sources: tuple[str, ...] = ()  # "camera", "microphone", ...; empty: all
    can_update_own_metadata: bool = False
    can_subscribe_metrics: bool = False
    can_manage_agent_session: bool = False
    ingress_admin: bool = False
    hidden: bool = False
    recorder: bool = False
    agent: bool = False

    @property
    def may_publish(self) -> bool:
        return self.can_publish is not False

    @property
    def may_subscribe(self) -> bool:
        return self.can_subscribe is not False

    @property
    def may_publish_data(self) -> bool:
        if self.can_publish_data is None:
            return self.may_publish
        return self.can_publish_data


@dataclass(frozen=True, slots=True)
class SipGrant:
    """The claim `sip`: for the server API alone, so no fresh token repeats it (LiveKit)."""

    admin: bool = False
    call: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Its `repr` shows no personal data."""

    identity: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    metadata: str = field(default="", repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = "standard"
    kind_details: tuple[str, ...] = ()
    video: VideoGrant | None = None
    sip: SipGrant | None = None
    room_config: Mapping[str, Any] | None = field(default=None, repr=False)  # proto-JSON
    room_preset: str = ""
    begins: float = 0.0  # Unix time
    expires: float = 0.0


def verify(token: str, keys: Mapping[str, str], now: float) -> Claims:
    """Read a token that one of `keys` (API key -> secret) has signed. `now` is Unix time.

    Raises TokenError.
    """
    if len(token) > MAX_LENGTH:
        raise TokenError(_INVALID)
    issuer = _unverified(token).get("iss")
    secret = keys.get(issuer) if isinstance(issuer, str) else None
    if secret is None:
        raise TokenError("invalid API key")
    try:
        payload = json.loads(_JWS.decode(token, secret, algorithms=["HS256"]))
    except PyJWTError as error:
        raise TokenError(f"{_INVALID}: token signature is invalid: signature is invalid") from error
    expires = _check_times(payload, now)
    try:
        return replace(_claims(payload, expires), begins=_number(payload, "nbf") or 0.0)
    except (TypeError, ValueError) as error:
        raise TokenError(f"{_INVALID}: {error}") from None


def mint(claims: Claims, key: str, secret: str, *, now: float, validity: float = VALIDITY) -> str:
    """Sign claims. `now` is Unix time, `validity` seconds; `claims.expires` is not looked at."""
    payload: dict[str, Any] = {
        "iss": key,
        "sub": claims.identity,
        "nbf": int(now),
        "iat": int(now),
        "exp": math.ceil(now + validity),
    }
    payload.update(_write(claims))
    return _JWS.encode(
        json.dumps(payload, separators=(",", ":")).encode(), secret, algorithm="HS256"
    )


def sign_hash(sha256: str, key: str, secret: str, *, now: float) -> str:
    """For a webhook: that its body, by the Base64 of its hash, is from who has the secret."""
    body = {
        "iss": key,
        "nbf": int(now),
        "iat": int(now),
        "exp": math.ceil(now + HASH_VALIDITY),
        "sha256": sha256,
    }
    return _JWS.encode(json.dumps(body, separators=(",", ":")).encode(), secret, algorithm="HS256")


def refresh(claims: Claims, key: str, secret: str, *, now: float) -> str:
    """The same rights again for a reconnect after the first token's end (LiveKit)."""
    return mint(
        claims, key, secret, now=now, validity=max(REFRESHED_VALIDITY, claims.expires - now)
    )


def _unverified(token: str) -> dict[str, Any]:
    """The payload, to find the key; refuses everything that is not an HS256 token."""
    try:
        parts = _JWS.decode_complete(token, options={"verify_signature": False})
        payload = json.loads(parts["payload"])
    except (PyJWTError, ValueError, RecursionError):
        raise TokenError(_INVALID) from None
    if parts["header"].get("alg") != "HS256" or not isinstance(payload, dict):
        raise TokenError(_INVALID)
    return payload


def _check_times(payload: Mapping[str, Any], now: float) -> float:
    expires = _number(payload, "exp")
    if expires is None:
        raise TokenError(f"{_BAD_CLAIMS}: token is missing required claim: exp claim is required")
    if now > expires + LEEWAY:
        raise TokenError(f"{_BAD_CLAIMS}: token is expired")
    begins = _number(payload, "nbf")
    if begins is not None and now < begins - LEEWAY:
        raise TokenError(f"{_BAD_CLAIMS}: token is not valid yet")
    return expires


def _number(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenError(f"{_INVALID}: {name} is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise TokenError(f"{_INVALID}: {name} is out of range")
    return number


def _claims(payload: Mapping[str, Any], expires: float) -> Claims:
    attributes = _get(payload, "attributes", dict, {})
    if not all(isinstance(value, str) for value in attributes.values()):
        raise TypeError("attributes must be strings")
    video = _get(payload, "video", dict, None)
    sip = _get(payload, "sip", dict, None)
    return Claims(
        identity=_get(payload, "sub", str, "") or _get(payload, "jti", str, ""),
        name=_get(payload, "name", str, ""),
        metadata=_get(payload, "metadata", str, ""),
        attributes=attributes,
        kind=_get(payload, "kind", str, "") or "standard",
        kind_details=_strings(payload, "kindDetails"),
        video=None if video is None else _grant(video),
        sip=None if sip is None else _sip(sip),
        room_config=_get(payload, "roomConfig", dict, None),
        room_preset=_get(payload, "roomPreset", str, ""),
        expires=expires,
    )


def _grant(value: Mapping[str, Any]) -> VideoGrant:
    given: dict[str, Any] = {}
    for entry in fields(VideoGrant):
        name = _camel(entry.name)
        if entry.name == "can_publish_sources":
            given[entry.name] = tuple(s.lower() for s in _strings(value, name))
        elif isinstance(entry.default, str):
            given[entry.name] = _get(value, name, str, "")
        else:
            given[entry.name] = _get(value, name, bool, entry.default)
    return VideoGrant(**given)


def _sip(value: Mapping[str, Any]) -> SipGrant:
    return SipGrant(admin=_get(value, "admin", bool, False), call=_get(value, "call", bool, False))


def _write(claims: Claims) -> dict[str, Any]:
    """Only what was set, so that tokens stay short: they travel in URLs."""
    written: dict[str, Any] = {
        "name": claims.name,
        "metadata": claims.metadata,
        "attributes": dict(claims.attributes),
        "kind": "" if claims.kind == "standard" else claims.kind,
        "kindDetails": list(claims.kind_details),
        "roomConfig": claims.room_config,
        "roomPreset": claims.room_preset,
    }
    written = {name: value for name, value in written.items() if value}
    if claims.video is not None:
        written["video"] = {
            _camel(entry.name): value
            for entry in fields(VideoGrant)
            if (value := getattr(claims.video, entry.name)) != entry.default
        }
    return written


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _get(value: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    """null is "not said", as in JSON written by Go."""
    found = value.get(name)
    if found is None:
        return default
    if not isinstance(found, kind):
        raise TypeError(f"{name} must be {kind.__name__}")
    return found


def _strings(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = _get(value, name, list, [])
    if not all(isinstance(item, str) for item in found):
        raise TypeError(f"{name} must be strings")
    return tuple(found)
