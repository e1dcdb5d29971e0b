"""What the main process and a media process say to each other, beside commands and events."""

from dataclasses import dataclass
from typing import get_args

from sfu.aio.listening import EngineConfig
from sfu.commands import Command
from sfu.events import Event
from sfu.media import NodeInfo
from sfu.stats import NodeStats
from sfu.wire import Codec
from turn.addresses import Address
from turn.config import Terms
from turn.notes import Note
from turn.stats import RelayStats


@dataclass(slots=True)
class Start:
    """The first message: listen, and answer with `Started` or `Refused`."""

    config: EngineConfig
    log_level: int  # of `logging`


@dataclass(slots=True)
class Adopt:
    """A client's TCP connection, passed beside this message, from which `data` has been read."""

    data: bytes


@dataclass(slots=True)
class AskStats:
    """Answered by `StatsTold` with the same number."""

    number: int


@dataclass(slots=True)
class StartRelay:
    """Relay too, for those who come by what follows."""

    terms: Terms


@dataclass(slots=True)
class OpenDoor:
    """A bound UDP socket for clients of the relay, passed beside this message."""


@dataclass(slots=True)
class AdmitClient:
    """A connection of a client of the relay, passed beside this message.

    `client`: its address, when what is passed is no connection with itself.
    """

    client: Address | None


@dataclass(slots=True)
class AskRelay:
    """Answered by `RelayTold` with the same number."""

    number: int


@dataclass(slots=True)
class Stop:
    """Say goodbye to whoever is still there, and end."""


@dataclass(slots=True)
class Started:
    node: NodeInfo


@dataclass(slots=True)
class Refused:
    """The sockets cannot be had, and the process ends."""

    number: int  # errno
    reason: str


@dataclass(slots=True)
class Beat:
    """The loop turns."""


@dataclass(slots=True)
class StatsTold:
    number: int
    stats: NodeStats


@dataclass(slots=True)
class RelayTold:
    number: int
    stats: RelayStats


@dataclass(slots=True)
class RelayNoted:
    """What the relay has answered those who wanted an address."""

    notes: list[Note]


@dataclass(slots=True)
class Logged:
    """A line for the main process's log."""

    logger: str
    level: int
    text: str


ToRelay = StartRelay | OpenDoor | AdmitClient
ToWorker = Command | Start | Adopt | AskStats | ToRelay | AskRelay | Stop
FromWorker = Event | Started | Refused | Beat | StatsTold | RelayTold | RelayNoted | Logged

TO_WORKER: Codec[ToWorker] = Codec(get_args(ToWorker))
FROM_WORKER: Codec[FromWorker] = Codec(get_args(FromWorker))
