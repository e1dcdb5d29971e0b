"""Run a planned server until a signal ends it."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable

import uvloop

from api.app import Application
from api.datafolder import DataFolder
from api.health import Phase
from api.listen import listen
from api.metrics.listener import metrics_sockets, serve_metrics
from api.plan import Plan
from api.relay import Relay
from api.server import Server
from api.tls import Reloading
from sfu.aio.reserve import Reserve

CERTIFICATE_CHECK = 2.0  # seconds between two looks at the certificate's files
POLITE = 4.5  # seconds for a polite end; the promise is 5

logger = logging.getLogger(__name__)


class Forced(Exception):
    """A second signal came."""


Announce = Callable[[int, str | None], None]


def run(plan: Plan, ahead: list[Reserve], announce: Announce) -> None:
    """Serve until SIGTERM or SIGINT; `announce` gets the port once the server is ready, and the
    token by which the clinic's first owner comes in, if there is none yet. `ahead` are processes
    for media.

    Raises ListenError, DataFolderError, and Forced after a second signal.
    """
    sockets = listen(plan.binds, plan.settings.port, optional=plan.binds_optional)
    scraped = metrics_sockets(plan)
    with (
        DataFolder(plan.settings.data).held(),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(plan, ahead, sockets, scraped, announce))


async def _serve(
    plan: Plan,
    ahead: list[Reserve],
    sockets: list[socket.socket],
    scraped: list[socket.socket],
    announce: Announce,
) -> None:
    signals = Signals()
    application = await Application.start(plan, ahead)
    server = Server(
        application.asgi,
        plan.tls.context if plan.tls else None,
        message_size=plan.settings.limit.signal_message_size_limit,
        farewell=application.close,
        guests=application.guests(plan),
    )
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets))
        beating = tasks.create_task(application.health.beat())
        watching = tasks.create_task(_watch(plan.tls, application.relay))
        telling = tasks.create_task(serve_metrics(application.metrics, plan, scraped))
        counting = tasks.create_task(application.traffic.watch())
        await server.ready.wait()
        application.health.phase = Phase.SERVING
        keeping = tasks.create_task(application.keep_clinic())
        announce(sockets[0].getsockname()[1], application.setup)
        await signals.first.wait()
        application.health.phase = Phase.ENDING
        beating.cancel()
        watching.cancel()
        telling.cancel()
        counting.cancel()
        keeping.cancel()
        server.should_exit = True
        await _end(serving, signals)
    if signals.second.is_set():
        raise Forced


async def _end(serving: asyncio.Task[None], signals: "Signals") -> None:
    """Wait for the polite end; a second signal, or too long a wait, makes it rude."""
    second = asyncio.create_task(signals.second.wait())
    try:
        await asyncio.wait({serving, second}, timeout=POLITE, return_when=asyncio.FIRST_COMPLETED)
    finally:
        second.cancel()
    serving.cancel()


class Signals:
    """SIGTERM and SIGINT, counted."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._receive)

    def _receive(self) -> None:
        (self.second if self.first.is_set() else self.first).set()


async def _watch(tls: Reloading | None, relay: Relay | None) -> None:
    """The page's certificate, and the relay's when it has one of its own."""
    ours = {tls, relay.plan.tls if relay is not None else None} - {None}
    while ours:
        await asyncio.sleep(CERTIFICATE_CHECK)
        for certificate in ours:
            if certificate is not None and certificate.refresh():
                logger.warning("the certificate has changed: new connections get the new one")
