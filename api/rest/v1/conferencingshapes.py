"""What goes out of `/conferencing`, as JSON."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict

from api.clinic.providers.capabilities import Capabilities, Capability
from api.clinic.providers.connecting import Ended
from api.rest.v1.shapes import Shape
from api.rules.conferencing import NAMES
from api.rules.plans import Plan, Provider
from api.rules.providers.exchange import SENTENCES


class CapabilityOut(Shape):
    """One place where visits may be. `usable`: one can be made there now."""

    provider: Provider
    name: str
    in_plan: bool
    least_plan: Plan
    registered: bool  # by the operator, with the provider
    connected: bool
    connected_at: datetime | None
    lost_at: datetime | None  # the provider does not know us any more: connect it again
    usable: bool
    waiting_room: bool  # ours: others have their own
    recording: bool

    @classmethod
    def of(cls, one: Capability) -> Self:
        return cls(
            provider=one.provider,
            name=NAMES[one.provider],
            in_plan=one.is_in_plan,
            least_plan=one.least_plan,
            registered=one.is_registered,
            connected=one.is_connected,
            connected_at=one.connected_at,
            lost_at=one.lost_at,
            usable=one.is_usable,
            waiting_room=one.provider is Provider.LIVEKIT,
            recording=one.may_record,
        )


class ConferencingOut(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plan": "standard",
                    "default": "zoom",
                    "auto": "livekit",
                    "providers": [
                        {
                            "provider": "zoom", "name": "Zoom", "inPlan": False,
                            "leastPlan": "advanced", "registered": True, "connected": True,
                            "connectedAt": "2027-03-04T12:00:00Z", "lostAt": None,
                            "usable": False, "waitingRoom": False, "recording": False,
                        }
                    ],
                }
            ]
        }
    )  # fmt: skip

    plan: Plan
    default: Provider | None  # null: our own rooms
    auto: Provider | None  # where a visit goes now without a choice; null: nowhere
    providers: list[CapabilityOut]

    @classmethod
    def of(cls, found: Capabilities) -> Self:
        return cls(
            plan=found.plan,
            default=found.default,
            auto=found.auto,
            providers=[CapabilityOut.of(one) for one in found.providers],
        )


class BegunOut(Shape):
    url: str  # at the provider
    expires_at: datetime


class DisconnectedOut(Shape):
    provider: Provider
    revoked: bool  # by the provider too
    detail: str

    @classmethod
    def of(cls, ended: Ended) -> Self:
        name = NAMES[ended.provider]
        what = f"{name} is disconnected."
        if not ended.is_revoked:
            why = "" if ended.trouble is None else SENTENCES[ended.trouble].format(name=name) + " "
            what += f" {why}End the access in the account there too."
        return cls(provider=ended.provider, revoked=ended.is_revoked, detail=what)
