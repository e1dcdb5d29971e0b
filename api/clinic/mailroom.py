"""Whether mail is sent, and which workspaces have some to send."""

import asyncio
from uuid import UUID

from api.clinic.letters import Sender


class Mailroom:
    def __init__(self, sender: Sender | None = None) -> None:
        self.sender = sender  # None: this server sends none
        self.page = ""  # where links lead to
        self.awake: set[UUID] = set()  # workspaces that have posted something
        self.posted = asyncio.Event()

    async def wake(self, workspace: UUID) -> None:
        self.awake.add(workspace)
        self.posted.set()
