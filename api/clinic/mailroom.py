"""Whether mail and text messages are sent, and which workspaces have some to send."""

import asyncio
from uuid import UUID

from api.carriers.carrier import Carrier
from api.clinic.letters import Sender


class Tray:
    """What waits to be fetched."""

    def __init__(self) -> None:
        self.awake: set[UUID] = set()  # workspaces that have posted something
        self.posted = asyncio.Event()

    async def wake(self, workspace: UUID) -> None:
        self.awake.add(workspace)
        self.posted.set()


class Mailroom(Tray):
    def __init__(self, sender: Sender | None = None) -> None:
        super().__init__()
        self.sender = sender  # None: this server sends none
        self.page = ""  # where links lead to


class Textroom(Tray):
    def __init__(self, carrier: Carrier | None = None) -> None:
        super().__init__()
        self.carrier = carrier  # None: this server sends none
