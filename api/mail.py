"""Take letters to the mail server, one after the other, and write down how it went."""

import asyncio
import email.policy
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import aiosmtplib

from api.clinic.clinic import Clinic
from api.clinic.outbox import Claimed, claim, next_due, settle
from api.mailserver import MailServer
from api.rules.mailing import MailState, is_for_good
from api.settings import MailSecurity
from api.store.errors import Unavailable
from api.store.store import kind, undisturbed

TIMEOUT = 60.0  # seconds for each word of the mail server's
LAST = 2.0  # seconds that a letter on its way gets at the server's end
AWAY = timedelta(seconds=5)  # until the database is asked again
BROKEN = timedelta(minutes=1)  # until something that should not happen is tried again

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    state: MailState  # WAITING: try again
    reason: str | None = None


class Delivery:
    """One letter's way to the mail server, on a connection of its own."""

    def __init__(self, server: MailServer, message: bytes) -> None:
        self._server = server
        self._message = message
        self._is_told = False  # the server may have taken it from here on

    async def run(self) -> Result:
        try:
            return await self._run()
        except aiosmtplib.SMTPResponseException as error:
            return self._judge(error)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return self.interrupted(type(error).__name__)

    def interrupted(self, reason: str) -> Result:
        if self._is_told:
            return Result(MailState.UNKNOWN, reason)
        logger.warning("the mail server %s is not to be had: %s", self._server.host, reason)
        return Result(MailState.WAITING, reason)

    async def _run(self) -> Result:
        # As text: headers that came as bytes would keep other letters as surrogates.
        letter = email.message_from_string(self._message.decode(), policy=email.policy.SMTPUTF8)
        sender = letter["From"].addresses[0].addr_spec
        to = letter["To"].addresses[0].addr_spec
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=TIMEOUT,
            use_tls=server.security is MailSecurity.TLS,
            start_tls=server.security is MailSecurity.STARTTLS,
            tls_context=server.context,
            username=server.username or None,
            password=server.password or None,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            international = not to.isascii()
            if international and not client.supports_extension("smtputf8"):
                return Result(MailState.REFUSED, "no_smtputf8")
            options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
            encoding = "utf-8" if international else "ascii"
            await client.mail(sender, options=options, encoding=encoding)
            await client.rcpt(to, encoding=encoding)
            self._is_told = True
            await client.data(self._message)
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=LAST)
            return Result(MailState.SENT)
        finally:
            client.close()

    def _judge(self, error: aiosmtplib.SMTPResponseException) -> Result:
        """What the server says of us may be put right; what it says of the letter holds."""
        reason = f"smtp_{error.code}"  # its words may repeat an address
        of_letter = isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
        if of_letter and is_for_good(error.code):
            return Result(MailState.REFUSED, reason)
        logger.warning("the mail server %s takes nothing: %s", self._server.host, reason)
        return Result(MailState.WAITING, reason)


class Postman:
    def __init__(self, clinic: Clinic, server: MailServer) -> None:
        self._clinic = clinic
        self._server = server
        self._due: dict[UUID, datetime] = {}  # workspaces with something to send, and when
        self._knows_all = False

    async def keep(self) -> None:
        """Until cancelled."""
        mail = self._clinic.mail
        while True:
            mail.posted.clear()
            await self.go_round()
            now = self._clinic.store.now()
            times = list(self._due.values()) if self._knows_all else [now + AWAY]
            seconds = (min(times) - now).total_seconds() if times else None
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await mail.posted.wait()

    async def go_round(self) -> None:
        """Send all that is due."""
        await self._look_for_workspaces()
        mail, now = self._clinic.mail, self._clinic.store.now()
        while mail.awake:
            self._due[mail.awake.pop()] = now
        for workspace in [id for id, at in self._due.items() if at <= now]:
            await self._serve(workspace)

    async def _look_for_workspaces(self) -> None:
        """Once: what was left by an earlier start. Later ones make themselves heard."""
        if self._knows_all:
            return
        try:
            found = await undisturbed(self._clinic.workspaces())
        except Unavailable:
            return
        self._due |= {workspace.id: self._clinic.store.now() for workspace in found}
        self._knows_all = True

    async def _serve(self, workspace: UUID) -> None:
        clinic = self._clinic
        del self._due[workspace]
        try:
            while (letter := await undisturbed(claim(clinic, workspace))) is not None:
                await self._deliver(letter)
            due = await undisturbed(next_due(clinic, workspace))
        except Unavailable:
            due = clinic.store.now() + AWAY
        except Exception as error:  # nothing here may end the server
            logger.error("mail cannot be sent: %s", kind(error))
            due = clinic.store.now() + BROKEN
        if due is not None:
            self._due[workspace] = due

    async def _deliver(self, letter: Claimed) -> None:
        delivery = Delivery(self._server, letter.message)
        sending = asyncio.ensure_future(delivery.run())
        try:
            result = await asyncio.shield(sending)
        except asyncio.CancelledError:
            done, _ = await asyncio.wait({sending}, timeout=LAST)
            sending.cancel()
            result = sending.result() if done else delivery.interrupted("server_ends")
            with suppress(Unavailable):
                await self._settle(letter, result)
            raise
        await self._settle_sometime(letter, result)

    async def _settle(self, letter: Claimed, result: Result) -> None:
        await settle(self._clinic, letter, result.state, result.reason)

    async def _settle_sometime(self, letter: Claimed, result: Result) -> None:
        """The database may be away. What was sent must not be forgotten while we are here."""
        while True:
            try:
                return await undisturbed(self._settle(letter, result))
            except Unavailable:
                await asyncio.sleep(AWAY.total_seconds())
