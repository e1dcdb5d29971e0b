"""A clinic's API on a loopback port, in a thread of its own, for a client that tries everything.

Beside the API, `/fresh/…` gives whoever asks a session that nobody has ended yet, ids of things
that are there, and tokens that nobody has used.
"""

import asyncio
import re
import threading
from base64 import b32decode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
from starlette.responses import JSONResponse

from api.clinic.clinic import Clinic, begin_session
from api.clinic.letters import Sender
from api.clinic.mailroom import Mailroom
from api.clinic.passwords import Passwords
from api.middleware import Message, Receive, Scope, Send
from api.rest.v1.app import make_api
from api.rules.auditing import ActorKind
from api.rules.credentials import STEP, code_at
from api.rules.sessions import LONGEST
from api.store.engine import make_engine, sqlite_url
from api.store.ledger import Ledger
from api.store.migrate import migrate
from api.store.store import Store
from tests.api.conftest import CHEAP, RING
from tests.api.house import PASSWORD, House, Person

PREFIX, FRESH = "/api/v1", "/fresh/"


class Fuzzed:
    """The ASGI callable. `reached` counts answers by operation and status."""

    def __init__(self) -> None:
        self.reached: Counter[tuple[str, int]] = Counter()
        self.port = 0
        self.server: uvicorn.Server
        self._house: House
        self._count = 0

    async def open(self, folder: Path) -> None:
        engine = make_engine(sqlite_url(folder / "housecall.db"))
        await migrate(engine)
        store = Store(engine, Ledger(RING), lambda: datetime.now(UTC))
        mailroom = Mailroom(Sender("no-reply@north.example"))
        clinic = Clinic(
            store, RING, Passwords(CHEAP), lambda: store.now().timestamp(), mailroom
        )  # fmt: skip
        self._house = House(clinic, make_api(clinic, "https://north.example/"))
        await self._house.set_up("clinic")
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
        await self._house.clinic.store.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith(FRESH):
            answer = JSONResponse(await self._make(scope["path"].removeprefix(FRESH)))
            return await answer(scope, receive, send)
        path = scope["path"].removeprefix(PREFIX)
        inner = {**scope, "path": path, "raw_path": path.encode(), "scheme": "https"}
        known = next((name for name, pattern in self._paths if pattern.fullmatch(path)), path)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.reached[f"{scope['method']} {known}", message["status"]] += 1
            await send(message)

        await self._house.api(inner, receive, counted)

    async def _make(self, what: str) -> dict[str, Any]:
        match what:
            case "session":
                return {"session": await self._session()}
            case "staff" | "patients" | "guests" | "keys" | "mail" | "meetings":
                return {"id": await self._thing(what), "staff": self._house.owner.id}
            case "visit":
                return {"startsAt": self._soon(), "patientId": None, "participants": []}
            case "longer":
                return {"startsAt": None, "addParticipants": [], "removeParticipants": []}
            case "somebody":
                return {"email": self._somebody()["email"]}
            case "guest":
                return {"token": await self._token("/guests", {"kind": "family", "name": "G"})}
            case "invited":
                return {"token": await self._token("/staff", self._somebody())}
            case "opened":
                return await self._opened()
            case "credentials":
                somebody = self._somebody()
                person = await self._house.person(somebody["name"])
                await person.accept((await self._ask("/staff", somebody))["link"]["url"])
                return await self._credentials(person)
        raise AssertionError(what)

    async def _thing(self, what: str) -> str:
        """The id of a new one."""
        match what:
            case "patients":
                body: dict[str, Any] = {"name": "Pat", "email": "pat@new.example"}
                return str((await self._ask("/patients", body))["id"])
            case "keys":
                self._count += 1
                body = {"name": f"k{self._count}", "scopes": ["staff.read"]}
                return str((await self._ask("/keys", body))["key"]["id"])
            case "meetings":
                return str((await self._ask("/meetings", {"startsAt": self._soon()}))["id"])
            case "guests" | "mail":
                body = {"kind": "family", "name": "G", "email": "g@new.example"}
                made = await self._ask("/guests", body)
                return str(made["guest"]["id"] if what == "guests" else made["link"]["mailId"])
        return str((await self._ask("/staff", self._somebody()))["staff"]["id"])

    def _soon(self) -> str:
        return (self._house.clinic.store.now() + timedelta(hours=1)).isoformat()

    def _somebody(self) -> dict[str, str]:
        self._count += 1
        name = f"s{self._count}"
        return {"email": f"{name}@new.example", "name": name, "role": "clinician"}

    async def _ask(self, path: str, body: dict[str, Any]) -> Any:
        return await self._house.owner.ask("POST", path, body, 201)

    async def _token(self, path: str, body: dict[str, Any]) -> str:
        url: str = (await self._ask(path, body))["link"]["url"]
        return url.partition("#l=")[2]

    async def _opened(self) -> dict[str, str]:
        """A link of staff that somebody has opened, and the code that goes with it."""
        somebody = self._somebody()
        token = await self._token("/staff", somebody)
        opened = await self._house.owner.ask("POST", "/links/open", {"token": token}, 200)
        email = somebody["email"]
        return {"token": token, "email": email, "password": PASSWORD, "code": code(opened)}

    async def _credentials(self, person: Person) -> dict[str, str]:
        """The code of the last step is used up: one of the next is good already."""
        step = int(self._house.clinic.store.now().timestamp()) // STEP + 1
        code = code_at(person.secret, step)
        return {"workspace": "clinic", "email": person.email, "password": PASSWORD, "code": code}

    async def _session(self) -> str:
        clinic = self._house.clinic
        (workspace,) = await clinic.workspaces()
        async with clinic.store.writing(workspace.id) as tx:
            subject = (ActorKind.STAFF, UUID(self._house.owner.id))
            return str(begin_session(tx, workspace.id, subject, tx.now + LONGEST))


def code(opened: dict[str, str]) -> str:
    return code_at(b32decode(opened["secret"]), int(datetime.now(UTC).timestamp()) // STEP)


@contextmanager
def serving(folder: Path) -> Iterator[Fuzzed]:
    fuzzed, ready = Fuzzed(), threading.Event()

    async def main() -> None:
        await fuzzed.open(folder)
        config = uvicorn.Config(fuzzed, "127.0.0.1", 0, log_level="error", lifespan="off")
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
