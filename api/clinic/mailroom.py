"""Whether mail and text messages are sent, and which workspaces have some to send."""

from api.carriers.carrier import Carrier
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
        self.carrier = carrier  # None: this server sends none
