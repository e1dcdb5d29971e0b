"""Put the server together: media engine, conference, signaling, page and endpoints.

The one place where the folders meet. Everything gets what it needs here.
"""

import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from livekit.protocol.webhook import WebhookEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from api.config import engine_configs, signaling_config, webhook_config
from api.deadletters import DeadLetters
from api.front import Guests
from api.health import Health
from api.iceservers import minting, offered, servers
from api.listen import ListenError, explain_media
from api.metrics.access import neighbour_route
from api.metrics.exposition import Metrics, Node
from api.middleware import (
    App,
    Receive,
    Scope,
    Send,
    collapse_slashes,
    limit_bodies,
    share_with_origins,
)
from api.plan import Plan
from api.readiness import Look, Readiness, State, counted
from api.relay import Relay, start_beside
from api.rest.passwords import RelayPasswords
from api.rest.tokens import RoomTokens
from api.rest.violations import Violations
from api.rest.whip import Whip
from api.sharing import Sharing
from api.site import Site, wants_page
from api.tls import by_name
from api.traffic import Traffic
from api.twirp.server import PATH as TWIRP
from api.twirp.server import TwirpServer, nobody_minds
from sfu.aio.remote import WorkerDied
from sfu.aio.reserve import Reserve
from sfu.aio.workers import Workers
from sfu.media import NodeInfo
from signaling.aio.webhooks import WebhookSender
from signaling.aio.websocket import SignalingApp
from signaling.conference import Conference
from signaling.config import Limits
from turn.aio.service import RelayService

if TYPE_CHECKING:
    from api.clinical import Clinical
    from api.joins import Joins
    from sfu.aio.engine import Engine

Notify = Callable[[list[WebhookEvent]], None]

SIGNALING = ("/rtc", "/agent")
LAST_WEBHOOKS = 1.5  # seconds for those that the end of the server causes


class MediaNode(Node, Protocol):
    node: NodeInfo


class Media(Protocol):
    """Where the media is."""

    @property
    def nodes(self) -> Sequence[MediaNode]: ...
    def accept(self, sock: socket.socket, source: str) -> None: ...
    async def close(self) -> None: ...


class Application:
    """A running server but for its listening sockets. Made by `start`, ended by `close`."""

    asgi: App

    def __init__(
        self, media: Media, signaling: SignalingApp, health: Health, webhooks: WebhookSender,
        limits: Limits, relay: Relay | None = None, clinical: "Clinical | None" = None,
    ) -> None:  # fmt: skip
        self.media = media
        self.relay = relay
        standing = clinical.clinic.standing if clinical is not None else None
        relaying = relay.stats if relay is not None else None
        self.metrics = Metrics(lambda: media.nodes, relaying, standing)
        self.traffic = Traffic(limits.node_bytes, lambda: media.nodes, signaling.tell_traffic)
        self.signaling = signaling
        self.webhooks = webhooks
        self.health = health
        self._clinical = clinical

    @classmethod
    async def start(cls, plan: Plan, ahead: list[Reserve]) -> "Application":
        """Media processes are taken from `ahead`.

        Raises ListenError when a media port cannot be had; StoreError.
        """
        clinical = await start_clinic(plan)
        try:
            return await cls._start(plan, ahead, clinical)
        except BaseException:
            if clinical is not None:
                await clinical.close()
            raise

    @classmethod
    async def _start(
        cls, plan: Plan, ahead: list[Reserve], clinical: "Clinical | None"
    ) -> "Application":
        webhooks = make_webhooks(plan)
        relay = await start_beside(plan)
        signaling = make_signaling(plan, webhooks, relay, clinical)
        media = await start_media(plan, ahead, signaling)
        if relay is not None:
            relay.plan.let_reach(node.node for node in media.nodes)
            join(media, relay)
        limits = signaling_config(plan.settings).limits
        application = cls(media, signaling, Health(), webhooks, limits, relay, clinical)
        twirp = TwirpServer(
            signaling.administer, plan.keys, limits, time.time,
            nobody_minds if clinical is None else clinical.clinic.doors.check_request,
        )  # fmt: skip
        passwords = RelayPasswords(minting(plan, relay), plan.keys, time.time)
        parts = look_for(plan, media, relay, clinical)
        readiness = Readiness(application.health, parts)
        more: list[BaseRoute] = [
            *Whip(signaling).routes, passwords.route, Violations().route, *readiness.routes,
        ]  # fmt: skip
        door: App = signaling
        if clinical is not None:
            clinical.connect(signaling, servers(plan, relay))
            clinical.look_at_oneself(plan, signaling, relay)
            more.append(clinical.route)
            door = clinical.joins.watch(signaling)
        application.asgi = assemble(
            plan, door, twirp, application.health, application.metrics, more
        )
        if clinical is not None:
            tell_joins(clinical.joins, application, signaling)
            application.asgi = clinical.watch(application.asgi)
        return application

    @property
    def setup(self) -> str | None:
        """The token by which the clinic's first owner comes in, if there is none yet."""
        return self._clinical.setup if self._clinical is not None else None

    async def keep_clinic(self) -> None:
        """Until cancelled."""
        if self._clinical is not None:
            await self._clinical.keep()

    def guests(self, plan: Plan) -> Guests | None:
        """Who comes by the web server's port, if anybody does."""
        takes_media = Sharing.of(plan).has(plan.settings.rtc.tcp_port)
        plain, in_tls = self.relay.accepts if self.relay is not None else (None, None)
        if not (takes_media or plain or in_tls):
            return None
        relay_tls = self.relay.plan.tls if self.relay is not None and in_tls else None
        return Guests(
            tls=by_name(plan.tls, relay_tls, plan.settings.turn.domain),
            relay=plain,
            relay_in_tls=in_tls,
            media=self.media.accept if takes_media else None,
        )

    async def close(self) -> None:
        """End all calls politely, then the media."""
        if self._clinical is not None:
            self._clinical.dismiss()
        await self.signaling.close()
        await self.webhooks.close(LAST_WEBHOOKS)
        await self.media.close()
        if self.relay is not None:
            await self.relay.close()
        if self._clinical is not None:
            await self._clinical.close()


