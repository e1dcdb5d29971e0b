"""Where a visit takes place: by what was asked for, the workspace's default, its plan, and which
providers can be had now."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from api.rules.plans import PROVIDERS, Plan, Provider

NAMES = {
    Provider.LIVEKIT: "a visit here",
    Provider.GOOGLE_MEET: "Google Meet",
    Provider.MICROSOFT_TEAMS: "Microsoft Teams",
    Provider.ZOOM: "Zoom",
}


class Lack(StrEnum):
    """Why a visit does not take place where it was to."""

    NOT_IN_PLAN = "not_in_plan"
    NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True)
class Choice:
    """`provider`: None where there is none. `instead_of`: what would have come first and could not
    be had, for the reason `lack`. `others`: what else could be had, the best first."""

    provider: Provider | None
    instead_of: Provider | None = None
    lack: Lack | None = None
    others: tuple[Provider, ...] = ()


def order(default: Provider | None) -> list[Provider]:
    """The best first: the workspace's default, our own rooms, then as the mission's table has
    them."""
    return sorted(Provider, key=lambda provider: provider is not default)


def choose(
    plan: Plan, wanted: Provider | None, default: Provider | None, connected: Set[Provider]
) -> Choice:
    """`wanted`: None for the best there is ("auto"). Our own rooms are always to be had.

    What somebody asks for by name and the plan has not is no reason to go elsewhere: they are
    told. Everything else that cannot be had is replaced.
    """
    if wanted is not None and wanted not in PROVIDERS[plan]:
        return Choice(None, wanted, Lack.NOT_IN_PLAN)
    usable = (connected | {Provider.LIVEKIT}) & PROVIDERS[plan]
    first = wanted or default
    asked = [provider for provider in order(first) if provider in usable]
    if first is None and not asked:
        first = next(provider for provider in order(None) if provider in PROVIDERS[plan])
    if first is None or first in usable:
        return Choice(asked[0], others=tuple(asked[1:]))
    lack = Lack.NOT_CONNECTED if first in PROVIDERS[plan] else Lack.NOT_IN_PLAN
    return Choice(asked[0] if asked else None, first, lack, tuple(asked[1:]))


def read(text: str | None) -> Provider | None:
    """A provider's name as it is stored; None for "auto", and for what is none."""
    return Provider(text) if text in set(Provider) else None
