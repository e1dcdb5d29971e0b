"""Whether packets can go by loops here, and what lets them."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from turn import kept
from turn.server import Server

if TYPE_CHECKING:
    from turn.aio.exchange import Exchange, Host

Make = Callable[["Host", Server, Mapping[str, str]], "Exchange"]


def ready_exchange() -> Make | None:
    """What makes one; None: it would not work here."""
    exchange = import_module("turn.aio.exchange")  # which loads what compiles
    found = exchange.available()
    if found is None:
        return None
    calls, segments = found
    kept.announce(kept.RELAY)

    def make(host: "Host", server: Server, near: Mapping[str, str]) -> "Exchange":
        made: Exchange = exchange.Exchange(
            host, calls, server.meters, server.rate, near, segments=segments
        )
        kept.complete(kept.RELAY)
        return made

    return make
