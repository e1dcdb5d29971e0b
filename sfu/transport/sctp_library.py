"""aiortc's SCTP association without aiortc: no event loop, no clock, no PyAV.

`import aiortc` loads its codecs and with them PyAV. The association itself needs three of its
modules, which are loaded here as a private package with what they use of the outside world
replaced: the event loop by timers of ours, its clock and its random numbers by what the caller
hands in, and one parser that hostile bytes could hold for ever.

The replaced names belong to the module and not to an association. That is safe for any number of
associations: all run in one thread, never inside each other, and each entry sets what it uses.
"""

import importlib
import importlib.util
import struct
import sys
from collections.abc import Callable, Coroutine
from types import ModuleType, SimpleNamespace
from typing import Any

PACKAGE = "sfu._aiortc"
MODULE = "rtcsctptransport"

# What the module imports and we never reach: the real ones would load codecs and certificates,
# and data channels are ours (`channels.py`).
UNUSED = {
    "rtcdtlstransport": ["RTCDtlsTransport"],
    "rtcdatachannel": ["RTCDataChannel", "RTCDataChannelParameters"],
}

PACKET_SIZE = 1163  # bytes: with DTLS around it a datagram of 1200 (1189 is more)
CHUNK_SIZE = (PACKET_SIZE - 12 - 16) // 4 * 4  # bytes of user data in a DATA chunk
RTO_INITIAL = 0.5  # seconds; DTLS has just shown that the path is faster than the RFC's 3
RTO_MINIMUM = 0.4  # the client's acknowledgements may wait for 0.2
INIT_ATTEMPTS = 60  # of RTO_INITIAL each: ICE gives the client up before SCTP does


class Environment:
    """What the module takes from outside; set before every call into it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.randbytes: Callable[[int], bytes] = bytes

    def random32(self) -> int:
        return int.from_bytes(self.randbytes(4), "big")


class Timer:
    """What the library takes for an asyncio.TimerHandle."""

    __slots__ = ("at", "callback", "owner")

    def __init__(self, at: float, callback: Callable[[], None], owner: "Timers") -> None:
        self.at = at
        self.callback = callback
        self.owner = owner

    def cancel(self) -> None:
        self.owner.discard(self)


class Timers:
    """One association's timers, four at most. What the library takes for an event loop."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._timers: list[Timer] = []

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(self._environment.now + delay, callback, self)
        self._timers.append(timer)
        return timer

    def discard(self, timer: Timer) -> None:
        if timer in self._timers:
            self._timers.remove(timer)

    def clear(self) -> None:
        self._timers.clear()

    def next(self) -> float | None:
        return min((timer.at for timer in self._timers), default=None)

    def take_due(self, now: float) -> list[Timer]:
        due = [timer for timer in self._timers if timer.at <= now]
        self._timers = [timer for timer in self._timers if timer.at > now]
        return due


def drive(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine of the library, none of which ever waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("the association waited")


def decode_params(body: bytes) -> list[tuple[int, bytes]]:
    """Parameters of a chunk (RFC 9260, section 3.2.1). The library's own loops at length 0."""
    params = []
    position = 0
    while position <= len(body) - 4:
        kind, length = struct.unpack_from("!HH", body, position)
        if length < 4:
            raise ValueError("a parameter shorter than its header")
        params.append((kind, body[position + 4 : position + length]))
        position += length + -length % 4
    return params


def load(environment: Environment) -> Any:
    """The library's module, private to us, living in `environment`."""
    found = importlib.util.find_spec("aiortc")  # finds it without running it
    if found is None or found.submodule_search_locations is None:
        raise ImportError("aiortc is not installed")
    package = ModuleType(PACKAGE)
    package.__path__ = list(found.submodule_search_locations)
    sys.modules[PACKAGE] = package
    for name, members in UNUSED.items():
        unused = ModuleType(f"{PACKAGE}.{name}")
        unused.__dict__.update(dict.fromkeys(members, object))
        sys.modules[unused.__name__] = unused
    module: Any = importlib.import_module(f"{PACKAGE}.{MODULE}")
    replace_outside(module, environment)
    return module


def replace_outside(module: Any, environment: Environment) -> None:
    module.asyncio = SimpleNamespace(
        get_event_loop=lambda: None, ensure_future=drive, TimerHandle=Timer
    )
    module.time = SimpleNamespace(time=lambda: environment.now)
    module.os = SimpleNamespace(urandom=lambda size: environment.randbytes(size))
    module.random32 = environment.random32
    module.decode_params = decode_params
    module.USERDATA_MAX_LENGTH = CHUNK_SIZE
    module.SCTP_RTO_INITIAL = RTO_INITIAL
    module.SCTP_RTO_MIN = RTO_MINIMUM
    module.SCTP_MAX_INIT_RETRANS = INIT_ATTEMPTS
