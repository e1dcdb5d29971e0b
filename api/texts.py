"""Take text messages to who carries them."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import httpx

from api.carriers.carrier import Result, reference_of
from api.clinic.clinic import Clinic
from api.clinic.letters import read_text
from api.clinic.outbox import Claimed
from api.deliveries import Deliveries
from api.rules.mailing import Channel, MailState
from turn.special import IP, is_never, special_network

TIMEOUT = 30.0  # seconds for each step
LONGEST = 65_536  # bytes of an answer that are read

logger = logging.getLogger(__name__)


class TextDelivery:
    """One message's way, on a connection of its own: one that was kept might be closed already,
    and nobody would know whether it has taken the message."""

    def __init__(
        self, clinic: Clinic, tls: ssl.SSLContext, may_reach: Callable[[IP], bool], it: Claimed
    ) -> None:
        self._clinic = clinic
        self._tls = tls
        self._may_reach = may_reach
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
        logger.warning("a carrier of text messages is not to be had: %s", reason)
        return Result(MailState.WAITING, reason)

    async def _run(self) -> Result:
        it, by = self._it, self._it.by
        assert by is not None
        carrier = by.carrier
        now = self._clinic.store.now().timestamp()
        ask = carrier.ask(read_text(it.message), reference_of(it.workspace, it.id), by.hooks, now)
        async with httpx.AsyncClient(
            verify=self._tls, timeout=TIMEOUT, trust_env=False, follow_redirects=False
        ) as client:
            request = client.build_request(
                "POST", ask.url, headers=dict(ask.headers), content=ask.content,
                extensions={"trace": self._watch},
            )  # fmt: skip
            if by.is_own and not await self._lead(request):
                return Result(MailState.WAITING, "not_public")
            response = await client.send(request, stream=True)
            try:
                content = await _read(response)
            finally:
                await response.aclose()
        result = carrier.judge(response.status_code, content)
        if result.state is not MailState.SENT:
            logger.warning("%s takes no message: %s", carrier.name, result.reason)
        return result

    async def _lead(self, request: httpx.Request) -> bool:
        """To an address that a workspace may send us to, which is then asked whatever its name
        becomes; False where its host has another one."""
        host = request.url.host
        found = await asyncio.get_running_loop().getaddrinfo(
            host, request.url.port or 443, type=socket.SOCK_STREAM
        )
        # Old addresses first: a machine without a way by the new ones may know their names.
        addresses = sorted((ip_address(one[4][0]) for one in found), key=lambda one: one.version)
        if not all(map(self._may_reach, addresses)):
            return False
        request.extensions["sni_hostname"] = host
        request.url = request.url.copy_with(host=str(addresses[0]))
        return True

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


def is_outside(address: IP) -> bool:
    """Neither this machine nor what is near it: an owner of a workspace is not the operator."""
    return not is_never(address) and special_network(address) is None


class Texter(Deliveries):
    """`may_reach`: where carriers of workspaces' own may be."""

    def __init__(self, clinic: Clinic, may_reach: Callable[[IP], bool] = is_outside) -> None:
        tls = ssl.create_default_context()
        super().__init__(
            clinic, Channel.SMS, lambda it: TextDelivery(clinic, tls, may_reach, it)
        )  # fmt: skip
