"""Where workspaces say that they have something for one of the server's tasks."""

import asyncio
from uuid import UUID


class Tray:
    def __init__(self) -> None:
        self.awake: set[UUID] = set()
        self.filled = asyncio.Event()

    async def wake(self, workspace: UUID) -> None:
        self.awake.add(workspace)
        self.filled.set()
