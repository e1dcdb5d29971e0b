"""Serve workspaces when something of theirs is due: now, at a time, or left by an earlier start."""

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from api.clinic.clinic import Clinic
from api.clinic.tray import Tray
from api.store.errors import Unavailable
from api.store.store import kind, undisturbed

AWAY = timedelta(seconds=5)  # until the database is asked again
BROKEN = timedelta(minutes=1)  # until something that should not happen is tried again

logger = logging.getLogger(__name__)


class Rounds(ABC):
    """`tray` says which workspaces have something new. Whoever inherits says how to `serve` one."""

    def __init__(self, clinic: Clinic, tray: Tray, complaint: str) -> None:
        """`complaint`: for the log, when something goes wrong that should not."""
        self._clinic = clinic
        self._tray = tray
        self._complaint = complaint
        self._due: dict[UUID, datetime] = {}  # workspaces with something to do, and when
        self._knows_all = False

    @abstractmethod
    async def serve(self, workspace: UUID) -> datetime | None:
        """Do all that is due. Returns when something will be next. Raises Unavailable."""

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            self._tray.filled.clear()
            await self.go_round()
            now = self._clinic.store.now()
            times = list(self._due.values()) if self._knows_all else [now + AWAY]
            seconds = (min(times) - now).total_seconds() if times else None
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._tray.filled.wait()

    async def go_round(self) -> None:
        """All that is due."""
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
        except Exception as error:  # nothing here may end the server
            logger.error("%s: %s", self._complaint, kind(error))
            return
        self._due |= {workspace.id: self._clinic.store.now() for workspace in found}
        self._knows_all = True

    async def _serve(self, workspace: UUID) -> None:
        del self._due[workspace]
        try:
            due = await self.serve(workspace)
        except Unavailable:
            due = self._clinic.store.now() + AWAY
        except Exception as error:  # nothing here may end the server
            logger.error("%s: %s", self._complaint, kind(error))
            due = self._clinic.store.now() + BROKEN
        if due is not None:
            self._due[workspace] = due
