"""A clinic's API on a loopback port, in a thread of its own, for a client that tries everything.

Beside the API, `/fresh/…` gives whoever asks a session that nobody has ended yet, ids of things
that are there, and tokens that nobody has used.
"""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.responses import JSONResponse

from api.carriers.webhook import HEADER, Webhook, sign
from api.clinic.clinic import Clinic
from api.clinic.letters import Sender
from api.clinic.mailroom import Mailroom, Textroom
from api.clinic.passwords import Passwords
from api.clinic.signer import Signer
from api.files.vault import Vault
from api.middleware import Message, Receive, Scope, Send
from api.rest.v1.app import make_api
from api.store.engine import make_engine
from api.store.ledger import Ledger
from api.store.store import Store
from tests.api.conftest import CHEAP, RING, Database
from tests.api.house import House
from tests.api.providers import Fake, use
from tests.api.rest.things import Things

PREFIX, FRESH = "/api/v1", "/fresh/"
SECRET, TO_SIGN = "a secret of the test's", "fresh-signature"


class Fuzzed:
    """The ASGI callable. `reached` counts answers by operation and status."""

    def __init__(self) -> None:
        self.reached: Counter[tuple[str, int]] = Counter()
        self.port = 0
        self._fake = Fake()
        self.server: uvicorn.Server
        self._house: House
        self._things: Things

    async def open(self, database: Database, folder: Path) -> None:
        store = Store(make_engine(database.url), Ledger(RING), lambda: datetime.now(UTC))
        mailroom = Mailroom(Sender("no-reply@north.example"))
        textroom = Textroom(Webhook("https://sms.north.example/", SECRET, "North"))
        clinic = Clinic(
            store, RING, Passwords(CHEAP), lambda: store.now().timestamp(), mailroom, textroom
        )  # fmt: skip
        clinic.signer = Signer("key", "secret")
        clinic.vault = Vault(folder / "files")
        use(clinic, self._fake)
        self._house = House(clinic, make_api(clinic, "https://north.example/"))
        await self._house.set_up("clinic")
        self._south = House(clinic, self._house.api)
        await self._south.set_up("south")
        member = await serve_another(self._house, self._south)
        self._things = Things(self._house, self._south, member, self._fake)
        self._paths = [
            (path, re.compile(re.sub(r"{\w+}", "[^/]+", path)))
            for path in self._house.api.openapi()["paths"]
        ]

    @property
    def operations(self) -> set[str]:
        document = self._house.api.openapi()
        return {f"{m.upper()} {path}" for path, item in document["paths"].items() for m in item}

    async def close(self) -> None:
        await self._house.__aexit__()
        await self._south.__aexit__()
        await self._house.clinic.store.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith(FRESH):
            answer = JSONResponse(await self._things.make(scope["path"].removeprefix(FRESH)))
            return await answer(scope, receive, send)
        path = scope["path"].removeprefix(PREFIX)
        inner: Scope = {**scope, "path": path, "raw_path": path.encode(), "scheme": "https"}
        matching = [name for name, pattern in self._paths if pattern.fullmatch(path)]
        known = path if path in matching or not matching else matching[0]

        if (TO_SIGN.encode(), b"?1") in scope["headers"]:
            inner, receive = await self._sign(inner, receive)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.reached[f"{scope['method']} {known}", message["status"]] += 1
            await send(message)

        await self._house.api(inner, receive, counted)

    async def _sign(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """As a carrier of text messages does, whatever it tells."""
        content, is_whole = b"", False
        while not is_whole:
            message = await receive()
            content += message.get("body", b"")
            is_whole = not message.get("more_body", False)
        at = int(self._house.clinic.store.now().timestamp())
        signature = (HEADER.encode(), sign(SECRET, at, content).encode())

        async def again() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        return {**scope, "headers": [*scope["headers"], signature]}, again


async def serve_another(house: House, south: House) -> str:
    """Whose patients the clinic may take: as which member."""
    await south.owner.ask("POST", "/hq/served-by", {"workspace": "clinic"}, 201)
    (member,) = (await house.owner.ask("GET", "/hq/members", status=200))["items"]
    await house.owner.ask("POST", f"/hq/members/{member['id']}/accept", status=200)
    return str(member["workspaceId"])


@contextmanager
def serving(database: Database, folder: Path) -> Iterator[Fuzzed]:
    """`folder`: for files of patients."""
    fuzzed, ready = Fuzzed(), threading.Event()

    async def main() -> None:
        await fuzzed.open(database, folder)
        config = uvicorn.Config(
            fuzzed, "127.0.0.1", 0, log_config=None, access_log=False, lifespan="off"
        )
        server = uvicorn.Server(config)
        fuzzed.server = server
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        fuzzed.port = server.servers[0].sockets[0].getsockname()[1]
        ready.set()
        await task
        await fuzzed.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait(30)
    try:
        yield fuzzed
    finally:
        fuzzed.server.should_exit = True
        thread.join()
