"""Who joins which room, who publishes, and who wants whose picture large."""

from dataclasses import dataclass
from enum import StrEnum

from livekit.protocol.models import VideoQuality

from api.loadtest.errors import LoadTestError

RATES = (160_000, 450_000, 1_700_000)  # bit/s of the layers: livekit-client's for 720p
RIDS = ("q", "h", "f")
SIZES = ((320, 180), (640, 360), (1280, 720))


class Connection(StrEnum):
    """How many peer connections a participant has."""

    SINGLE = "single"
    DUAL = "dual"


class Layers(StrEnum):
    """What a participant asks of the pictures that it gets."""

    ONE_HIGH = "one-high"  # one large and the rest small, as in a speaker view
    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Options:
    """What to do, as the command line says it."""

    url: str
    key: str
    secret: str
    rooms: int = 1
    parties: int = 8  # in each room
    publishers: int | None = None  # of each room; None: everybody
    duration: float = 60.0  # seconds
    audio_only: bool = False
    video_only: bool = False
    connection: Connection = Connection.DUAL
    layers: Layers = Layers.ONE_HIGH
    sample: int = 1  # every so many packets are decrypted
    clip: float = 8.0  # seconds of the recording
    rates: tuple[int, ...] = RATES
    server: int | None = None  # process


@dataclass(frozen=True, slots=True)
class Seat:
    """One participant."""

    room: int
    place: int  # in the room, from 0
    publishes: bool

    @property
    def identity(self) -> str:
        return f"load-{self.place}"


def seats(options: Options) -> list[Seat]:
    """All participants in the order in which they join: room by room, publishers first."""
    publishers = options.parties if options.publishers is None else options.publishers
    if min(options.rooms, options.parties) < 1 or not 0 < publishers <= options.parties:
        raise LoadTestError("a room needs one publisher at least, and not more than parties")
    return [
        Seat(room, place, place < publishers)
        for room in range(options.rooms)
        for place in range(options.parties)
    ]


def check_url(url: str) -> str:
    """The server's address without a slash at its end; HTTP's schemes stand for WebSocket's."""
    scheme, separator, rest = url.rstrip("/").partition("://")
    scheme = {"http": "ws", "https": "wss"}.get(scheme, scheme)
    if not separator or scheme not in ("ws", "wss") or not rest:
        raise LoadTestError(f"a server's address is written as ws://HOST:PORT, not {url!r}")
    return f"{scheme}://{rest}"


def parse_fanout(text: str) -> tuple[int, int]:
    """(publishers, subscribers) of "1x100"."""
    publishers, _, subscribers = text.partition("x")
    if not (publishers.isdecimal() and subscribers.isdecimal()):
        raise LoadTestError(f"a fan-out is written as 1x100, not {text!r}")
    return int(publishers), int(subscribers)


def parse_rates(text: str) -> tuple[int, ...]:
    """Bit/s of the three layers, of "150,600,2000" in kbit/s."""
    parts = text.split(",")
    if len(parts) != len(RATES) or not all(part.isdecimal() and int(part) for part in parts):
        raise LoadTestError(f"rates are written as 160,450,1700, in kbit/s, not {text!r}")
    return tuple(int(part) * 1000 for part in parts)


def wish(layers: Layers, place: int, publisher: int, publishers: int) -> VideoQuality:
    """The layer that somebody wants of a publisher; places are numbers in the room.

    With one large picture it is that of the next publisher, so that each is large for somebody.
    """
    if layers is Layers.ONE_HIGH:
        after = (place + 1) % publishers
        is_large = publisher == after or (after == place == publisher)
        return VideoQuality.HIGH if is_large else VideoQuality.LOW
    return VideoQuality.HIGH if layers is Layers.HIGH else VideoQuality.LOW
