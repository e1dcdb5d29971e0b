"""The relay, from the settings to one that listens."""

import asyncio
import logging
import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from api.front import Front, Guests, MakeProtocol, TakeSocket
from api.listen import ListenError, explain
from api.plan import Plan, public_ports
from api.protocol import Waiting
from api.rules.addresses import MediaAddresses
from api.rules.publicity import PublicPorts
from api.rules.relaying import (
    TLS_PORT,
    UDP_PORT,
    RelayPorts,
    by_family,
    family_of,
    relay_ports,
    urls,
)
from api.rules.workers import udp_ports
from api.settings import Settings, SettingsError
from api.sharing import Sharing
from api.tls import Reloading
from sfu.aio.remoterelay import RemoteRelay
from sfu.media import NodeInfo
from turn.aio.accepting import bind_tcp
from turn.aio.service import RelayService
from turn.config import REALM, RelayConfig, Terms
from turn.credentials import Credentials
from turn.policy import Policy, PolicyError, networks
from turn.quota import Limits
from turn.stats import RelayStats

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class RelayPlan:
    """What is known before anything listens."""

    config: RelayConfig
    binds: list[str]  # that it listens on
    relay_binds: dict[int, str]  # by family, what packets to peers leave from
    near: dict[str, str]  # behind a NAT, our own address by the one that clients are told
    ports: RelayPorts
    told: list[str]  # the hosts of the URLs
    told_tcp: list[str]  # of those of TCP
    tls_host: str
    tls: Reloading | None
    external_tls: bool = False  # a proxy ends it
    public: PublicPorts = field(default_factory=lambda: PublicPorts({}))
    shared: Sharing | None = None  # with the web server beside
    media_ports: set[int] = field(default_factory=set)  # of our own media

    @property
    def urls(self) -> list[str]:
        """What clients are told."""
        return urls(self.told, self.ports.outside(self.public), self.tls_host, self.told_tcp)

    def let_reach(self, media: Iterable[NodeInfo]) -> None:
        """The ports that the system chose for our media too."""
        found = {c.port for node in media for c in node.candidates if c.protocol == "udp"}
        self.media_ports |= found
        self.config.policy.forget()


def plan_relay(
    settings: Settings,
    addresses: MediaAddresses,
    keys: Mapping[str, str],
    media: Mapping[str, Collection[int]],
    tls: Reloading | None = None,
) -> RelayPlan:
    """`media`: our own media's ports by address. Raises SettingsError, TlsError."""
    turn = settings.turn
    # The page's certificate is for its name: without one nobody is told of TLS.
    certificate = own_certificate(settings) or (tls if turn.domain else None)
    hosts = by_family(addresses.advertised)
    try:
        config = RelayConfig(
            hosts=hosts,
            credentials=Credentials(turn.users, turn.secrets, keys),
            policy=Policy(
                media,
                networks(turn.allow_restricted_peer_cidrs, "turn.allow_restricted_peer_cidrs"),
                networks(turn.deny_peer_cidrs, "turn.deny_peer_cidrs"),
            ),
            realm=turn.realm or REALM,
            ports=relay_ports(turn.relay_range_start, turn.relay_range_end),
            limits=Limits(
                allocations=max(0, turn.per_user_relay_allocation_limit),
                bandwidth=turn.per_user_bandwidth,
            ),
        )
    except (PolicyError, ValueError) as error:
        raise SettingsError(str(error)) from None
    reached = by_family(addresses.bound)
    told = [turn.domain] if turn.domain else list(hosts.values())
    return RelayPlan(
        config=config,
        binds=turn.bind_addresses or sorted(set(addresses.bound)),
        relay_binds={family: reached[family] for family in hosts if family in reached},
        near=behind(addresses, reached),
        ports=listening(settings, has_certificate=certificate is not None),
        told=told,
        told_tcp=told,
        tls_host=turn.domain,
        tls=certificate,
        external_tls=turn.external_tls,
        public=public_ports(settings),
    )


def behind(addresses: MediaAddresses, reached: Mapping[int, str]) -> dict[str, str]:
    """Our own address by each outer one of its family; the one that is told for relaying last,
    since on the way back it is the one that stands."""
    outer = [ip for ip in addresses.advertised if ip not in addresses.bound]
    return {ip: reached[family] for ip in reversed(outer) if (family := family_of(ip)) in reached}


def own_certificate(settings: Settings) -> Reloading | None:
    """Raises SettingsError, TlsError."""
    cert, key = settings.turn.cert_file, settings.turn.key_file
    if bool(cert) != bool(key):
        raise SettingsError("turn.cert_file and turn.key_file go together")
    return Reloading(Path(cert), Path(key)) if cert else None


def listening(settings: Settings, *, has_certificate: bool) -> RelayPorts:
    """As LiveKit has it a port of 0 is none; one that is not named is the usual one.

    Raises SettingsError.
    """
    turn = settings.turn
    can_tls = has_certificate or turn.external_tls
    if turn.tls_port and not can_tls:
        raise SettingsError("turn.tls_port needs turn.cert_file and turn.key_file")
    tls = turn.tls_port if turn.tls_port is not None else TLS_PORT if can_tls else 0
    udp = UDP_PORT if turn.udp_port is None else turn.udp_port
    tcp = udp if turn.tcp_port is None else turn.tcp_port
    return RelayPorts(udp or None, tcp or None, tls or None)


