"""Text messages reach a real HTTP server once, whatever it, the database or our own end does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from api.carriers.carrier import Carrier
from api.carriers.twilio import Twilio
from api.carriers.vonage import Vonage
from api.carriers.webhook import Webhook
from api.clinic.outbox import claim
from api.rules.mailing import LEASE, Channel
from api.settings import Provider, SettingsError, SmsSection
from api.texts import Texter
from api.textserver import text_carrier
from tests.api.carriers.test_vonage import PEM
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.rest.test_texting import NUMBER, invited
from tests.harness.carrier import Pretended, carrying

pytestmark = pytest.mark.anyio

SECRET = "12345678901234567890"


@pytest.fixture
async def carrier() -> AsyncIterator[Pretended]:
    async with carrying() as carrier:
        yield carrier


async def wait_for(house: House, carrier: Pretended) -> tuple[str, Texter]:
    """The id of a message that is to be sent, and who will."""
    twilio = Twilio("AC1", SECRET, "+15005550006", carrier.url)
    house.clinic.texts.carrier = twilio
    _, _, id = await invited(house)
    return id, Texter(house.clinic)


async def state(house: House, id: str) -> tuple[str, str | None]:
    mail = await house.owner.ask("GET", f"/mail/{id}", status=200)
    return mail["state"], mail["reason"]


async def test_a_message_arrives_as_it_was_written_and_once(
    north: House, carrier: Pretended
) -> None:
    id, texter = await wait_for(north, carrier)
    for _ in range(3):
        await texter.go_round()
    (asked,) = carrier.asked
    form = parse_qs(asked.content.decode())

    assert asked.line.split(" ")[:2] == ["POST", "/2010-04-01/Accounts/AC1/Messages.json"]
    assert form["To"] == [NUMBER]
    assert form["Body"][0].startswith("Clinic: videollamada")
    assert await state(north, id) == ("sent", None)


async def test_a_carrier_that_is_away_is_asked_again_later(
    north: House, carrier: Pretended, clock: Clock
) -> None:
    id, texter = await wait_for(north, carrier)
    there = north.clinic.texts.carrier
    north.clinic.texts.carrier = Twilio("AC1", SECRET, "+15005550006", "http://127.0.0.1:1")
    await texter.go_round()
    assert await state(north, id) == ("waiting", "ConnectError")
    north.clinic.texts.carrier = there
    clock.go(seconds=30)
    await texter.go_round()

    assert await state(north, id) == ("sent", None)


@pytest.mark.parametrize(
    ("status", "became"),
    [
        (400, ("refused", "twilio_21211")),
        (429, ("waiting", "twilio_21211")),
        (500, ("unknown", "twilio_21211")),
        (0, ("unknown", "RemoteProtocolError")),
    ],
)
async def test_what_may_have_been_taken_is_not_sent_again(
    north: House, carrier: Pretended, clock: Clock, status: int, became: tuple[str, str]
) -> None:
    carrier.status, carrier.answer = status, b'{"code": 21211}'
    id, texter = await wait_for(north, carrier)
    await texter.go_round()
    assert await state(north, id) == became
    carrier.status = 201
    clock.go(minutes=5)
    await texter.go_round()

    assert len(carrier.asked) == (2 if became[0] == "waiting" else 1)


async def test_the_server_s_end_in_the_middle_leaves_what_is_not_known(
    north: House, carrier: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, never = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        came.set()
        await never.wait()

    monkeypatch.setattr("api.deliveries.LAST", 0.05)
    carrier.before_answer = hold
    id, texter = await wait_for(north, carrier)
    task = asyncio.create_task(texter.keep())
    await came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    never.set()

    assert await state(north, id) == ("unknown", "server_ends")


async def test_what_a_process_that_is_gone_had_claimed_is_not_sent(
    north: House, carrier: Pretended, clock: Clock
) -> None:
    id, texter = await wait_for(north, carrier)
    (workspace,) = await north.clinic.workspaces()
    assert await claim(north.clinic, workspace.id, Channel.SMS) is not None
    clock.go(seconds=LEASE.total_seconds() + 1)
    await texter.go_round()

    assert await state(north, id) == ("unknown", "interrupted")
    assert carrier.asked == []


def section(provider: Provider, **change: str) -> SmsSection:
    fields = {
        "account": "A", "secret": SECRET, "sender": "+15005550006", "private_key_file": "",
        "url": "https://sms.example/",
    }  # fmt: skip
    return SmsSection(provider=provider, **(fields | change))


def test_the_settings_choose_the_carrier(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(PEM)
    chosen: list[Carrier | None] = [
        text_carrier(section(Provider.NONE)),
        text_carrier(section(Provider.TWILIO, url="")),
        text_carrier(section(Provider.VONAGE, private_key_file=str(key))),
        text_carrier(section(Provider.WEBHOOK)),
    ]

    assert [type(one) for one in chosen] == [type(None), Twilio, Vonage, Webhook]
    assert SECRET not in repr(chosen)


@pytest.mark.parametrize(
    ("provider", "change", "why"),
    [
        (Provider.TWILIO, {"account": ""}, "clinic.sms.account is needed for twilio"),
        (Provider.WEBHOOK, {"url": ""}, "clinic.sms.url is needed"),
        (Provider.WEBHOOK, {"url": "http://sms.example/"}, "unencrypted"),
        (Provider.WEBHOOK, {"url": "sms.example"}, "must be an address"),
        (Provider.WEBHOOK, {"secret": "short"}, "16 characters"),
        (Provider.VONAGE, {}, "private_key_file is needed"),
        (Provider.VONAGE, {"private_key_file": "/nowhere"}, "no private key"),
    ],
)
def test_settings_that_cannot_be_used_are_told(
    provider: Provider, change: dict[str, str], why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        text_carrier(section(provider, **change))
