"""Between somebody and the server, and marks what they send: as a proxy, or within a client."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.api.canaries import CANARY, Canaries

PREFIX = "/api/v1"
HOP = {"connection", "content-length", "host", "transfer-encoding", "keep-alive", "date", "server"}


class Marking(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, canaries: Canaries) -> None:
        self._inner = inner
        self._canaries = canaries

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if body:
            content = marked_body(self._canaries, request.method, request.url.path, body)
            headers = {k: v for k, v in request.headers.items() if k != "content-length"}
            request = httpx.Request(request.method, request.url, headers=headers, content=content)
        response = await self._inner.handle_async_request(request)
        self._canaries.note_answer(response.headers, await response.aread())
        return response


def marked_body(canaries: Canaries, method: str, path: str, body: bytes) -> bytes:
    return json.dumps(canaries.mark(method, path, json.loads(body))).encode()


@contextmanager
def marking_proxy(port: int, canaries: list[Canaries]) -> Iterator[int]:
    """Before the server at `port`, which tells by itself which operations it has once it runs."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = urlsplit(self.path).path.removeprefix(PREFIX)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
            headers["x-note"] = CANARY
            try:
                with lock:
                    if not canaries:
                        _, document = ask(port, "GET", f"{PREFIX}/openapi.json")
                        canaries.append(Canaries(json.loads(document)))
                if body:
                    body = marked_body(canaries[0], self.command, path, body)
                    headers["idempotency-key"] = f"{CANARY} {hash(body)}"
                answer, content = ask(port, self.command, self.path, body or None, headers)
            except OSError:  # it is not there yet
                self.send_error(502)
                return
            canaries[0].note_answer(dict(answer.headers.items()), content)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            if answer.status != 204:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: Any = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """OSError while it is not there."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