def tell_joins(joins: "Joins", application: Application, signaling: SignalingApp) -> None:
    """What comes in by other doors than signaling's."""
    application.asgi = joins.watch_ingests(application.asgi)
    if application.relay is not None:
        application.relay.service.on_notes = lambda notes: joins.note_relayed(
            notes, signaling.locate
        )


async def start_clinic(plan: Plan) -> "Clinical | None":
    """Raises StoreError."""
    if not plan.has_clinic:
        return None
    from api.clinical import Clinical  # a second and 60 MB: only where there is a clinic

    return await Clinical.start(plan)


class Embedded:
    """Media in this process: for small machines and tests."""

    def __init__(self, engine: "Engine") -> None:
        self.nodes = [engine]

    def accept(self, sock: socket.socket, source: str) -> None:
        self.nodes[0].adopt(sock, b"")

    def carry(self, relay: RelayService) -> None:
        self.nodes[0].join(relay)

    async def close(self) -> None:
        await self.nodes[0].close()


async def start_media(plan: Plan, ahead: list[Reserve], signaling: SignalingApp) -> Media:
    """Raises ListenError."""
    configs = engine_configs(plan)
    try:
        if plan.workers:
            return await Workers.start(configs, signaling, ahead)
        from sfu.aio.engine import Engine  # 100 MB: only where packets are forwarded

        engine = await Engine.start(configs[0], signaling.receive_event)
    except OSError as error:
        raise ListenError(explain_media(configs, error)) from None
    except WorkerDied as error:
        raise ListenError(str(error)) from None
    signaling.add_node(engine)
    return Embedded(engine)


def join(media: Media, relay: Relay) -> None:
    """Both know of each other where media and relay share a process."""
    service = relay.service
    if isinstance(service, RelayService):
        assert isinstance(media, Embedded)
        media.carry(service)
    else:
        assert isinstance(media, Workers)
        media.carry(service)


def look_for(
    plan: Plan, media: Media, relay: Relay | None, clinical: "Clinical | None"
) -> dict[str, Look]:
    """What new visits need here, and how to see whether it is there."""

    async def processes() -> State:
        return counted(len(media.nodes), len(plan.workers) or 1)

    async def relaying() -> State:
        return counted(relay is not None and relay.is_on, 1)

    async def database() -> State:
        return counted(clinical is not None and await clinical.answers(), 1)

    parts: dict[str, Look] = {"media": processes}
    if relay is not None:
        parts["relay"] = relaying
    if clinical is not None:
        parts["database"] = database
    return parts


def make_webhooks(plan: Plan) -> WebhookSender:
    letters = DeadLetters(plan.settings.data)
    epoch = time.time() - time.monotonic()
    return WebhookSender(webhook_config(plan), letters.bury, epoch=epoch)


def make_signaling(
    plan: Plan,
    webhooks: WebhookSender,
    relay: Relay | None = None,
    clinical: "Clinical | None" = None,
) -> SignalingApp:
    config = signaling_config(plan.settings, offered(plan, relay))
    epoch = time.time() - time.monotonic()
    notify: Notify = webhooks.send
    guard = None
    if clinical is not None:
        config = replace(config, tells_events=True, quiet_room=clinical.quiet_room)
        guard = clinical.clinic.doors
        notify = both(webhooks.send, clinical.attendance.hear)
    conference = Conference(config, plan.keys, os.urandom, epoch=epoch, guard=guard)
    limits = config.limits
    return SignalingApp(
        conference,
        message_size=limits.message_size,
        send_queue=limits.send_queue,
        notify=notify,
    )


def both(first: Notify, second: Notify) -> Notify:
    def notify(events: list[WebhookEvent]) -> None:
        first(events)
        second(events)

    return notify


def assemble(
    plan: Plan,
    signaling: App,
    twirp: App,
    health: Health,
    metrics: Metrics,
    more: Sequence[BaseRoute] = (),
) -> App:
    """One ASGI callable for all paths, with what holds for each request around it."""
    own = own_routes(plan, health, metrics, more)

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] == "websocket" or path in SIGNALING or path.startswith("/rtc/"):
            await signaling(scope, receive, send)
        elif path.startswith(TWIRP):
            await twirp(scope, receive, send)
        else:
            await own(scope, receive, send)

    limit = plan.settings.limit.max_api_request_body_size
    return collapse_slashes(share_with_origins(limit_bodies(route, limit)))


def own_routes(plan: Plan, health: Health, metrics: Metrics, more: Sequence[BaseRoute]) -> App:
    site = Site()

    async def page(request: Request) -> Response:
        if not site.is_built:
            return PlainTextResponse("The page has not been built: run `make setup`.", 503)
        return site.respond("/index.html", request)

    async def root(request: Request) -> Response:
        if problem := health.problem():
            return PlainTextResponse(problem, 406)
        if not wants_page(request):
            return PlainTextResponse("OK", headers={"vary": "accept"})
        return await page(request)

    tokens = RoomTokens(plan.link_key, plan.keys)
    return Starlette(
        routes=[
            Route("/", root, methods=["GET"]),
            Route("/status", page, methods=["GET"]),
            Route("/api/v1/rooms/token", tokens.respond, methods=["POST"]),
            *more,
            neighbour_route(metrics),
            Route("/{path:path}", site.serve, methods=["GET"]),
        ]
    )
