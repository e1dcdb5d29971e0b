"""Does the mail server answer? It is greeted, and given no letter."""

import time

import aiosmtplib

from api.mailserver import MailServer
from api.rules.checking import Found, Part, Reason
from api.settings import MailSecurity

PATIENCE = 5.0  # seconds for each answer


async def check_mail(server: MailServer) -> Found:
    began = time.monotonic()
    reason = await reason_of(server)
    return Found(Part.MAIL, reason, time.monotonic() - began)


async def reason_of(server: MailServer) -> Reason | None:
    """Without signing in: servers count that, and bar who does it each minute."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=PATIENCE,
        use_tls=server.security is MailSecurity.TLS,
        start_tls=server.security is MailSecurity.STARTTLS,
        tls_context=server.context,
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        await client.noop()
        await client.quit()
    except (aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPConnectError, TimeoutError):
        return Reason.SILENT
    except (aiosmtplib.SMTPException, ValueError):
        return Reason.REFUSED
    except OSError:
        return Reason.SILENT
    finally:
        client.close()
    return None
