"""The providers that this server is registered with, and what is known of them in passing."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from api.clinic.providers.web import Web
from api.clinic.tray import Tray
from api.rules.plans import Provider
from api.rules.providers.adapters import Adapter
from api.rules.providers.exchange import Flow, Trouble, Unfulfilled
from api.rules.providers.oauth import Client

T = TypeVar("T")


# For how long a provider is not asked, for none of a workspace's visits, unless it says so itself.
RESTS = {Trouble.RATE_LIMITED: timedelta(seconds=30), Trouble.SILENT: timedelta(seconds=20)}


@dataclass(frozen=True, slots=True)
class Registered:
    """`origin`: in place of the provider's own hosts; empty: these."""

    adapter: Adapter
    client: Client
    origin: str = ""


class Providers:
    def __init__(
        self,
        now: Callable[[], datetime],
        registered: Mapping[Provider, Registered] | None = None,
        web: Web | None = None,
    ) -> None:
        self.registered = dict(registered or {})
        self._now = now
        self._web = web or Web(now)
        self._rests: dict[tuple[UUID, Provider], tuple[datetime, Trouble]] = {}
        self._locks: WeakValueDictionary[tuple[UUID, Provider], asyncio.Lock] = (
            WeakValueDictionary()
        )
        self.tray = Tray()  # of what there is for a provider

    def find(self, provider: Provider) -> Registered:
        """Raises Unfulfilled."""
        found = self.registered.get(provider)
        if found is None:
            raise Unfulfilled(Trouble.NOT_CONNECTED)
        return found

    def lock(self, workspace: UUID, provider: Provider) -> asyncio.Lock:
        """Held by whoever renews the tokens of its account: some serve once."""
        key = (workspace, provider)
        return self._locks.setdefault(key, asyncio.Lock())

    async def run(
        self, workspace: UUID, provider: Provider, flow: Flow[T], token: str | None = None
    ) -> T:
        """Raises Unfulfilled: at once while the provider wants to be left alone, or has just been
        waited for in vain."""
        own, now = self.find(provider), self._now()
        until, trouble = self._rests.get((workspace, provider), (now, None))
        if trouble is not None and now < until:
            raise Unfulfilled(trouble, until - now)
        try:
            return await self._web.run(own.adapter, flow, token, own.origin)
        except Unfulfilled as error:
            if error.trouble in RESTS:
                rest = error.wait if error.wait is not None else RESTS[error.trouble]
                self._rests[workspace, provider] = (self._now() + rest, error.trouble)
            raise
