"""Serve the built page: every file is known at the start, so no path can lead elsewhere."""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.rules.hosts import is_host

BUILT = Path(__file__).parent / "pages" / "built"
INDEX = "/index.html"
FOREVER = "public, max-age=31536000, immutable"  # names of assets hold a hash of their content
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".md": "text/plain"}
TEXT = ("text/", "image/svg+xml", "application/json")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'{sockets}; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; report-uri /csp-reports"
)
PERMISSIONS = ", ".join(
    f"{feature}=(self)"
    for feature in (
        "autoplay", "camera", "clipboard-write", "display-capture", "fullscreen", "microphone",
        "picture-in-picture", "screen-wake-lock", "speaker-selection",
    )
) + ", geolocation=(), payment=(), usb=()"  # fmt: skip

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": PERMISSIONS,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(slots=True)
class File:
    content: bytes
    compressed: bytes | None  # gzip, where it pays
    kind: str  # media type
    etag: str
    cache: str


class Site:
    def __init__(self, folder: Path = BUILT) -> None:
        self._files = {f"/{name}": file for name, file in _read(folder)}

    def has(self, path: str) -> bool:
        return path in self._files

    @property
    def is_built(self) -> bool:
        return self.has(INDEX)

    def respond(self, path: str, request: Request) -> Response:
        """The file's content, or 304 when the browser has it. `path` must be one of ours."""
        file = self._files[path]
        headers = {
            **HEADERS,
            "content-security-policy": policy(request.headers.get("host", "")),
            "cache-control": file.cache,
            "etag": file.etag,
            "vary": "accept, accept-encoding",
        }
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        body = file.content
        if file.compressed and "gzip" in request.headers.get("accept-encoding", ""):
            body = file.compressed
            headers["content-encoding"] = "gzip"
        return Response(body, media_type=file.kind, headers=headers)

    async def serve(self, request: Request) -> Response:
        """Everything but `/`."""
        path = request.url.path
        if path == INDEX or not self.has(path):
            return PlainTextResponse("Not Found", 404)
        return self.respond(path, request)


def policy(host: str) -> str:
    """The content security policy. Older browsers do not count our own WebSocket to 'self'."""
    return POLICY.format(sockets=f" ws://{host} wss://{host}" if is_host(host) else "")


def wants_page(request: Request) -> bool:
    """Browsers ask for text/html by name; whoever takes just anything gets LiveKit's `OK`."""
    accepted = request.headers.get("accept", "").lower().split(",")
    return any(entry.split(";")[0].strip() == "text/html" for entry in accepted)


def _read(folder: Path) -> Iterator[tuple[str, File]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            yield name, _file(name, path.read_bytes())


def _file(name: str, content: bytes) -> File:
    suffix = Path(name).suffix
    kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    compressed = None
    if kind.startswith(TEXT):
        smaller = gzip.compress(content, mtime=0)
        compressed = smaller if len(smaller) < len(content) else None
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return File(
        content, compressed, kind, etag, FOREVER if name.startswith("assets/") else "no-cache"
    )
