"""Ask providers of video calls again for what could not be had at once, and for what an earlier
start has left."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from api.clinic.clinic import Clinic
from api.clinic.providers.carrying import carry_out_due
from api.clinic.providers.registry import Registered
from api.rules.plans import Provider
from api.rules.providers.adapters import Adapter
from api.rules.providers.google_meet import GoogleMeet
from api.rules.providers.microsoft_teams import MicrosoftTeams
from api.rules.providers.oauth import Client
from api.rules.providers.zoom import Zoom
from api.settings import ProviderSection, ProvidersSection
from api.store.errors import Unavailable
from api.store.store import kind, undisturbed

AWAY = timedelta(seconds=5)  # until the database is asked again
BROKEN = timedelta(minutes=1)  # until something that should not happen is tried again

logger = logging.getLogger(__name__)


class Convener:
    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._due: dict[UUID, datetime] = {}  # workspaces with something to ask for, and when
        self._knows_all = False

    async def keep(self) -> None:
        """Until cancelled."""
        providers = self._clinic.providers
        while True:
            providers.due.clear()
            await self.go_round()
            now = self._clinic.store.now()
            times = list(self._due.values()) if self._knows_all else [now + AWAY]
            seconds = (min(times) - now).total_seconds() if times else None
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await providers.due.wait()

    async def go_round(self) -> None:
        """All that is due."""
        await self._look_for_workspaces()
        providers, now = self._clinic.providers, self._clinic.store.now()
        while providers.awake:
            self._due[providers.awake.pop()] = now
        for workspace in [id for id, at in self._due.items() if at <= now]:
            await self._serve(workspace)

    async def _look_for_workspaces(self) -> None:
        """Once: later ones make themselves heard."""
        if self._knows_all:
            return
        try:
            found = await undisturbed(self._clinic.workspaces())
        except Unavailable:
            return
        self._due |= {workspace.id: self._clinic.store.now() for workspace in found}
        self._knows_all = True

    async def _serve(self, workspace: UUID) -> None:
        del self._due[workspace]
        try:
            due = await undisturbed(carry_out_due(self._clinic, workspace))
        except Unavailable:
            due = self._clinic.store.now() + AWAY
        except Exception as error:  # nothing here may end the server
            logger.error("providers of video calls cannot be asked: %s", kind(error))
            due = self._clinic.store.now() + BROKEN
        if due is not None:
            self._due[workspace] = due


def registered_with(settings: ProvidersSection) -> dict[Provider, Registered]:
    """The providers that know this server, as the operator says."""
    return dict(_registered(settings))


def _registered(settings: ProvidersSection) -> Iterator[tuple[Provider, Registered]]:
    teams = MicrosoftTeams(settings.microsoft_teams.tenant)
    known: list[tuple[Provider, ProviderSection, Adapter]] = [
        (Provider.GOOGLE_MEET, settings.google_meet, GoogleMeet()),
        (Provider.MICROSOFT_TEAMS, settings.microsoft_teams, teams),
        (Provider.ZOOM, settings.zoom, Zoom()),
    ]
    for provider, own, adapter in known:
        if own.client_id:
            client = Client(own.client_id, own.client_secret)
            yield provider, Registered(adapter, client, own.origin)
