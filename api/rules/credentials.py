"""What makes a password good enough, and which code of an authenticator is right now."""

import hmac
import re
from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SHORTEST, LONGEST = 12, 256  # characters
DISTINCT = 5  # characters that differ
LEAST_GUESSES = 10**10  # the last of zxcvbn's steps: below it three words of a list would do
LOOKED_AT = 72  # characters: what is good so far gets no worse by more
STEP = 30  # seconds a code is for (RFC 6238)
DIGITS = 6
SECRET_BYTES = 20
DRIFT = (0, -1, 1)  # steps that clocks may differ


def password_problem(password: str, *, email: str) -> str | None:
    """Why it is not taken, as a sentence for its owner. No rules on kinds of characters: length is
    what counts (ASVS 6.2)."""
    if len(password) < SHORTEST:
        return f"The password needs at least {SHORTEST} characters; a few words do well."
    if len(password) > LONGEST:
        return f"The password may have at most {LONGEST} characters."
    if len(set(password)) < DISTINCT:
        return "The password repeats too few characters."
    name = email.partition("@")[0].lower()
    if len(name) > 3 and name in password.lower():
        return "The password must not contain your name."
    return None


def guessing_problem(password: str, about: Sequence[str]) -> str | None:
    """Why it would soon be guessed, or None: lists of common passwords, names and words, and the
    ways in which people change them. `about`: what is known of its owner and of this place.

    Takes up to some tens of milliseconds.
    """
    from zxcvbn import zxcvbn  # a tenth of a second and its lists: only where passwords are set

    words = [*about, *(word for text in about for word in re.split(r"\W+", text))]
    found = zxcvbn(password[:LOOKED_AT], user_inputs=[w for w in words if len(w) > 2])
    if found["guesses"] >= LEAST_GUESSES:
        return None
    return (
        "This password is soon guessed: it is on lists of common ones, or follows a pattern. "
        "Take a few words that have nothing to do with each other."
    )


def matching_step(secret: bytes, code: str, unix: float, last: int | None) -> int | None:
    """The step that a code is for, or None. A code serves once: steps up to `last` are used up."""
    if not (code.isascii() and code.isdigit() and len(code) == DIGITS):
        return None
    now, used = int(unix) // STEP, -1 if last is None else last
    for step in (now + drift for drift in DRIFT):
        if step > used and hmac.compare_digest(code_at(secret, step), code):
            return step
    return None


def code_at(secret: bytes, step: int) -> str:
    return _totp(secret).generate(step * STEP).decode()


def authenticator_uri(secret: bytes, account: str, issuer: str) -> str:
    """What an authenticator reads from a QR code."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # the one kind that all authenticators know
