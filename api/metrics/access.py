"""Who may read the metrics: this machine at the main port, whoever has the password at its own."""

import base64
import hmac
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.metrics.exposition import Metrics
from api.schema import Prometheus

# What a proxy adds, or a page of a browser: neither is a scraper on this machine.
FOREIGN = {"cf-connecting-ip", "forwarded", "origin", "true-client-ip", "via", "x-real-ip"}
REFUSAL = "Metrics are for this machine alone: set prometheus.port to have them elsewhere."
CHALLENGE = {"www-authenticate": 'Basic realm="metrics"'}


def neighbour_route(metrics: Metrics) -> Route:
    """`/metrics` of the main port."""

    async def respond(request: Request) -> Response:
        if not is_neighbour(request):
            return PlainTextResponse(REFUSAL, 403)
        return await metrics.respond()

    return Route("/metrics", respond, methods=["GET"])


def scraper_route(metrics: Metrics, settings: Prometheus) -> Route:
    """Every path of the port of its own, as in LiveKit; with its password if it has one."""

    async def respond(request: Request) -> Response:
        if settings.username and not is_authentic(request, settings):
            return PlainTextResponse("Unauthorized", 401, CHALLENGE)
        return await metrics.respond()

    return Route("/{path:path}", respond, methods=["GET"])


def is_neighbour(request: Request) -> bool:
    """From loopback and asked by a loopback name, by nobody on behalf of another."""
    headers = request.headers
    if any(name in FOREIGN or name.startswith("x-forwarded-") for name in headers):
        return False
    client = request.client.host if request.client else ""
    return is_loopback(client) and is_loopback_name(headers.get("host", ""))


def is_loopback_name(host: str) -> bool:
    """`host`: with or without a port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)


def is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


def is_authentic(request: Request, settings: Prometheus) -> bool:
    """RFC 7617."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        return False
    return hmac.compare_digest(given, f"{settings.username}:{settings.password}".encode())
