"""From what a carrier knows somebody by to the carrier: an operator's, or a workspace's own."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from api.carriers import twilio, vonage
from api.carriers.carrier import Carrier
from api.carriers.twilio import Twilio
from api.carriers.vonage import Vonage
from api.carriers.webhook import Webhook

SHORTEST_SECRET = 16  # characters
ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Kind(StrEnum):
    TWILIO = "twilio"
    VONAGE = "vonage"
    WEBHOOK = "webhook"


NEEDED = {
    Kind.TWILIO: ("account", "secret", "sender"),
    Kind.VONAGE: ("account", "secret", "sender", "private_key"),
    Kind.WEBHOOK: ("secret", "sender", "url"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """`private_key`: of Vonage's application, in PEM. `url`: of a webhook; of the others in place
    of the usual one."""

    kind: Kind
    sender: str
    secret: str = field(repr=False)
    account: str = ""
    private_key: str = field(default="", repr=False)
    url: str = ""


class Unusable(Exception):
    """`field` of an account is not as it must be, and `why`."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field = field
        self.why = why


def carrier_with(own: Account) -> Carrier:
    """Raises Unusable."""
    for name in NEEDED[own.kind]:
        if not getattr(own, name):
            raise Unusable(name, f"is needed for {own.kind.value}")
    if len(own.secret) < SHORTEST_SECRET:
        raise Unusable("secret", f"needs {SHORTEST_SECRET} characters or more")
    if own.account and not ACCOUNT.fullmatch(own.account):
        raise Unusable("account", "is letters, digits and hyphens")
    if own.url:
        _check_url(own.url)
    url = own.url.rstrip("/")
    match own.kind:
        case Kind.TWILIO:
            return Twilio(own.account, own.secret, own.sender, url or twilio.API)
        case Kind.VONAGE:
            _check_key(own.private_key)
            where = url or vonage.API
            return Vonage(own.account, own.private_key, own.secret, own.sender, where)
        case Kind.WEBHOOK:
            return Webhook(own.url, own.secret, own.sender)


def _check_url(url: str) -> None:
    """Messages hold links that let people in: they go unencrypted to this machine alone."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http"):
        raise Unusable("url", "must be an address, https://…")
    if parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise Unusable("url", "would go unencrypted: use https")


def _check_key(text: str) -> None:
    try:
        load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError) as error:
        why = f"is no private key that can be read: {type(error).__name__}"
        raise Unusable("private_key", why) from None
