"""A packet through every address of the relay that clients are told, to media and back."""

import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from api.doctor.certificates import explain
from api.doctor.findings import Finding, Findings, bad, good, note
from api.doctor.relayed import RelayClient, RelayRefused, RelayUrl, allocated
from api.doctor.visit import IceServer, Told

CODES = {
    "401": "refuses the password: is it another server's, or a machine's clock wrong?",
    "403": "does not relay to this server's media: is it another server's, or did "
    "turn.deny_peer_cidrs close it?",
    "437": "is in use from here already: ask again in a minute",
    "440": "does not relay to the kind of address that media has: name addresses of both "
    "kinds in public.addresses",
    "486": "is used by as many as it allows: raise turn.per_user_relay_allocation_limit",
    "508": "has no port left: widen turn.relay_range_start and turn.relay_range_end",
}


def check_relays(told: Told, own: Sequence[str], tls: ssl.SSLContext) -> Findings:
    servers = [one for one in told.servers if one.url.startswith(("turn:", "turns:"))]
    peers = [(c.host, c.port) for c in told.candidates if c.protocol == "udp"]
    if not servers:
        yield note("clients are told of no relay: turn.enabled: true makes one")
    for server in servers:
        yield check_relay(server, told, peers, own, tls)
    if servers and not any(one.url.startswith("turns:") for one in servers):
        yield note(
            "there is no relay by TLS, which the strictest networks need: name turn.domain, and "
            "a certificate for it"
        )


def check_relay(
    server: IceServer,
    told: Told,
    peers: Sequence[tuple[str, int]],
    own: Sequence[str],
    tls: ssl.SSLContext,
) -> Finding:
    url = RelayUrl.parse(server.url)
    peer = _peer(url, peers)
    check, transaction = told.check()

    def there_and_back(client: RelayClient) -> str:
        client.permit(peer)
        client.relay(peer, check, transaction)
        return "relays to media and back"

    return attempt(server, ip_address(peer[0]).version, there_and_back, own, tls)


def attempt(
    server: IceServer,
    version: int,
    use: Callable[[RelayClient], str],
    own: Sequence[str],
    tls: ssl.SSLContext,
) -> Finding:
    """Allocate, and `use` it, which tells how it went."""
    url = RelayUrl.parse(server.url)
    try:
        with allocated(url, server.username, server.password, version, tls) as client:
            said = use(client)
    except ssl.SSLError as error:
        return bad(explain(error, server.url))
    except socket.gaierror:
        return bad(f"{url.host} of {server.url} leads nowhere: make a DNS record for it")
    except RelayRefused as refused:
        text = CODES.get(str(refused), f"answers {refused}: look into its log")
        return bad(f"{server.url} {text}")
    except OSError as error:
        return bad(f"{server.url} {_silent(url, error, own)}")
    return good(f"{server.url} {said}")


def _peer(url: RelayUrl, peers: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """Media's address, of the relay's own kind if there is one."""
    is_six = ":" in url.host
    return next((p for p in peers if (":" in p[0]) == is_six), peers[0])


def _silent(url: RelayUrl, error: OSError, own: Sequence[str]) -> str:
    protocol = "UDP" if url.transport == "udp" else "TCP"
    if isinstance(error, ConnectionRefusedError):
        return f"is not listened on: does the relay run, and is {protocol} port {url.port} its?"
    way = "" if url.host in own else ", and the NAT forward it"
    return (
        f"does not answer: let the firewalls let {protocol} port {url.port} through{way} (some "
        "NATs do not let their own side in: then ask again from outside)"
    )
