"""A clinic and its people, each with a browser of their own, in this process."""

from base64 import b32decode
from contextlib import AsyncExitStack
from typing import Any, Self

import httpx
from fastapi import FastAPI

from api.clinic.clinic import Clinic
from api.clinic.setup import first_start, invite_owner, make_workspace
from api.rules.credentials import code_at

PASSWORD = "a horse, a staple and a battery"
HOST = "https://north.example"


class Person:
    """Somebody's browser, and their authenticator."""

    def __init__(self, house: "House", name: str, address: str = "192.0.2.1") -> None:
        transport = httpx.ASGITransport(app=house.api, client=(address, 50000))
        self.house = house
        self.name = name
        self.email = f"{name}@north.example"
        self.id = ""
        self.secret = bytes(20)
        self.client = httpx.AsyncClient(
            transport=transport, base_url=HOST, headers={"user-agent": f"{name}'s browser"}
        )

    async def ask(
        self, method: str, path: str, body: Any = None, status: int | None = None, **headers: str
    ) -> Any:
        """The answer's JSON, or its text; with its status compared, if one is given."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.request(method, path, json=body, headers=names)
        if status is not None:
            assert answer.status_code == status, answer.text
        self.last = answer
        kind = answer.headers.get("content-type", "")
        is_json = kind.partition("+")[2] == "json" or kind == "application/json"
        return answer.json() if is_json and answer.content else answer.text

    async def accept(self, url: str, status: int = 201) -> Any:
        """Set password and authenticator by a link."""
        token = url.partition("#l=")[2]
        opened = await self.ask("POST", "/links/open", {"token": token}, 200)
        self.secret = b32decode(opened["secret"])
        body = {
            "token": token, "email": self.email, "name": self.name, "password": PASSWORD,
            "code": self.code(),
        }  # fmt: skip
        answer = await self.ask("POST", "/links/accept", body, status)
        self.id = answer.get("id", "")
        return answer

    async def sign_in(self, status: int = 201, **change: str) -> Any:
        body = {"email": self.email, "password": PASSWORD, "code": self.code()} | change
        return await self.ask("POST", "/sessions", body, status)

    def code(self) -> str:
        return code_at(self.secret, int(self.house.clinic.store.now().timestamp()) // 30)


class House:
    """A clinic's API and whoever uses it."""

    def __init__(self, clinic: Clinic, api: FastAPI) -> None:
        self.clinic = clinic
        self.api = api
        self._clients = AsyncExitStack()
        self.owner: Person

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._clients.aclose()

    async def person(self, name: str, address: str = "192.0.2.1") -> Person:
        person = Person(self, name, address)
        await self._clients.enter_async_context(person.client)
        return person

    async def set_up(self, slug: str) -> None:
        if slug == "clinic":
            bearer = await first_start(self.clinic)
        else:
            workspace = await make_workspace(self.clinic, slug, slug.title())
            bearer = await invite_owner(self.clinic, workspace)
        self.owner = await self.person("olga")
        await self.owner.accept(f"#l={bearer}")

    async def staff(self, name: str, role: str) -> Person:
        """Somebody who works here, signed in."""
        person = await self.person(name)
        body = {"email": person.email, "name": name, "role": role}
        invited = await self.owner.ask("POST", "/staff", body, 201)
        await person.accept(invited["link"]["url"])
        return person
