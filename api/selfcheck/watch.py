"""Look at oneself once a minute, keep what was found, and say when something is not well."""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from api.clinic import checks
from api.clinic.checks import Kept, Look
from api.clinic.clinic import Clinic
from api.clinic.letters import compose
from api.mail import Delivery
from api.mailserver import MailServer
from api.rules.checking import EVERY, Found, Incident, Part, Reason, follow
from api.rules.ids import RANDOM_BYTES, make_id
from api.rules.mailing import MailState
from api.rules.wording import wording_for
from api.store.errors import Unavailable
from api.store.store import kind, undisturbed

PATIENCE = 10.0  # seconds for the database
UNWRITTEN = 1500  # looks that wait for the database: a day's

logger = logging.getLogger(__name__)

Checkup = Callable[[], Awaitable[Sequence[Found]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """`address`: whom to write to; empty: the owners."""

    every: float = EVERY  # seconds
    address: str = ""
    kept_for: timedelta = timedelta(days=14)


async def twice(checkup: Checkup) -> Sequence[Found]:
    """What fails is looked at once more: nobody is written to about a packet that was lost."""
    found = await checkup()
    return await checkup() if any(one.reason for one in found) else found


class Watch:
    """`checkups`: all but the database's, each for some parts."""

    def __init__(
        self,
        clinic: Clinic,
        node: str,
        checkups: Sequence[Checkup],
        terms: Terms,
        server: MailServer | None = None,
    ) -> None:
        """`server`: takes letters about the database at once, since they cannot wait in it."""
        self.standing = clinic.standing
        self.standing.every = terms.every
        self._clinic = clinic
        self._node = node
        self._checkups = checkups
        self._terms = terms
        self._server = server
        self._kept: Kept | None = None
        self._looks: deque[Look] = deque(maxlen=UNWRITTEN)  # that are not written yet
        self._ended: list[Incident] = []  # likewise
        self._writing: asyncio.Future[bool] | None = None
        self._has_recalled = False

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            began = time.monotonic()
            try:
                await self.look()
            except Exception as error:  # nothing here may end the server
                logger.error("the server could not look at itself: %s", kind(error))
            await asyncio.sleep(max(0.0, self._terms.every - (time.monotonic() - began)))

    async def look(self) -> None:
        await self._recall()
        results = await asyncio.gather(*map(twice, self._checkups))
        now = self._clinic.store.now()
        found = [one for result in results for one in result]
        self._judge(found, now)
        self._looks.append(Look(now, found))
        database = await self._check_database()
        self._judge([database], now)
        self._looks.append(Look(now, [database]))  # it cannot tell of itself while it is away
        self.standing.at = now

    async def close(self, seconds: float) -> None:
        """The last call: what is being written comes to its end, if that takes no longer."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=seconds)

    def _judge(self, found: Sequence[Found], now: datetime) -> None:
        standing = self.standing
        before = standing.troubles
        ids = (self._new_id(now) for _ in found)
        after = follow(standing.incidents, found, ids, now)
        self._ended += [one for one in after.values() if one.ended_at is not None]
        standing.incidents = {p: one for p, one in after.items() if one.ended_at is None}
        parts = {one.part for one in found}
        standing.found = [one for one in standing.found if one.part not in parts] + list(found)
        for one in found:
            standing.failures.setdefault(one.part, 0)
            standing.failures[one.part] += one.reason is not None
        for part, incident in standing.troubles.items():
            if part not in before:
                logger.error("self-check: %s: %s", incident.part.value, incident.sentence)
        for part in before.keys() - standing.troubles.keys():
            logger.warning("self-check: %s is well again", part.value)

    def _new_id(self, now: datetime) -> UUID:
        return make_id(now.timestamp(), secrets.token_bytes(RANDOM_BYTES))

    async def _recall(self) -> None:
        if self._has_recalled:
            return
        try:
            known = await undisturbed(checks.recall(self._clinic, self._node))
        except Unavailable:
            return
        self.standing.incidents = known | self.standing.incidents
        self._has_recalled = True

    async def _check_database(self) -> Found:
        """Write what was found, and read it back. What cannot be written waits; who is to be
        written to about that hears of it at once."""
        began = time.monotonic()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())
        # Never cancelled: that would leave its connection behind (`undisturbed`).
        done, _ = await asyncio.wait({self._writing}, timeout=PATIENCE)
        seconds = time.monotonic() - began
        try:
            is_back = bool(done) and self._writing.result()
        except Unavailable:
            done = set()
        if not done:
            await self._write_directly()
            return Found(Part.DATABASE, Reason.SILENT, seconds)
        return Found(Part.DATABASE, None if is_back else Reason.LOST, seconds)

    async def _write(self) -> bool:
        """Whether what was written is there. Raises Unavailable."""
        looks, ended = list(self._looks), list(self._ended)
        open = list(self.standing.incidents.values())
        terms = self._terms
        done = await checks.keep(
            self._clinic, self._node, looks, [*ended, *open], terms.address, terms.kept_for
        )
        if done is None:
            return True
        kept, saved = done
        self._kept, self.standing.shares = kept, dict(kept.shares)
        for one in saved:
            self._replace(one)
        self._ended = self._ended[len(ended) :]
        for _ in looks:
            self._looks.popleft()
        if not looks or not looks[-1].found:
            return True
        newest = looks[-1]
        count = await checks.read_back(self._clinic, kept.workspace.id, self._node, newest.at)
        return count == len(newest.found)

    def _replace(self, incident: Incident) -> None:
        """What somebody was told of it; all else may have changed meanwhile."""
        known = self.standing.incidents.get(incident.part)
        if known is not None and known.id == incident.id:
            self.standing.incidents[incident.part] = replace(
                known,
                is_told=known.is_told or incident.is_told,
                is_end_told=known.is_end_told or incident.is_end_told,
            )

    async def _write_directly(self) -> None:
        """Letters that cannot wait in the database."""
        if self._server is None or self._kept is None:
            return
        for incident in list(self.standing.troubles.values()):
            if checks.is_due(incident) and await self._deliver(incident):
                self._replace(checks.told(incident))

    async def _deliver(self, incident: Incident) -> bool:
        assert self._server is not None
        assert self._kept is not None
        now = self._clinic.store.now()
        sent = []
        for reader in self._kept.readers:
            letter = checks.letter_of(
                incident, reader, self._kept.workspace, self._node, self._clinic.mail.page, now
            )
            message = compose(
                letter, wording_for(letter.kind, None), self._server.sender, self._new_id(now), now
            )
            sent.append((await Delivery(self._server, message).run()).state)
        return MailState.SENT in sent
