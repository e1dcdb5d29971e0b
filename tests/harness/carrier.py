"""A real HTTP server of the tests' own, in their loop, in the place of a carrier of messages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Asked:
    """A request as it came. Names of `headers` are in small letters."""

    line: str
    headers: dict[str, str]
    content: bytes


@dataclass
class Pretended:
    """`status` and `answer` are what each request is answered with; status 0: not at all."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    status: int = 201
    answer: bytes = b'{"sid": "SM1"}'
    before_answer: Callable[[], Awaitable[None]] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            content = await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked.append(Asked(head[0], headers, content))
            if self.before_answer is not None:
                await self.before_answer()
            if self.status:
                start = f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(self.answer)}\r\n\r\n"
                writer.write(start.encode() + self.answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):  # whoever asked is gone
            pass
        finally:
            writer.close()


@asynccontextmanager
async def carrying() -> AsyncIterator[Pretended]:
    carrier = Pretended()
    server = await asyncio.start_server(carrier.serve, "127.0.0.1", 0)
    carrier.port = server.sockets[0].getsockname()[1]
    try:
        yield carrier
    finally:
        server.close()
