"""Which servers for media somebody is told of, and that the relay knows what they are told."""

import time
from typing import Any

import pytest

from api.iceservers import servers
from api.plan import Plan
from api.relay import Relay, plan_beside
from tests.api.planning import make
from turn.aio.service import RelayService
from turn.credentials import Credentials

WHO = "patient-01a2294c-c78f-7268-b5fb-a33b663db50c"


def relayed(plan: Plan) -> Relay:
    made = plan_beside(plan)
    return Relay(RelayService(made.config, made.relay_binds), made)


@pytest.mark.anyio
@pytest.mark.parametrize(("wished", "ttl"), [(600, 600), (1, 300), (900_000, 86_400)])
async def test_each_gets_a_password_that_the_relay_takes_for_so_long(wished: int, ttl: int) -> None:
    plan = make({"turn": {"ttl_seconds": wished}})
    (server,) = servers(plan, relayed(plan))(WHO)
    known = Credentials({}, (), plan.keys).passwords(server["username"])
    assert server["credential"] in [password.text for password in known]
    assert known[0].expires == pytest.approx(time.time() + ttl, abs=5)
    assert server["urls"][0].startswith("turn:203.0.113.1:3478")


@pytest.mark.anyio
async def test_the_network_learns_nobody_s_name() -> None:
    plan = make()
    relay = relayed(plan)
    one, other = servers(plan, relay)(WHO), servers(plan, relay)("staff-2")
    credentials = Credentials({}, (), plan.keys)

    def user(found: list[dict[str, Any]]) -> str:
        return credentials.passwords(found[0]["username"])[0].user

    assert user(one) == user(servers(plan, relay)(WHO)) != user(other)  # counted as one
    assert not set(WHO.split("-")) & set(user(one).split("-"))


def test_without_a_relay_there_is_none() -> None:
    assert servers(make(), None)(WHO) == []
