"""`housecall turn`: a relay without a server."""

import asyncio
from collections.abc import Callable

import uvloop

from api.addresses import machine_addresses
from api.handles import raise_limit
from api.plan import media_addresses, public_addresses
from api.relay import Relay, RelayPlan, plan_relay, watch
from api.rules.addresses import MediaAddresses
from api.run import CERTIFICATE_CHECK, Signals
from api.settings import Settings, SettingsError


def plan_alone(settings: Settings) -> RelayPlan:
    """Of a relay without a server. Raises SettingsError, TlsError."""
    turn = settings.turn
    if not (turn.users or turn.secrets or settings.keys):
        raise SettingsError("nobody may use the relay: give turn.users, turn.secrets or keys")
    addresses = media_addresses(settings, machine_addresses(), local=bool(turn.bind_addresses))
    addresses = MediaAddresses(
        [ip for ip in turn.bind_addresses if ip in addresses.bound] or addresses.bound,
        addresses.advertised
        if public_addresses(settings)
        else turn.bind_addresses or addresses.advertised,
    )
    return plan_relay(settings, addresses, settings.keys, {})


def run_alone(settings: Settings, announce: Callable[[list[str]], None]) -> None:
    """Relay until SIGTERM or SIGINT. Raises SettingsError, TlsError, ListenError."""
    raise_limit()
    plan = plan_alone(settings)

    async def serve() -> None:
        signals = Signals()
        relay = await Relay.start(plan)
        watching = asyncio.create_task(watch(plan.tls, CERTIFICATE_CHECK))
        announce(relay.urls)
        await signals.first.wait()
        watching.cancel()
        await relay.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
