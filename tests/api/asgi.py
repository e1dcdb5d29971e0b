"""Ask an ASGI callable in memory, as a server would."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.middleware import App, Message


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def ask(
    app: App,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: Sequence[bytes] = (b"",),
    client: str = "192.0.2.1",
    scheme: str = "http",
    ends: bool = True,
) -> Answer:
    """One request, its body in these chunks, or in more that never come."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {"host": "a.example:7880", **(headers or {})}.items()
        ],
        "client": (client, 50000),
        "server": ("127.0.0.1", 7880),
    }
    answer = Answer()
    chunks = list(body)

    async def receive() -> Message:
        if not chunks:
            if not ends:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks) or not ends}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {n.decode(): v.decode() for n, v in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return answer
