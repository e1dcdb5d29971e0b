"""Where the visits of a workspace can be, by its plan and by what is connected."""

from dataclasses import dataclass
from datetime import datetime

from api.clinic.caller import Visit, workspace_of
from api.clinic.providers.connecting import connections
from api.rules import plans
from api.rules.conferencing import choose
from api.rules.conferencing import read as provider_in
from api.rules.plans import FEATURES, PROVIDERS, Feature, Plan, Provider


@dataclass(frozen=True, slots=True)
class Capability:
    provider: Provider
    is_in_plan: bool
    least_plan: Plan
    is_registered: bool
    is_connected: bool
    is_usable: bool
    may_record: bool
    connected_at: datetime | None = None
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    plan: Plan
    default: Provider | None
    auto: Provider | None
    providers: list[Capability]


async def read(visit: Visit) -> Capabilities:
    workspace = await workspace_of(visit)
    plan, default = plans.plan_of(workspace.plan), provider_in(workspace.conferencing)
    registered = visit.clinic.providers.registered.keys() | {Provider.LIVEKIT}
    found = await connections(visit.tx)
    listed = []
    for provider in Provider:
        row = found.get(provider)
        is_here = provider is Provider.LIVEKIT
        is_connected = is_here or (row is not None and row.lost_at is None)
        is_registered, is_in_plan = provider in registered, provider in PROVIDERS[plan]
        listed.append(
            Capability(
                provider=provider,
                is_in_plan=is_in_plan,
                least_plan=plans.least(provider),
                is_registered=is_registered,
                is_connected=is_connected,
                is_usable=is_in_plan and is_registered and is_connected,
                may_record=is_here and Feature.RECORDING in FEATURES[plan],
                connected_at=None if row is None else row.connected_at,
                lost_at=None if row is None else row.lost_at,
            )
        )
    usable = {one.provider for one in listed if one.is_usable}
    return Capabilities(plan, default, choose(plan, None, default, usable).provider, listed)
