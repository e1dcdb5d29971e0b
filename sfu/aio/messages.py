"""What the main process and a media process say to each other, beside commands and events."""

from dataclasses import dataclass
from typing import get_args

from sfu.aio.listening import EngineConfig
from sfu.commands import Command
from sfu.events import Event
from sfu.media import NodeInfo
from sfu.stats import NodeStats
from sfu.wire import Codec


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
class Logged:
    """A line for the main process's log."""

    logger: str
    level: int
    text: str


ToWorker = Command | Start | Adopt | AskStats | Stop
FromWorker = Event | Started | Refused | Beat | StatsTold | Logged

TO_WORKER: Codec[ToWorker] = Codec(get_args(ToWorker))
FROM_WORKER: Codec[FromWorker] = Codec(get_args(FromWorker))
