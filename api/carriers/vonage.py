"""Vonage's Messages API (docs/messages.md says which pages were read)."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import jwt

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
from api.rules.texting import international, wish_of

API = "https://api.nexmo.com"
VALID = 300  # seconds that a token of ours is good for
OLDEST = 86_400.0  # seconds: what is not answered is repeated for a day
STATES = {
    "submitted": MailState.SENT,
    "delivered": MailState.DELIVERED,
    "read": MailState.DELIVERED,
    "rejected": MailState.BOUNCED,
    "undeliverable": MailState.BOUNCED,
}


@dataclass(frozen=True, slots=True)
class Vonage:
    """`key`: the application's private key, in PEM. `secret` is what Vonage signs with."""

    application: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    sender: str
    url: str = API
    name: str = "vonage"

    def ask(self, text: Text, reference: str, hooks: str, now: float) -> Ask:
        claims = {
            "application_id": self.application,
            "iat": int(now),
            "exp": int(now) + VALID,
            "jti": secrets.token_hex(16),
        }
        body = {
            "message_type": "text",
            "channel": "sms",
            "to": text.to.removeprefix("+"),
            "from": self.sender.removeprefix("+"),
            "text": text.text,
            "client_ref": reference,
        }
        return Ask(
            f"{self.url}/v1/messages",
            {
                "authorization": f"Bearer {jwt.encode(claims, self.key, 'RS256')}",
                "content-type": "application/json",
                "accept": "application/json",
            },
            json.dumps(body).encode(),
        )

    def judge(self, status: int, content: bytes) -> Result:
        if 200 <= status < 300:
            try:
                found = _object(content)
            except Garbled:
                found = {}
            uuid = found.get("message_uuid")
            return Result(MailState.SENT, None, uuid if isinstance(uuid, str) else None)
        return judge_status(self.name, status)

    def report(self, told: Told, now: float) -> Report | None:
        found = self._checked(told, now)
        state = STATES.get(str(found.get("status")))
        if state is None:
            return None
        error = found.get("error")
        code = digits(error.get("title")) if isinstance(error, dict) else None
        reason = f"{self.name}_{code or 'rejected'}" if state is MailState.BOUNCED else None
        uuid = found.get("message_uuid")
        theirs = uuid if isinstance(uuid, str) else None
        return Report(state, reason, message_of(found.get("client_ref")), theirs)

    def reply(self, told: Told, now: float) -> Reply | None:
        found = self._checked(told, now)
        sender = international(Private("+" + str(found.get("from")).removeprefix("+")))
        wish = wish_of(str(found.get("text", "")))
        return None if sender is None or wish is None else Reply(sender, wish)

    def _checked(self, told: Told, now: float) -> dict[str, Any]:
        found = _object(told.content)
        scheme, _, token = told.headers.get("authorization", "").partition(" ")
        try:
            claims = jwt.decode(
                token, self.secret, ["HS256"], options={"verify_iat": False, "verify_exp": False}
            )
        except jwt.PyJWTError:
            raise Forged from None
        issued, hashed = claims.get("iat"), str(claims.get("payload_hash"))
        digest = hashlib.sha256(told.content).hexdigest()
        is_whole = hmac.compare_digest(digest.encode(), hashed.lower().encode())
        if not (isinstance(issued, int | float) and abs(now - issued) < OLDEST):
            raise Forged
        if scheme.lower() != "bearer" or not is_whole:
            raise Forged
        return found


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Garbled from None
    if not isinstance(found, dict):
        raise Garbled
    return found
