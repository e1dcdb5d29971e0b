"""Twilio's Programmable Messaging (docs/messages.md says which pages were read)."""

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from api.carriers.carrier import (
    Ask,
    Forged,
    Garbled,
    Reply,
    Report,
    Result,
    Text,
    Told,
    digits,
    judge_status,
    message_of,
)
from api.rules.mailing import MailState
from api.rules.private import Private
from api.rules.texting import Wish, international, wish_of

API = "https://api.twilio.com"
STATES = {
    "sent": MailState.SENT,
    "delivered": MailState.DELIVERED,
    "read": MailState.DELIVERED,
    "undelivered": MailState.BOUNCED,
    "failed": MailState.BOUNCED,
    "canceled": MailState.BOUNCED,
}


@dataclass(frozen=True, slots=True)
class Twilio:
    """`sender`: a number, or a messaging service ("MG…")."""

    account: str
    token: str = field(repr=False)
    sender: str
    url: str = API
    name: str = "twilio"

    def ask(self, text: Text, reference: str, hooks: str, now: float) -> Ask:
        login = b64encode(f"{self.account}:{self.token}".encode()).decode()
        sender = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        values = {"To": text.to, sender: self.sender, "Body": text.text}
        if hooks.startswith("https:"):  # it refuses a message with an address that it cannot reach
            values["StatusCallback"] = f"{hooks}/status?reference={reference}"
        return Ask(
            f"{self.url}/2010-04-01/Accounts/{self.account}/Messages.json",
            {
                "authorization": f"Basic {login}",
                "content-type": "application/x-www-form-urlencoded",
            },
            urlencode(values).encode(),
        )

    def judge(self, status: int, content: bytes) -> Result:
        found = _json(content)
        if 200 <= status < 300:
            sid = found.get("sid")
            return Result(MailState.SENT, None, sid if isinstance(sid, str) else None)
        return judge_status(self.name, status, digits(found.get("code")))

    def report(self, told: Told, now: float) -> Report | None:
        values = self._checked(told)
        state = STATES.get(values.get("MessageStatus", ""))
        if state is None:
            return None
        ours = dict(parse_qsl(urlsplit(told.url).query)).get("reference")
        code = digits(values.get("ErrorCode", ""))
        reason = f"{self.name}_{code or 'failed'}" if state is MailState.BOUNCED else None
        return Report(state, reason, message_of(ours), values.get("MessageSid"))

    def reply(self, told: Told, now: float) -> Reply | None:
        values = self._checked(told)
        sender = international(Private(values.get("From", "")))
        advanced = {"STOP": Wish.STOP, "START": Wish.START}.get(values.get("OptOutType", ""))
        wish = advanced or wish_of(values.get("Body", ""))
        return None if sender is None or wish is None else Reply(sender, wish)

    def _checked(self, told: Told) -> dict[str, str]:
        try:
            pairs = parse_qsl(told.content.decode(), keep_blank_values=True, strict_parsing=True)
        except ValueError:
            raise Garbled from None
        given = told.headers.get("x-twilio-signature", "")
        good = [sign(self.token, url, pairs).encode() for url in _ways(told.url)]
        if not any(hmac.compare_digest(one, given.encode()) for one in good):
            raise Forged
        return dict(pairs)


def _ways(url: str) -> tuple[str, str]:
    """The address with its port and without: their own libraries take either."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return (
        parts._replace(netloc=f"{host}:{port}").geturl(),
        parts._replace(netloc=host).geturl(),
    )


def sign(token: str, url: str, pairs: list[tuple[str, str]]) -> str:
    """The whole address and all fields in the order of their names, one behind the other."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def _json(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