def plan_beside(plan: Plan) -> RelayPlan:
    """Of a relay in a server, for its own media. Raises SettingsError, TlsError."""
    ports = set(plan.workers or udp_ports(plan.settings.rtc.udp_port)[:1])
    hosts = {*plan.media.bound, *plan.media.advertised}
    media = dict.fromkeys(hosts, ports)
    made = plan_relay(plan.settings, plan.media, plan.keys, media, plan.tls)
    made.media_ports = ports
    made.shared = share(made, Sharing.of(plan))
    return made


def share(made: RelayPlan, sharing: Sharing) -> Sharing | None:
    """Raises SettingsError."""
    ours = list(made.relay_binds.values())
    if sharing.has(made.ports.tls):
        sharing.reached(ours, "turn.tls_port")
    if sharing.has(made.ports.tcp):
        reached = {family_of(ip) for ip in sharing.reached(ours, "turn.tcp_port")}
        hosts = made.config.hosts
        made.told_tcp = [
            host for host in made.told if host not in hosts.values() or family_of(host) in reached
        ]
    return sharing if sharing.has(made.ports.tcp) or sharing.has(made.ports.tls) else None


async def start_beside(plan: Plan) -> "Relay | None":
    """None: the settings want none, or its usual ports are taken and nobody has named others.

    Raises SettingsError, TlsError, ListenError.
    """
    if not plan.relays:
        return None
    turn = plan.settings.turn
    try:
        return await Relay.start(plan_beside(plan), elsewhere=bool(plan.workers))
    except ListenError as error:
        if (turn.udp_port, turn.tcp_port, turn.tls_port) != (None, None, None):
            raise
        logger.warning("there is no relay: %s", error)
        return None


class Relay:
    """One that listens. A remote one relays once a media process has begun with it."""

    def __init__(
        self, service: RelayService | RemoteRelay, plan: RelayPlan, doors: Sequence["Door"] = ()
    ) -> None:
        self.service = service
        self.plan = plan
        self._doors = doors

    @property
    def urls(self) -> list[str]:
        return self.plan.urls

    @property
    def is_on(self) -> bool:
        """Whether somebody relays now."""
        return isinstance(self.service, RelayService) or self.service.is_carried

    @property
    def accepts(self) -> tuple[TakeSocket | None, MakeProtocol | None]:
        """What the web server's port is to give connections to, plain ones and those in TLS."""
        plan = self.plan
        in_tls, plain = (
            plan.shared is not None and plan.shared.has(port)
            for port in (plan.ports.tls, plan.ports.tcp)
        )
        if plan.external_tls:
            plain, in_tls = plain or in_tls, False
        service = self.service
        return service.take_from if plain else None, service.accept if in_tls else None

    @classmethod
    async def start(cls, plan: RelayPlan, *, elsewhere: bool = False) -> "Relay":
        """`elsewhere`: in a media process. Raises ListenError."""
        service: RelayService | RemoteRelay
        if elsewhere:
            service = RemoteRelay(lambda: Terms.of(plan.config, plan.relay_binds, plan.near))
        else:
            service = RelayService(plan.config, plan.relay_binds, plan.near, by_loops=True)
        context = None if plan.tls is None or plan.external_tls else plan.tls.context
        ports = plan.ports if plan.shared is None else plan.ports.without(plan.shared.port)
        doors: list[Door] = []
        relay = cls(service, plan, doors)
        try:
            for host in plan.binds:
                if context is not None and ports.tcp == ports.tls:
                    doors.append(Door(service, host, ports.tls, context))
                    await listen(service, host, RelayPorts(ports.udp, None, None), None)
                else:
                    await listen(service, host, ports, context)
        except ListenError:
            await relay.close()
            raise
        return relay

    async def stats(self) -> RelayStats | None:
        return await self.service.stats()

    async def close(self) -> None:
        for door in self._doors:
            door.close()
        await self.service.close()


class Door:
    """One port for clients with TLS and without."""

    def __init__(
        self,
        service: RelayService | RemoteRelay,
        host: str,
        port: int | None,
        context: ssl.SSLContext,
    ) -> None:
        """Raises ListenError."""
        guests = Guests(tls=context, relay=service.take_from, relay_in_tls=service.accept)
        try:
            self._socket = bind_tcp(host, port or 0)
        except OSError as error:
            raise ListenError(explain(error, host, port or 0, "turn.tls_port")) from None
        self._front = Front(None, guests, Waiting(), secure=True)
        self._front.open([self._socket])

    def close(self) -> None:
        self._front.close()
        self._socket.close()


async def listen(
    service: RelayService | RemoteRelay,
    host: str,
    ports: RelayPorts,
    context: ssl.SSLContext | None,
) -> None:
    setting, port = "turn.udp_port", ports.udp
    try:
        if ports.udp is not None:
            service.listen_udp(host, ports.udp)
        setting, port = "turn.tcp_port", ports.tcp
        if ports.tcp is not None:
            await service.listen_tcp(host, ports.tcp)
        setting, port = "turn.tls_port", ports.tls
        if ports.tls is not None:
            await service.listen_tcp(host, ports.tls, context)
    except OSError as error:
        raise ListenError(explain(error, host, port or 0, setting)) from None


async def watch(certificate: Reloading | None, seconds: float) -> None:
    """Take new certificates as they come."""
    while certificate is not None:
        await asyncio.sleep(seconds)
        if certificate.refresh():
            logger.warning("the relay's certificate has changed: new connections get the new one")
