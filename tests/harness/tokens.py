"""Access tokens as any LiveKit SDK mints them, and broken ones on purpose."""

import time
from collections.abc import Mapping
from typing import Any

import jwt


def claims(
    key: str,
    identity: str,
    room: str,
    *,
    lifetime: float = 600.0,  # seconds; negative: expired
    grants: Mapping[str, Any] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """The body of a token that lets `identity` into `room`; `grants` adds to the video grant."""
    now = int(time.time())
    video = {"roomJoin": True, "room": room, **(grants or {})}
    return {
        "iss": key,
        "sub": identity,
        "nbf": now - 5 + min(0, int(lifetime)),
        "exp": now + int(lifetime),
        "video": video,
        **extra,
    }


def mint(secret: str, body: Mapping[str, Any], *, algorithm: str = "HS256") -> str:
    """Sign a token's body."""
    return jwt.encode(dict(body), secret, algorithm=algorithm)
