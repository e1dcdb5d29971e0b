"""Any program that carries text messages for a clinic, by signed requests of ours and of its own
(docs/messages.md has the format)."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from api.carriers.carrier import (
    Ask,
    Forged,
    Garbled,
    Reply,
    Report,
    Result,
    Text,
    Told,
    judge_status,
    message_of,
)
from api.rules.mailing import MailState
from api.rules.private import Private
from api.rules.texting import international, wish_of

HEADER = "housecall-signature"  # "t=SECONDS,v1=HEX"
OLDEST = 300.0  # seconds
STATES = {
    "sent": MailState.SENT,
    "delivered": MailState.DELIVERED,
    "failed": MailState.BOUNCED,
}


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str
    secret: str = field(repr=False)
    sender: str
    name: str = "webhook"

    def ask(self, text: Text, reference: str, hooks: str, now: float) -> Ask:
        body = {"to": text.to, "from": self.sender, "text": text.text, "reference": reference}
        content = json.dumps(body).encode()
        signature = sign(self.secret, int(now), content)
        return Ask(self.url, {"content-type": "application/json", HEADER: signature}, content)

    def judge(self, status: int, content: bytes) -> Result:
        if 200 <= status < 300:
            return Result(MailState.SENT)
        return judge_status(self.name, status)

    def report(self, told: Told, now: float) -> Report | None:
        found = self._checked(told, now)
        state = STATES.get(str(found.get("status")))
        message = message_of(found.get("reference"))
        if state is None or message is None:
            return None
        return Report(state, "webhook_failed" if state is MailState.BOUNCED else None, message)

    def reply(self, told: Told, now: float) -> Reply | None:
        found = self._checked(told, now)
        sender = international(Private(str(found.get("from"))))
        wish = wish_of(str(found.get("text", "")))
        return None if sender is None or wish is None else Reply(sender, wish)

    def _checked(self, told: Told, now: float) -> dict[str, Any]:
        try:
            found = json.loads(told.content)
        except (ValueError, RecursionError):
            raise Garbled from None
        if not isinstance(found, dict):
            raise Garbled
        given = told.headers.get(HEADER, "")
        at = given.partition(",")[0].removeprefix("t=")
        if not (at.isascii() and at.isdigit() and len(at) < 12 and abs(now - int(at)) < OLDEST):
            raise Forged
        if not hmac.compare_digest(
            sign(self.secret, int(at), told.content).encode(), given.encode()
        ):
            raise Forged
        return found


def sign(secret: str, at: int, content: bytes) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
