"""The names of visits' rooms: nobody guesses one, and each says whose it is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from uuid import UUID

RANDOM_BYTES = 16
START = "hcv_"


def make_room(workspace: UUID, random: bytes) -> str:
    """`random`: sixteen bytes of it."""
    return START + urlsafe_b64encode(workspace.bytes + random).decode().rstrip("=")


def workspace_of_room(name: str) -> UUID | None:
    """None for a room that is not a visit's."""
    if not name.startswith(START):
        return None
    body = name.removeprefix(START)
    try:
        packed = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (BadBase64, ValueError):
        return None
    if len(packed) != 16 + RANDOM_BYTES:
        return None
    workspace = UUID(bytes=packed[:16])
    return workspace if make_room(workspace, packed[16:]) == name else None
