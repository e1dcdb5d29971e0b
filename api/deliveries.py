"""Fetch what waits to be sent, one after the other, and write down how it went."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from uuid import UUID

from api.carriers.carrier import Result
from api.clinic.clinic import Clinic
from api.clinic.outbox import Claimed, claim, next_due, settle
from api.rounds import AWAY, Rounds
from api.rules.mailing import Channel
from api.store.errors import Unavailable
from api.store.store import undisturbed

LAST = 2.0  # seconds that a message on its way gets at the server's end


class Delivery(Protocol):
    """One message's way to who carries it."""

    async def run(self) -> Result: ...

    def interrupted(self, reason: str) -> Result:
        """It is not waited for any longer."""


class Deliveries(Rounds):
    def __init__(
        self, clinic: Clinic, channel: Channel, begin: Callable[[Claimed], Delivery]
    ) -> None:
        super().__init__(clinic, clinic.tray(channel), f"{channel.value} cannot be sent")
        self._channel = channel
        self._begin = begin

    async def serve(self, workspace: UUID) -> datetime | None:
        clinic, channel = self._clinic, self._channel
        while (letter := await undisturbed(claim(clinic, workspace, channel))) is not None:
            await self._deliver(letter)
        return await undisturbed(next_due(clinic, workspace, channel))

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
