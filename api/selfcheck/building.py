"""Put the server's look at itself together."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from api.clinic.clinic import Clinic
from api.doctor.visit import IceServer, Told
from api.iceservers import servers_by_name
from api.mailserver import MailServer
from api.plan import Plan
from api.relay import Relay
from api.rules.checking import Found, Part, Reason
from api.selfcheck.guest import NotLetIn
from api.selfcheck.mail import check_mail
from api.selfcheck.nearby import Nearby
from api.selfcheck.relays import check_relays
from api.selfcheck.visit import NoAnswer, NothingHeard, Visits
from api.selfcheck.watch import Checkup, Terms, Watch
from api.store.store import kind
from signaling.aio.websocket import SignalingApp

REASONS = {NotLetIn: Reason.REFUSED, NoAnswer: Reason.SILENT, NothingHeard: Reason.LOST}

logger = logging.getLogger(__name__)


class Rooms:
    """Visits, and relays by which media can be reached: one look for both, since a relay carries
    to media alone."""

    def __init__(
        self, visits: Visits, servers: Callable[[], list[IceServer]], nearby: Nearby
    ) -> None:
        self._visits = visits
        self._servers = servers
        self._nearby = nearby

    async def look(self) -> list[Found]:
        began = time.monotonic()
        seconds = 0.0
        reason, relays = None, None
        try:
            async with self._visits.one() as told:
                seconds = time.monotonic() - began
                relays = await self._relays(told)
        except tuple(REASONS) as error:
            reason = REASONS[type(error)]
        except Exception as error:  # a mistake of ours is a finding too
            logger.error("the server could not visit itself: %s", kind(error))
            reason = Reason.REFUSED
        if relays is None:
            seconds = time.monotonic() - began
            relays = await self._relays(None)
        return [Found(Part.ROOM, reason, seconds), *relays]

    async def _relays(self, told: Told | None) -> list[Found]:
        return await check_relays(told, self._servers(), self._nearby)


def make_watch(
    plan: Plan,
    clinic: Clinic,
    signaling: SignalingApp,
    relay: Relay | None,
    room: str,
    mail: MailServer | None,
    node: str,
) -> Watch:
    """`room`: the name that signaling keeps quiet about; `node`: of this server."""
    nearby = Nearby.of(plan.media, relay.plan if relay is not None else None)
    pair = next(iter(plan.keys.items()))
    visits = Visits(signaling, signaling.administer, pair, room, nearby.media)
    told = servers_by_name(plan, relay)

    def servers() -> list[IceServer]:
        return [
            IceServer(url, server["username"] or "", server["credential"] or "")
            for server in told(room)
            for url in server["urls"]
        ]

    checkups: list[Checkup] = [Rooms(visits, servers, nearby).look]
    if mail is not None:

        async def look_at_mail() -> list[Found]:
            return [await check_mail(mail)]

        checkups.append(look_at_mail)
    status = plan.settings.clinic.status
    terms = Terms(status.every, status.mail_to, timedelta(days=status.days))
    return Watch(clinic, node, checkups, terms, mail)
