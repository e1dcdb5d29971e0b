"""The same of a relay without a server: packets go to a socket of this machine, if it may."""

import os
import socket
import ssl
import time
from ipaddress import ip_address

from api.addresses import machine_addresses
from api.doctor.addresses import check_addresses, check_name, resolve
from api.doctor.certificates import utc_now
from api.doctor.clock import check_clock
from api.doctor.examine import check_certificates
from api.doctor.findings import Findings
from api.doctor.relayed import PATIENCE, RelayClient
from api.doctor.relays import attempt
from api.doctor.visit import IceServer
from api.relay import RelayPlan
from api.relayalone import plan_alone
from api.settings import Settings
from turn.credentials import Pair, mint_by_key, mint_by_secret
from turn.stun import Class, Message, Method

USER = "doctor"
VERSIONS = {1: 4, 2: 6}  # of IP, by family as STUN has it
VALIDITY = 300  # seconds


def examine_alone(settings: Settings, tls: ssl.SSLContext) -> Findings:
    """Raises SettingsError, TlsError."""
    plan = plan_alone(settings)
    own = [address.ip for address in machine_addresses()]
    told = list(plan.config.hosts.values())
    yield from check_clock()
    yield from check_addresses(told, own)
    yield from check_certificates(settings, utc_now())
    if settings.turn.domain:
        yield from check_name(settings.turn.domain, told, resolve(settings.turn.domain))
    pair = password(settings, int(time.time()))
    for url in plan.urls:
        server = IceServer(url, pair.username, pair.password)
        for family in sorted(plan.config.hosts):
            with Peer(plan, own, VERSIONS[family]) as peer:
                yield attempt(server, peer.version, peer.use, own, tls)


def password(settings: Settings, unix: int) -> Pair:
    turn, expires = settings.turn, unix + VALIDITY
    if turn.users:
        return Pair(*next(iter(turn.users.items())))
    if turn.secrets:
        return mint_by_secret(turn.secrets[0], USER, expires)
    key, secret = next(iter(settings.keys.items()))
    return mint_by_key(key, secret, USER, expires)


class Peer:
    """A socket of ours at an address that the relay may send to, if there is one."""

    def __init__(self, plan: RelayPlan, own: list[str], version: int) -> None:
        self.version = version
        self._sock: socket.socket | None = None
        for ip in own:
            if ip_address(ip).version != self.version or not plan.config.policy.allows_host(ip):
                continue
            family = socket.AF_INET6 if self.version == 6 else socket.AF_INET
            self._sock = socket.socket(family, socket.SOCK_DGRAM)
            self._sock.settimeout(PATIENCE)
            self._sock.bind((ip, 0))
            break

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        if self._sock is not None:
            self._sock.close()

    def use(self, client: RelayClient) -> str:
        """Raises RelayRefused, OSError."""
        if self._sock is None:
            return (
                f"gives an IPv{self.version} address; no packet was tried, since turn.allow_peers "
                "holds none of this machine"
            )
        host, port = self._sock.getsockname()[:2]
        transaction = os.urandom(12)
        client.permit((host, port))
        client.send((host, port), bytes(Message(Method.BINDING, Class.REQUEST, transaction)))
        data, source = self._sock.recvfrom(2048)
        self._sock.sendto(data, source)
        client.hear(transaction)
        return f"relays to this machine and back by IPv{self.version}"
