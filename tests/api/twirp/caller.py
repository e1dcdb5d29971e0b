"""Call a Twirp server in memory; behind it a conference with pretended media."""

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from api.twirp.server import TwirpServer
from signaling.administration import Failure, administer
from signaling.config import Limits
from tests.api.asgi import Answer
from tests.api.asgi import ask as ask_app
from tests.harness import tokens
from tests.signaling.stage import EPOCH, Stage

KEY, SECRET = "APIkey", "s" * 32


class Caller:
    def __init__(self) -> None:
        self.stage = Stage()
        self.app = TwirpServer(
            self._administer, {KEY: SECRET}, Limits(), lambda: EPOCH + self.stage.now
        )

    async def _administer(self, method: str, request: Message) -> Message:
        answers: list[Message | Failure] = []
        administer(self.stage.conference, method, request, answers.append, self.stage.now)
        (answer,) = answers
        if isinstance(answer, Failure):
            raise answer
        return answer

    def token(self, **video: Any) -> str:
        sip = video.pop("sip", None)
        now = int(EPOCH + self.stage.now)
        body = {"iss": KEY, "sub": "api", "exp": now + 600, "video": video}
        return tokens.mint(SECRET, body | ({"sip": sip} if sip else {}))

    def post(
        self,
        method: str,
        body: bytes | Mapping[str, Any] = b"{}",
        *,
        token: str | None = None,
        content_type: str = "application/json",
        verb: str = "POST",
        **headers: str,
    ) -> Answer:
        given = {"content-type": content_type, **headers}
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask_app(self.app, verb, f"/twirp/livekit.{method}", headers=given, body=[data])

    def error(
        self, method: str, body: Mapping[str, Any] | None = None, **grant: Any
    ) -> tuple[int, str, str]:
        """Status, code and message."""
        answer = self.post(method, body or {}, token=self.token(**grant))
        told = json.loads(answer.body)
        return answer.status, told["code"], told["msg"]
