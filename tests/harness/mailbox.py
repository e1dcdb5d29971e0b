"""A real SMTP server of the tests' own, in their loop: what it takes can be read."""

import asyncio
import email.policy
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"
PASSWORD = b"open sesame"


@dataclass
class Mailbox:
    """`answer` is what DATA is answered with, `welcome` what a recipient is."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    tried: int = 0
    welcome: str = OK
    answer: str = OK
    before_answer: Callable[[], Awaitable[None]] | None = None
    was_encrypted: bool = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried += 1
        if self.welcome == OK:
            envelope.rcpt_tos.append(address)
        return self.welcome

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.before_answer is not None:
            await self.before_answer()
        if self.answer == OK:
            content = envelope.content
            assert isinstance(content, bytes)
            self.letters.append(email.message_from_bytes(content, policy=email.policy.SMTPUTF8))
            self.envelopes.append(envelope)
            transport = server.transport
            self.was_encrypted = bool(transport and transport.get_extra_info("sslcontext"))
        return self.answer


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD)


@asynccontextmanager
async def receiving(
    tls: ssl.SSLContext | None = None, *, starttls: bool = False, asks: bool = False
) -> AsyncIterator[Mailbox]:
    """`tls`: from the beginning, or after STARTTLS; `asks` for a password."""
    box = Mailbox()
    loop = asyncio.get_running_loop()

    def make() -> SMTP:
        return SMTP(
            box, loop=loop, hostname="mail.example", enable_SMTPUTF8=True,
            tls_context=tls if starttls else None, require_starttls=starttls,
            auth_required=asks, auth_require_tls=asks, authenticator=authenticate,
        )  # fmt: skip

    at_once = None if starttls else tls
    server = await loop.create_server(make, "127.0.0.1", 0, ssl=at_once)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
