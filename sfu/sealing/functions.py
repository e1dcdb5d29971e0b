"""libsrtp's own functions, which pylibsrtp wraps, and pointers for them.

They are private to pylibsrtp: who uses them compares their results with the public ones first.
"""

from typing import Any

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

Pointer = Any  # cffi has no types

protect: Any = lib.srtp_protect  # context, packet, its length: the last is changed; 0 is good
unprotect: Any = lib.srtp_unprotect


def packet(address: int) -> Pointer:
    return ffi.cast("void *", address)


def length(address: int) -> Pointer:
    return ffi.cast("int *", address)


def context(session: Session) -> Pointer:
    """It lives as long as the session."""
    return session._srtp[0]


def refusing() -> tuple[Session, Pointer]:
    """A context without keys, and the session that it lives in."""
    session = Session()
    return session, context(session)
