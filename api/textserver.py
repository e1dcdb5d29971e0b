"""Who text messages are handed to, as the operator says."""

from pathlib import Path

from api.carriers.carrier import Carrier
from api.carriers.choosing import Account, Kind, Unusable, carrier_with
from api.settings import Provider, SettingsError, SmsSection

KEY = "private_key"  # which is in a file of the operator's


def text_carrier(sms: SmsSection) -> Carrier | None:
    """None when no text messages are to be sent. Raises SettingsError."""
    if sms.provider is Provider.NONE:
        return None
    key = _private_key(sms.private_key_file) if sms.provider is Provider.VONAGE else ""
    own = Account(Kind(sms.provider.value), sms.sender, sms.secret, sms.account, key, sms.url)
    try:
        return carrier_with(own)
    except Unusable as error:
        name = f"{KEY}_file" if error.field == KEY else error.field
        raise SettingsError(f"clinic.sms.{name} {error.why}") from None


def _private_key(path: str) -> str:
    """Empty where none is named."""
    try:
        return Path(path).read_text() if path else ""
    except (OSError, ValueError) as error:
        why = f"{path} is no private key that can be read: {type(error).__name__}"
        raise SettingsError(f"clinic.sms.private_key_file: {why}") from None
