"""Where browsers tell what the content security policy has kept a page from: POST /csp-reports.

Anybody can send anything here, and addresses in a report may hold what is nobody's business: one
line of the log says which rule it was and which host was asked, and nothing else is kept.
"""

import json
import logging
import re
import time
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.rules.hosts import is_host
from signaling.ratelimit import RateLimiter

PATH = "/csp-reports"
LONGEST = 16 * 1024  # bytes
KINDS = {"application/csp-report", "application/reports+json", "application/json"}
DIRECTIVE = re.compile(r"[a-z-]{1,40}")
WORDS = {"inline", "eval", "wasm-eval", "data", "blob", "self", "trusted-types-sink"}

logger = logging.getLogger(__name__)


class Violations:
    def __init__(self) -> None:
        self._lines = RateLimiter(rate=0.1, burst=20)  # of all browsers together

    @property
    def route(self) -> Route:
        return Route(PATH, self.respond, methods=["POST"])

    async def respond(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind not in KINDS:
            return Response(status_code=415)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST:
                return Response(status_code=413)
        for directive, source in read(bytes(body)):
            if self._lines.spend("all", time.monotonic()):
                logger.warning("a page was kept from %s by %s", source, directive)
        return Response(status_code=204)


def read(body: bytes) -> list[tuple[str, str]]:
    """Directives, and what was asked for, as far as that can be told. Nothing of what makes no
    sense."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    reports = found if isinstance(found, list) else [found]
    return [told for report in reports[:10] if (told := _read(report)) is not None]


def _read(report: Any) -> tuple[str, str] | None:
    """Of either format: report-uri's and the Reporting API's."""
    if not isinstance(report, dict):
        return None
    inner = report.get("csp-report", report.get("body"))
    if not isinstance(inner, dict):
        return None
    names = ("effective-directive", "violated-directive", "effectiveDirective")
    directive = next((v for n in names if isinstance(v := inner.get(n), str)), "")
    directive = directive.partition(" ")[0]
    source = inner.get("blocked-uri", inner.get("blockedURL"))
    if DIRECTIVE.fullmatch(directive) is None:
        return None
    return directive, _host(source if isinstance(source, str) else "")


def _host(source: str) -> str:
    """Never its path or query."""
    if source in WORDS:
        return source
    try:
        host = urlsplit(source).netloc
    except ValueError:
        return "something"
    return host if is_host(host) else "something"
