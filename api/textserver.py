"""Who text messages are handed to, as the operator says."""

from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from api.carriers import twilio, vonage
from api.carriers.carrier import Carrier
from api.carriers.twilio import Twilio
from api.carriers.vonage import Vonage
from api.carriers.webhook import Webhook
from api.settings import Provider, SettingsError, SmsSection

NEEDED = {
    Provider.TWILIO: ("account", "secret", "sender"),
    Provider.VONAGE: ("account", "secret", "sender", "private_key_file"),
    Provider.WEBHOOK: ("secret", "sender", "url"),
}
SHORTEST_SECRET = 16  # characters


def text_carrier(sms: SmsSection) -> Carrier | None:
    """None when no text messages are to be sent. Raises SettingsError."""
    if sms.provider is Provider.NONE:
        return None
    for name in NEEDED[sms.provider]:
        if not getattr(sms, name):
            raise SettingsError(f"clinic.sms.{name} is needed for {sms.provider.value}")
    if len(sms.secret) < SHORTEST_SECRET:
        raise SettingsError(f"clinic.sms.secret needs {SHORTEST_SECRET} characters or more")
    if sms.url:
        _check_url(sms.url)
    url = sms.url.rstrip("/")
    match sms.provider:
        case Provider.TWILIO:
            return Twilio(sms.account, sms.secret, sms.sender, url or twilio.API)
        case Provider.VONAGE:
            key = _private_key(sms.private_key_file)
            return Vonage(sms.account, key, sms.secret, sms.sender, url or vonage.API)
    return Webhook(sms.url, sms.secret, sms.sender)


def _check_url(url: str) -> None:
    """Messages hold links that let people in: they go unencrypted to this machine alone."""
    parts = urlsplit(url)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise SettingsError("clinic.sms.url must be an address, https://…")
    if parts.scheme == "http" and not is_here:
        raise SettingsError("clinic.sms.url would go unencrypted: use https")


def _private_key(path: str) -> str:
    try:
        text = Path(path).read_text()
        load_pem_private_key(text.encode(), None)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(
            f"clinic.sms.private_key_file: {path} is no private key that can be read: "
            f"{type(error).__name__}"
        ) from None
    return text
