"""Take text messages to who carries them."""

import logging
import ssl
from typing import Any

import httpx

from api.carriers.carrier import Carrier, Result, reference_of
from api.clinic.clinic import Clinic
from api.clinic.letters import read_text
from api.clinic.outbox import Claimed
from api.deliveries import Deliveries
from api.rules.mailing import Channel, MailState

TIMEOUT = 30.0  # seconds for each step
LONGEST = 65_536  # bytes of an answer that are read

logger = logging.getLogger(__name__)


class TextDelivery:
    """One message's way, on a connection of its own: one that was kept might be closed already,
    and nobody would know whether it has taken the message."""

    def __init__(self, clinic: Clinic, carrier: Carrier, tls: ssl.SSLContext, it: Claimed) -> None:
        self._clinic = clinic
        self._carrier = carrier
        self._tls = tls
        self._it = it
        self._is_told = False  # the carrier may have taken it from here on

    async def run(self) -> Result:
        try:
            return await self._run()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return self.interrupted(type(error).__name__)

    def interrupted(self, reason: str) -> Result:
        if self._is_told:
            return Result(MailState.UNKNOWN, reason)
        logger.warning("%s is not to be had: %s", self._carrier.name, reason)
        return Result(MailState.WAITING, reason)

    async def _run(self) -> Result:
        clinic, it = self._clinic, self._it
        now = clinic.store.now().timestamp()
        reference = reference_of(it.workspace, it.id)
        ask = self._carrier.ask(read_text(it.message), reference, clinic.mail.page, now)
        async with httpx.AsyncClient(
            verify=self._tls, timeout=TIMEOUT, trust_env=False, follow_redirects=False
        ) as client:
            request = client.build_request(
                "POST", ask.url, headers=dict(ask.headers), content=ask.content,
                extensions={"trace": self._watch},
            )  # fmt: skip
            response = await client.send(request, stream=True)
            try:
                content = await _read(response)
            finally:
                await response.aclose()
        result = self._carrier.judge(response.status_code, content)
        if result.state is not MailState.SENT:
            logger.warning("%s takes no message: %s", self._carrier.name, result.reason)
        return result

    async def _watch(self, name: str, info: dict[str, Any]) -> None:
        """What httpcore tells of a request's way."""
        if name.endswith("send_request_headers.started"):
            self._is_told = True


async def _read(response: httpx.Response) -> bytes:
    """The beginning of it. The status has said already whether it was taken."""
    content = b""
    try:
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > LONGEST:
                break
    except httpx.HTTPError:
        pass
    return content[:LONGEST]


class Texter(Deliveries):
    def __init__(self, clinic: Clinic, carrier: Carrier) -> None:
        tls = ssl.create_default_context()
        super().__init__(
            clinic, Channel.SMS, lambda it: TextDelivery(clinic, carrier, tls, it)
        )  # fmt: skip
