"""Letters reach a real mail server once, whatever it, the database or our own end does."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP

from api.clinic.outbox import bounce
from api.mail import Postman
from api.mailserver import MailServer, mail_server
from api.rules.mailing import LEASE
from api.settings import MailSection, MailSecurity, SettingsError
from tests.api.conftest import Clock
from tests.api.house import House
from tests.harness.authority import issue
from tests.harness.mailbox import PASSWORD, Mailbox, receiving

pytestmark = pytest.mark.anyio

SENDER = "no-reply@north.example"


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with receiving() as box:
        yield box


def plain(port: int) -> MailServer:
    section = MailSection(
        host="127.0.0.1", port=port, security=MailSecurity.NONE, sender=SENDER
    )  # fmt: skip
    server = mail_server(section)
    assert server is not None
    return server


async def invite(house: House, name: str = "anna") -> str:
    """The id of a letter that is to be sent."""
    body = {"email": f"{name}@n.example", "name": name, "role": "assistant", "mail": True}
    answer = await house.owner.ask("POST", "/staff", body, 201)
    id: str = answer["link"]["mailId"]
    return id


async def shown(house: House, id: str) -> Any:
    return await house.owner.ask("GET", f"/mail/{id}", status=200)


async def state(house: House, id: str) -> tuple[str, str | None]:
    mail = await shown(house, id)
    return mail["state"], mail["reason"]


async def test_a_letter_arrives_as_it_was_written(north: House, box: Mailbox) -> None:
    body = {"email": "anna@n.example", "name": "A", "role": "assistant", "mail": True}
    invited = await north.owner.ask("POST", "/staff", body, 201)
    await Postman(north.clinic, plain(box.port)).go_round()
    (letter,) = box.letters

    assert letter["To"] == "anna@n.example"
    assert letter["From"] == f"Housecall <{SENDER}>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == f"<{invited['link']['mailId']}@north.example>"
    assert invited["link"]["url"] in letter.get_content()
    assert "Clinic" in letter.get_content()
    assert "Clinic" not in letter["Subject"]
    mail = await shown(north, invited["link"]["mailId"])
    assert (mail["state"], mail["tries"], mail["nextTryAt"]) == ("sent", 1, None)


async def test_a_sent_letter_is_wiped_out_and_not_sent_again(north: House, box: Mailbox) -> None:
    await invite(north)
    for _ in range(3):
        await Postman(north.clinic, plain(box.port)).go_round()

    assert box.tried == 1


async def test_a_server_that_is_away_is_asked_again_later(
    north: House, box: Mailbox, clock: Clock
) -> None:
    id = await invite(north)
    await Postman(north.clinic, plain(1)).go_round()
    first = await state(north, id)
    postman = Postman(north.clinic, plain(box.port))  # of the next start
    await postman.go_round()
    assert (first, box.tried) == (("waiting", "SMTPConnectError"), 0)

    clock.go(seconds=30)
    await postman.go_round()
    assert (await state(north, id), box.tried) == (("sent", None), 1)


@pytest.mark.parametrize(
    ("welcome", "answer", "expected"),
    [
        ("450 later", "250 OK", ("waiting", "smtp_450")),
        ("550 no such person", "250 OK", ("refused", "smtp_550")),
        ("250 OK", "451 later", ("waiting", "smtp_451")),
        ("250 OK", "554 spam", ("refused", "smtp_554")),
    ],
)
async def test_what_the_server_says_is_heeded(
    north: House, box: Mailbox, clock: Clock, welcome: str, answer: str,
    expected: tuple[str, str],
) -> None:  # fmt: skip
    box.welcome, box.answer = welcome, answer
    id = await invite(north)
    postman = Postman(north.clinic, plain(box.port))
    await postman.go_round()
    assert await state(north, id) == expected

    box.welcome = box.answer = "250 OK"
    clock.go(minutes=1)
    await postman.go_round()
    assert len(box.letters) == (expected[0] == "waiting")


async def test_a_letter_that_may_have_arrived_is_not_sent_twice(
    north: House, box: Mailbox, clock: Clock
) -> None:
    sent = await invite(north)

    async def lose(self: SMTP, arg: str) -> None:
        transport = self.transport
        assert transport is not None
        transport.abort()  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SMTP, "smtp_DATA", lose)
        postman = Postman(north.clinic, plain(box.port))
        await postman.go_round()
    clock.go(hours=1)
    await north.owner.sign_in()
    await postman.go_round()

    assert await state(north, sent) == ("unknown", "SMTPServerDisconnected")
    assert box.letters == []


async def test_who_is_gone_while_sending_leaves_it_unknown(
    north: House, box: Mailbox, clock: Clock
) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def stall() -> None:
        arrived.set()
        await never.wait()

    box.before_answer = stall
    id = await invite(north)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.mail.LAST", 0.01)
        patch.setattr(Postman, "_settle", _crash)
        sending = asyncio.create_task(Postman(north.clinic, plain(box.port)).go_round())
        await arrived.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert await state(north, id) == ("sending", None)

    box.before_answer = None
    clock.go(seconds=LEASE.total_seconds() + 1)
    await Postman(north.clinic, plain(box.port)).go_round()
    assert await state(north, id) == ("unknown", "interrupted")
    assert box.letters == []


async def _crash(*_: object) -> None:
    raise asyncio.CancelledError


async def test_the_server_s_end_waits_for_a_letter_on_its_way(north: House, box: Mailbox) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def stall() -> None:
        arrived.set()
        await go_on.wait()

    box.before_answer = stall
    id = await invite(north)
    sending = asyncio.create_task(Postman(north.clinic, plain(box.port)).keep())
    await arrived.wait()
    sending.cancel()
    go_on.set()
    await asyncio.gather(sending, return_exceptions=True)

    assert await state(north, id) == ("sent", None)


async def test_a_letter_whose_link_has_ended_stays_here(
    north: House, box: Mailbox, clock: Clock
) -> None:
    body = {"kind": "family", "name": "G", "email": "g@home.example", "minutes": 1}
    guest = await north.owner.ask("POST", "/guests", body, 201)
    clock.go(minutes=1)
    await Postman(north.clinic, plain(box.port)).go_round()

    assert await state(north, guest["link"]["mailId"]) == ("expired", "too_late")
    assert box.tried == 0


async def test_what_is_posted_meanwhile_goes_at_once(north: House, box: Mailbox) -> None:
    keeping = asyncio.create_task(Postman(north.clinic, plain(box.port)).keep())
    ids = [await invite(north, name) for name in ("anna", "ben", "cleo")]
    async with asyncio.timeout(20):
        while len(box.letters) < len(ids):
            await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert [await state(north, id) for id in ids] == [("sent", None)] * 3


async def test_two_that_send_send_each_letter_once(north: House, box: Mailbox) -> None:
    for n in range(8):
        await invite(north, f"a{n}")
    await asyncio.gather(*(Postman(north.clinic, plain(box.port)).go_round() for _ in range(2)))

    assert len({letter["Message-ID"] for letter in box.letters}) == len(box.letters) == 8


async def test_an_address_in_another_script_is_reached(north: House, box: Mailbox) -> None:
    body = {"kind": "family", "name": "G", "email": "пат@пример.example"}
    guest = await north.owner.ask("POST", "/guests", body, 201)
    await Postman(north.clinic, plain(box.port)).go_round()

    assert await state(north, guest["link"]["mailId"]) == ("sent", None)
    assert box.envelopes[0].rcpt_tos == ["пат@xn--e1afmkfd.example"]


async def test_a_letter_that_comes_back_is_told(north: House, box: Mailbox) -> None:
    id = await invite(north)
    (workspace,) = await north.clinic.workspaces()
    await Postman(north.clinic, plain(box.port)).go_round()

    assert await bounce(north.clinic, workspace.id, UUID(id), "5.1.1")
    assert await state(north, id) == ("bounced", "5.1.1")


@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.TLS])
async def test_letters_go_encrypted_and_signed_in(
    north: House, tmp_path: Path, security: MailSecurity
) -> None:
    authority, certificate, key = issue(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    starttls = security is MailSecurity.STARTTLS
    async with receiving(context, starttls=starttls, asks=starttls) as box:
        section = MailSection(
            host="localhost", port=box.port, sender=SENDER, ca_file=str(authority),
            username="clinic" if starttls else "", security=security,
            password=PASSWORD.decode() if starttls else "",
        )  # fmt: skip
        server = mail_server(section)
        assert server is not None
        id = await invite(north)
        await Postman(north.clinic, server).go_round()

        assert (await state(north, id), box.was_encrypted) == (("sent", None), True)


async def test_a_server_that_cannot_be_trusted_gets_nothing(north: House, tmp_path: Path) -> None:
    _, certificate, key = issue(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with receiving(context, starttls=True) as box:
        section = MailSection(host="localhost", port=box.port, sender=SENDER)
        server = mail_server(section)
        assert server is not None
        id = await invite(north)
        await Postman(north.clinic, server).go_round()

        assert (await state(north, id))[0] == "waiting"
        assert box.tried == 0


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"sender": ""}, "sender"),
        ({"sender": "nobody"}, "sender"),
        ({"sender": "a@b.example, c@d.example"}, "sender"),
        ({"security": "none", "password": "x"}, "unencrypted"),
        ({"ca_file": "/no/such/file"}, "ca_file"),
    ],
)
def test_settings_that_cannot_be_are_told(keys: dict[str, str], match: str) -> None:
    section = MailSection.model_validate({"host": "mail.example", "sender": SENDER} | keys)

    with pytest.raises(SettingsError, match=match):
        mail_server(section)


def test_a_password_is_not_printed() -> None:
    server = mail_server(MailSection(host="m.example", sender=SENDER, password="hunter2"))

    assert server is not None
    assert server.port == 587
    assert "hunter2" not in repr(server)
