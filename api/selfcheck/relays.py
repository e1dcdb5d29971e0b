"""A packet through each relay that clients are told, to media and back."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import TypeVar, cast

from api.doctor.relayed import RelayRefused, RelayUrl, allocated
from api.doctor.visit import IceServer, Told
from api.rules.checking import Found, Part, Reason
from api.selfcheck.nearby import Nearby
from turn.addresses import Address

T = TypeVar("T")

PATIENCE = 15.0  # seconds for all of one; each of its steps has less


async def check_relays(
    told: Told | None, servers: Sequence[IceServer], nearby: Nearby
) -> list[Found]:
    """All at once, in threads. `told` None: media is away, so that an address there has to do."""
    relays = [one for one in servers if one.url.startswith(("turn:", "turns:"))]
    return list(await asyncio.gather(*(check_relay(told, one, nearby) for one in relays)))


async def check_relay(told: Told | None, server: IceServer, nearby: Nearby) -> Found:
    began = time.monotonic()
    reason: Reason | None = Reason.SILENT
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            reason = await in_thread(lambda: reason_of(told, server, nearby))
    return Found(Part.RELAY, reason, time.monotonic() - began, server.url)


async def in_thread(work: Callable[[], T]) -> T:
    """In one that the end of the server does not wait for, as it does for those of asyncio's."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast(T, result))

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:  # whoever waits gets it
            failure = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="selfcheck", daemon=True).start()
    return await future


def reason_of(told: Told | None, server: IceServer, nearby: Nearby) -> Reason | None:
    """Blocks. None: all is well."""
    url, at = nearby.url(server.url)
    peer = None if told is None else peer_of(url, told)
    is_allocated = False
    try:
        version = 4 if peer is None else ip_address(peer[0]).version
        with allocated(url, server.username, server.password, version, trusting(), at) as client:
            is_allocated = True
            if told is not None and peer is not None:
                check, transaction = told.check()
                client.permit(peer)
                client.relay(peer, check, transaction)
    except RelayRefused:
        return Reason.REFUSED
    except OSError:
        return Reason.LOST if is_allocated else Reason.SILENT
    return None


def peer_of(url: RelayUrl, told: Told) -> Address:
    """Media's address, of the relay's own kind if there is one."""
    peers = [(c.host, c.port) for c in told.candidates if c.protocol == "udp"]
    is_six = ":" in url.host
    return next((peer for peer in peers if (":" in peer[0]) == is_six), peers[0])


def trusting() -> ssl.SSLContext:
    """Whether browsers take the certificate depends on who they know: the doctor looks at that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
