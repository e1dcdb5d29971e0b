"""Take letters to the mail server."""

import email.policy
import logging
from contextlib import suppress

import aiosmtplib

from api.carriers.carrier import Result
from api.clinic.clinic import Clinic
from api.deliveries import LAST, Deliveries
from api.mailserver import MailServer, greeted
from api.rules.mailing import Channel, MailState, is_for_good

TIMEOUT = 60.0  # seconds for each word of the mail server's

logger = logging.getLogger(__name__)


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
        async with greeted(self._server, TIMEOUT) as client:
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

    def _judge(self, error: aiosmtplib.SMTPResponseException) -> Result:
        """What the server says of us may be put right; what it says of the letter holds."""
        reason = f"smtp_{error.code}"  # its words may repeat an address
        of_letter = isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
        if of_letter and is_for_good(error.code):
            return Result(MailState.REFUSED, reason)
        logger.warning("the mail server %s takes nothing: %s", self._server.host, reason)
        return Result(MailState.WAITING, reason)


class Postman(Deliveries):
    def __init__(self, clinic: Clinic, server: MailServer) -> None:
        super().__init__(clinic, Channel.MAIL, lambda letter: Delivery(server, letter.message))
