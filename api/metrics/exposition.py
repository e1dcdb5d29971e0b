"""Ask all media processes, and write what they tell as Prometheus's text."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from prometheus_client import Metric, ProcessCollector, generate_latest
from starlette.responses import Response

from api.clinic.standing import Standing
from api.metrics.checks import check_families
from api.metrics.families import families
from api.metrics.relaying import relay_families
from sfu.stats import NodeStats
from turn.stats import RelayStats

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # as LiveKit answers
PATIENCE = 2.0  # seconds for a media process to answer; the others are told without it

log = logging.getLogger(__name__)

Told = TypeVar("Told")


class Node(Protocol):
    """An engine, or what stands for one in another process."""

    async def stats(self) -> NodeStats: ...


class Metrics:
    """`nodes`: those that are there at the time of a scrape; `relay`: none, if there is none."""

    def __init__(
        self,
        nodes: Callable[[], Sequence[Node]],
        relay: Callable[[], Awaitable[RelayStats | None]] | None = None,
        standing: Standing | None = None,
    ) -> None:
        self._nodes = nodes
        self._relay = relay
        self._standing = standing
        self._process = ProcessCollector(registry=None)  # of the process that signals

    async def respond(self) -> Response:
        return Response(await self.text(), media_type=CONTENT_TYPE)

    async def text(self) -> bytes:
        relaying = within(self._relay) if self._relay is not None else nothing()
        asking = asyncio.gather(*map(ask, self._nodes()))
        relay, found = await asyncio.gather(relaying, asking)
        nodes = [one for one in found if one is not None]
        return generate_latest(Scrape(nodes, self._process, relay, self._standing))


class Scrape:
    """What one scrape has found, as prometheus_client reads it. Nothing of it is global."""

    def __init__(
        self,
        nodes: Sequence[NodeStats],
        process: ProcessCollector,
        relay: RelayStats | None,
        standing: Standing | None = None,
    ) -> None:
        self._nodes = nodes
        self._process = process
        self._relay = relay
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        yield from self._process.collect()
        yield from families(self._nodes)
        if self._relay is not None:
            yield from relay_families(self._relay)
        if self._standing is not None:
            yield from check_families(self._standing)


async def nothing() -> None:
    """Of a relay that is not there."""


async def ask(node: Node) -> NodeStats | None:
    return await within(node.stats)


async def within(stats: Callable[[], Awaitable[Told]]) -> Told | None:
    """None: it does not answer. Its time series end, which is what an alert looks for."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await stats()
    except (OSError, TimeoutError):
        log.warning("a media process did not tell its metrics within %g s", PATIENCE)
        return None
