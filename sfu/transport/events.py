"""What a transport tells its node. `connection.py` hands them on."""

from dataclasses import dataclass

from sfu.path import Path


@dataclass(slots=True)
class PathValidated:
    """A check came from this address: what it sends is ours from now on (ask `Mux.bind`)."""

    path: Path


@dataclass(slots=True)
class PathForgotten:
    path: Path


@dataclass(slots=True)
class UfragRetired:
    """After an ICE restart the old name is not used any more (tell `Mux.retire`)."""

    ufrag: str


@dataclass(slots=True)
class Connected:
    """ICE and DTLS are up, at first or again after Disconnected."""

    path: Path


@dataclass(slots=True)
class Disconnected:
    """No check for 10 s; media still flows both ways if it can."""


@dataclass(slots=True)
class Failed:
    """Why: "consent" (15 s without a check; a later one still brings Connected). All others are
    final: "fingerprint", "srtp_profile", "dtls", "closed" by the client, "ice" (it never came).
    """

    reason: str


@dataclass(slots=True)
class ChannelOpened:
    label: str


@dataclass(slots=True)
class ChannelClosed:
    """By the client."""

    label: str


@dataclass(slots=True)
class DataReceived:
    label: str
    payload: bytes


TransportEvent = (
    PathValidated
    | PathForgotten
    | UfragRetired
    | Connected
    | Disconnected
    | Failed
    | ChannelOpened
    | ChannelClosed
    | DataReceived
)
