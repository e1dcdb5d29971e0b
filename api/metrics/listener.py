"""The listener at `prometheus.port`, beside the one for everybody."""

import asyncio
import socket

from starlette.applications import Starlette

from api.listen import listen
from api.metrics.access import scraper_route
from api.metrics.exposition import Metrics
from api.plan import Plan
from api.server import Server

BODY = 1 << 16  # bytes of a message; nobody sends any


def metrics_sockets(plan: Plan) -> list[socket.socket]:
    """On the same addresses as the page; none without `prometheus.port`. Raises `ListenError`."""
    port = plan.settings.metrics_port
    if not port:
        return []
    return listen(plan.binds, port, optional=plan.binds_optional, setting="prometheus.port")


async def serve_metrics(metrics: Metrics, plan: Plan, sockets: list[socket.socket]) -> None:
    """Until cancelled."""
    if not sockets:
        return
    app = Starlette(routes=[scraper_route(metrics, plan.settings.prometheus)])
    server = Server(app, None, message_size=BODY, farewell=nothing)
    serving = asyncio.create_task(server.serve(sockets))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


async def nothing() -> None:
    """Nobody has to be told that it ends."""
