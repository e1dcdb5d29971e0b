"""Does the mail server answer? It is greeted, and given no letter."""

import time

import aiosmtplib

from api.mailserver import MailServer, greeted
from api.rules.checking import Found, Part, Reason

PATIENCE = 5.0  # seconds for each answer


async def check_mail(server: MailServer) -> Found:
    began = time.monotonic()
    reason = await reason_of(server)
    return Found(Part.MAIL, reason, time.monotonic() - began)


async def reason_of(server: MailServer) -> Reason | None:
    """Without signing in: servers count that, and bar who does it each minute."""
    try:
        async with greeted(server, PATIENCE, signs_in=False) as client:
            await client.noop()
            await client.quit()
    except (aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPConnectError, TimeoutError):
        return Reason.SILENT
    except (aiosmtplib.SMTPException, ValueError):
        return Reason.REFUSED
    except OSError:
        return Reason.SILENT
    return None
