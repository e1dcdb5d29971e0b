"""Room links: whoever holds one may enter its room, and only this server can make one.

A link's secret is a keyed hash of the room's name, so nothing is stored for each room and links
survive a restart as long as the key does.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

SECRET_BYTES = 16  # 128 bits: not to be guessed, and short enough to dictate if it must be
ROOM_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # no dot, which parts room from secret in a link


class LinkError(ValueError):
    """The room cannot have a link."""


def make_secret(key: bytes, room: str) -> str:
    """The secret of a room's link: 22 characters of base64url. Raises `LinkError`."""
    if not ROOM_NAME.fullmatch(room):
        raise LinkError(
            f"{room!r} cannot be in a link: use 1 to 64 letters, digits, hyphens or underscores"
        )
    digest = hmac.digest(key, b"room-link:" + room.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:SECRET_BYTES]).rstrip(b"=").decode()


def is_right(key: bytes, room: str, secret: str) -> bool:
    """Whether the secret opens the room; takes as long for a wrong secret as for the right one."""
    try:
        right = make_secret(key, room)
    except LinkError:
        return False
    return hmac.compare_digest(right.encode(), secret.encode("utf-8", "surrogatepass"))


def make_fragment(key: bytes, room: str) -> str:
    """What follows the page's address: browsers never send it, so no log can hold it."""
    return f"#r={room}.{make_secret(key, room)}"
