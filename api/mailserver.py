"""The mail server that letters are taken to, and whom they are from, as the operator says."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.headerregistry import Address

import aiosmtplib

from api.clinic.letters import Sender
from api.settings import MailSection, MailSecurity, SettingsError

PORTS = {MailSecurity.STARTTLS: 587, MailSecurity.TLS: 465, MailSecurity.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    security: MailSecurity
    sender: Sender
    username: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None  # None: without TLS


def mail_server(mail: MailSection) -> MailServer | None:
    """None when no mail is to be sent. Raises SettingsError."""
    if not mail.host:
        return None
    try:
        Address(addr_spec=mail.sender)
        mail.sender.encode("ascii")
    except Exception:  # the parser of the standard library raises what it happens upon
        raise SettingsError("clinic.mail.sender must be the address that mail is from") from None
    if "@" not in mail.sender:
        raise SettingsError("clinic.mail.sender must be the address that mail is from")
    is_open = mail.security is MailSecurity.NONE
    if is_open and mail.password:
        raise SettingsError("clinic.mail.password would go unencrypted: use starttls or tls")
    try:
        context = None if is_open else ssl.create_default_context(cafile=mail.ca_file or None)
    except OSError as error:
        raise SettingsError(
            f"clinic.mail.ca_file: {mail.ca_file} cannot be used: {error}"
        ) from None
    return MailServer(
        host=mail.host,
        port=mail.port or PORTS[mail.security],
        security=mail.security,
        sender=Sender(mail.sender, mail.sender_name),
        username=mail.username,
        password=mail.password,
        context=context,
    )


@asynccontextmanager
async def greeted(
    server: MailServer, seconds: float, *, signs_in: bool = True
) -> AsyncIterator[aiosmtplib.SMTP]:
    """A connection that the server has been greeted by, with so long for each answer; it is closed
    without a farewell. Raises aiosmtplib.SMTPException, OSError, ValueError.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=seconds,
        use_tls=server.security is MailSecurity.TLS,
        start_tls=server.security is MailSecurity.STARTTLS,
        tls_context=server.context,
        username=server.username or None if signs_in else None,
        password=server.password or None if signs_in else None,
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        yield client
    finally:
        client.close()
