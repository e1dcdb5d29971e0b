"""What may happen in a played room: people come and go, signaling speaks, packets arrive."""

from dataclasses import dataclass

from sfu.commands import (
    AddPublication,
    AddSubscription,
    MutePublication,
    RemovePublication,
    RemoveSubscription,
    UpdateSubscription,
)

Told = (
    AddPublication
    | MutePublication
    | RemovePublication
    | AddSubscription
    | UpdateSubscription
    | RemoveSubscription
)


@dataclass(slots=True)
class Join:
    name: str
    up: dict[str, int]  # header extensions that it sends


@dataclass(slots=True)
class Leave:
    name: str


@dataclass(slots=True)
class Tell:
    """Signaling says something."""

    command: Told


@dataclass(slots=True)
class Send:
    """Packets of many people reach the server, all at one moment, in this order."""

    items: list[tuple[str, bytes]]


@dataclass(slots=True)
class Wait:
    seconds: float


class Raw(bytes):
    """A datagram that is sent as it is, without SRTP."""


Act = Join | Leave | Tell | Send | Wait
