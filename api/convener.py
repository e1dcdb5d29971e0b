"""Ask providers of video calls again for what could not be had at once, and for what an earlier
start has left."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from api.clinic.clinic import Clinic
from api.clinic.providers.carrying import carry_out_due
from api.clinic.providers.registry import Registered
from api.rounds import Rounds
from api.rules.plans import Provider
from api.rules.providers.adapters import Adapter
from api.rules.providers.google_meet import GoogleMeet
from api.rules.providers.microsoft_teams import MicrosoftTeams
from api.rules.providers.oauth import Client
from api.rules.providers.zoom import Zoom
from api.settings import ProviderSection, ProvidersSection
from api.store.store import undisturbed


class Convener(Rounds):
    def __init__(self, clinic: Clinic) -> None:
        super().__init__(clinic, clinic.providers.tray, "providers of video calls cannot be asked")

    async def serve(self, workspace: UUID) -> datetime | None:
        return await undisturbed(carry_out_due(self._clinic, workspace))


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
