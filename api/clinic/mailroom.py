"""Who carries mail and text messages, and which workspaces have some to send."""

from collections.abc import Mapping

from api.carriers.carrier import Carrier
from api.carriers.choosing import Kind
from api.clinic.letters import Sender
from api.clinic.tray import Tray


class Mailroom(Tray):
    def __init__(self, sender: Sender | None = None) -> None:
        super().__init__()
        self.sender = sender  # None: this server sends none
        self.page = ""  # where links lead to


class Textroom(Tray):
    def __init__(self, carrier: Carrier | None = None) -> None:
        super().__init__()
        self.carrier = carrier  # of workspaces that have none of their own; None: they send none
        self.hosts: Mapping[Kind, str] = {}  # where carriers are, in place of the usual, for tests
