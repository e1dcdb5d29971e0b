"""Fetch what waits to be sent, one after the other, and write down how it went."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from api.carriers.carrier import Result
from api.clinic.clinic import Clinic
from api.clinic.outbox import Claimed, claim, next_due, settle
from api.rules.mailing import Channel
from api.store.errors import Unavailable
from api.store.store import kind, undisturbed

LAST = 2.0  # seconds that a message on its way gets at the server's end
AWAY = timedelta(seconds=5)  # until the database is asked again
BROKEN = timedelta(minutes=1)  # until something that should not happen is tried again

logger = logging.getLogger(__name__)


class Delivery(Protocol):
    """One message's way to who carries it."""

    async def run(self) -> Result: ...

    def interrupted(self, reason: str) -> Result:
        """It is not waited for any longer."""


class Rounds:
    def __init__(
        self, clinic: Clinic, channel: Channel, begin: Callable[[Claimed], Delivery]
    ) -> None:
        self._clinic = clinic
        self._channel = channel
        self._tray = clinic.tray(channel)
        self._begin = begin
        self._due: dict[UUID, datetime] = {}  # workspaces with something to send, and when
        self._knows_all = False

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            self._tray.posted.clear()
            await self.go_round()
            now = self._clinic.store.now()
            times = list(self._due.values()) if self._knows_all else [now + AWAY]
            seconds = (min(times) - now).total_seconds() if times else None
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._tray.posted.wait()

    async def go_round(self) -> None:
        """Send all that is due."""
        await self._look_for_workspaces()
        now = self._clinic.store.now()
        while self._tray.awake:
            self._due[self._tray.awake.pop()] = now
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
        clinic, channel = self._clinic, self._channel
        del self._due[workspace]
        try:
            while (letter := await undisturbed(claim(clinic, workspace, channel))) is not None:
                await self._deliver(letter)
            due = await undisturbed(next_due(clinic, workspace, channel))
        except Unavailable:
            due = clinic.store.now() + AWAY
        except Exception as error:  # nothing here may end the server
            logger.error("%s cannot be sent: %s", channel.value, kind(error))
            due = clinic.store.now() + BROKEN
        if due is not None:
            self._due[workspace] = due

    async def _deliver(self, letter: Claimed) -> None:
        delivery = self._begin(letter)
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
        await settle(self._clinic, letter, result.state, result.reason, result.reference)

    async def _settle_sometime(self, letter: Claimed, result: Result) -> None:
        """The database may be away. What was sent must not be forgotten while we are here."""
        while True:
            try:
                return await undisturbed(self._settle(letter, result))
            except Unavailable:
                await asyncio.sleep(AWAY.total_seconds())
