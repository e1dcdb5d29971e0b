"""Flows carried out over HTTP: to the providers' own hosts alone, and never for long."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx

from api.rules.providers.adapters import Adapter
from api.rules.providers.exchange import Answer, Flow, Request, Trouble, Unfulfilled, wait_in

T = TypeVar("T")

PATIENCE = httpx.Timeout(4.0, connect=3.0)  # seconds, for each word
LONGEST = 6.0  # seconds that a flow takes: somebody waits for it
BIGGEST = 262_144  # bytes of an answer

logger = logging.getLogger(__name__)


class Web:
    def __init__(
        self,
        now: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
        longest: float = LONGEST,
    ) -> None:
        self._now = now
        self._transport = transport
        self._longest = longest
        self._trust: ssl.SSLContext | None = None  # made once: it takes a while

    async def run(
        self, adapter: Adapter, flow: Flow[T], token: str | None = None, origin: str = ""
    ) -> T:
        """`token`: the account's, for requests in its name. `origin`: asked in place of the
        provider's own hosts. Raises Unfulfilled."""
        try:
            async with asyncio.timeout(self._longest), self._client() as client:
                return await self._drive(client, adapter, flow, token, origin)
        except (TimeoutError, httpx.TimeoutException):
            raise Unfulfilled(Trouble.SILENT, is_unsure=True) from None
        except httpx.ConnectError:
            raise Unfulfilled(Trouble.SILENT) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise Unfulfilled(Trouble.SILENT, is_unsure=True) from None

    def _client(self) -> httpx.AsyncClient:
        # A connection for each: there are few, and none is found dead when it is needed.
        self._trust = self._trust or ssl.create_default_context()
        return httpx.AsyncClient(
            transport=self._transport,
            timeout=PATIENCE,
            follow_redirects=False,
            verify=self._trust,
        )

    async def _drive(
        self,
        client: httpx.AsyncClient,
        adapter: Adapter,
        flow: Flow[T],
        token: str | None,
        origin: str,
    ) -> T:
        answer: Answer | None = None
        while True:
            try:
                request = next(flow) if answer is None else flow.send(answer)
            except StopIteration as done:
                result: T = done.value
                return result
            if urlsplit(request.url).hostname not in adapter.hosts:
                raise AssertionError(f"{urlsplit(request.url).hostname} is no host of the provider")
            await asyncio.sleep(request.after)
            answer = await self._ask(client, request, token, origin)

    async def _ask(
        self, client: httpx.AsyncClient, request: Request, token: str | None, origin: str
    ) -> Answer:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if not request.is_of_client and token is not None:
            headers["authorization"] = f"Bearer {token}"
        url = moved(request.url, origin) if origin else request.url
        async with client.stream(
            request.method,
            url,
            params=dict(request.query) or None,
            data=None if request.form is None else dict(request.form),
            json=None if request.json is None else dict(request.json),
            auth=request.basic or NOBODY,
            headers=headers,
        ) as response:
            body = await _read(response)
        wait = wait_in(response.headers.get("retry-after"), self._now())
        logger.debug("%s answers %d", urlsplit(request.url).hostname, response.status_code)
        return Answer(response.status_code, _content(body), wait)


class _Nobody(httpx.Auth):
    """No password that is lying about on this machine (.netrc) is sent along."""


NOBODY = _Nobody()


def moved(url: str, origin: str) -> str:
    """The same path at another host."""
    there, own = urlsplit(url), urlsplit(origin)
    return urlunsplit((own.scheme, own.netloc, there.path, there.query, ""))


async def _read(response: httpx.Response) -> bytes:
    """Raises Unfulfilled when there is no end to it."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > BIGGEST:
            raise Unfulfilled(Trouble.GARBAGE, is_unsure=True)
    return bytes(body)


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
