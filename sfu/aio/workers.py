"""The media processes of a server: started together, each replaced when it is lost."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from sfu.aio.handover import Door
from sfu.aio.listening import EngineConfig, advertised, unique
from sfu.aio.remote import RemoteNode, WorkerDied
from sfu.aio.remoterelay import RemoteRelay
from sfu.aio.reserve import Reserve
from sfu.credentials import Credentials
from sfu.events import Event
from sfu.media import Candidate
from turn import kept
from turn.aio.accepting import bind_tcp

STABLE = 5.0  # seconds: who dies younger has something that a new process may have too
# Seconds before a new one, by young deaths in a row. Joins wait for it, and clients not for ever.
PAUSES = (0.0, 0.0, 0.0, 0.5, 1.0, 2.0)
# Seconds after a replacement until the next one is prepared: clients that join anew need the cores.
RESTOCK = 1.0

log = logging.getLogger(__name__)


class Audience(Protocol):
    """Who commands the nodes."""

    def add_node(self, node: RemoteNode) -> None: ...
    def lose_node(self, node: RemoteNode) -> None: ...
    def receive_event(self, event: Event) -> None: ...


class Workers:
    """Made by `start`, one process for each configuration. TCP is accepted here for all."""

    def __init__(self, configs: Sequence[EngineConfig], audience: Audience) -> None:
        self.nodes: list[RemoteNode] = []  # those that are ready
        self._configs = configs
        self._audience = audience
        self._credentials = Credentials[RemoteNode]()
        self._door = Door(self._credentials.owner_of)
        self._candidates: list[Candidate] = []  # TCP, the same for all
        self._first: RemoteNode | None = None  # of the first configuration
        self._relay: RemoteRelay | None = None
        self._keeping: list[asyncio.Task[None]] = []
        self._reserve: Reserve | None = None  # for whichever is lost first
        self._restocking: asyncio.TimerHandle | None = None

    @classmethod
    async def start(
        cls, configs: Sequence[EngineConfig], audience: Audience, ahead: list[Reserve] | None = None
    ) -> "Workers":
        """Processes are taken from `ahead` as long as there are any, and are their nodes' then.

        OSError when a port is taken or an address is not ours; WorkerDied.
        """
        ahead = [] if ahead is None else ahead
        kept.announce()
        workers = cls(configs, audience)
        try:
            workers._listen(configs[0])
            starting = [
                workers._start(config, ahead.pop() if ahead else None) for config in configs
            ]
            started = await asyncio.gather(*starting, return_exceptions=True)
            for config, node in zip(configs, started, strict=True):
                if isinstance(node, BaseException):
                    raise node
                workers._keeping.append(asyncio.create_task(workers._keep(config, node)))
            workers._restock()
        except BaseException:
            await workers.close()
            raise
        return workers

    async def close(self) -> None:
        """What the nodes were told before is done first."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        self._door.close()
        if self._restocking is not None:
            self._restocking.cancel()
        if self._reserve is not None:
            await self._reserve.dismiss()
        await asyncio.gather(*(node.close() for node in self.nodes))

    def carry(self, relay: RemoteRelay) -> None:
        """The first process relays too, and whichever takes its place."""
        self._relay = relay
        if self._first is not None:
            relay.begin(self._first)

    def accept(self, sock: socket.socket, source: str) -> None:
        """A client's connection that somebody else has accepted, and read nothing from."""
        self._door.take(sock, source)

    def _listen(self, config: EngineConfig) -> None:
        self._candidates = list(config.elsewhere)
        if config.tcp_port is None:
            return
        sockets: list[socket.socket] = []
        try:
            for address in config.addresses:
                sockets.append(bind_tcp(address, config.tcp_port))
        except OSError:
            for sock in sockets:
                sock.close()
            raise
        self._door.open(sockets)
        self._candidates += unique(
            [
                Candidate("tcp", ip, sock.getsockname()[1])
                for sock in sockets
                for ip in advertised(config, sock.getsockname()[0])
            ]
        )

    async def _start(self, config: EngineConfig, reserve: Reserve | None) -> RemoteNode:
        name = f"ND_{secrets.token_hex(6)}"
        fresh = replace(config, node_id=name, tcp_port=None, elsewhere=())
        node = await RemoteNode.start(
            fresh, self._audience.receive_event, self._credentials, reserve
        )
        node.node.candidates += self._candidates
        self.nodes.append(node)
        if config is self._configs[0]:
            self._first = node
            if self._relay is not None:
                self._relay.begin(node)
        self._audience.add_node(node)
        return node

    async def _keep(self, config: EngineConfig, node: RemoteNode) -> None:
        """Until cancelled. The clients hear of a loss before its remains are cleared away."""
        loop, young = asyncio.get_running_loop(), 0
        while True:
            born = loop.time()
            await asyncio.wait({node.lost})
            log.error("a media process is lost (%s): its rooms begin anew", node.lost.result())
            self._lose(node)
            await node.kill()
            young = young + 1 if loop.time() - born < STABLE else 0
            node = await self._replace(config, young)

    def _lose(self, node: RemoteNode) -> None:
        self.nodes.remove(node)
        if node is self._first:
            self._first = None
        if self._relay is not None:
            self._relay.lose(node)
        self._credentials.forget(node)
        self._audience.lose_node(node)

    async def _replace(self, config: EngineConfig, young: int) -> RemoteNode:
        while True:
            await asyncio.sleep(PAUSES[min(young, len(PAUSES) - 1)])
            try:
                reserve, self._reserve = self._reserve, None
                node = await self._start(config, reserve)
                log.warning("a new media process has taken its place")
                self._restock_later()
                return node
            except (OSError, WorkerDied) as error:
                log.error("no media process in its place: %s", error)
                young += 1

    def _restock_later(self) -> None:
        if self._restocking is not None:
            self._restocking.cancel()
        self._restocking = asyncio.get_running_loop().call_later(RESTOCK, self._restock)

    def _restock(self) -> None:
        """Without one the next loss lasts longer, and that is all."""
        self._restocking = None
        if self._reserve is not None:
            return
        try:
            self._reserve = Reserve()
        except OSError as error:
            log.warning("no media process in reserve: %s", error.strerror)
