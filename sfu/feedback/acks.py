"""What clients say of the packets that they got: transport-wide feedback.

What a report's packets were is looked up in the send log (`Clients.log`), and counted in
`tables.Clients`. Most reports are counted where their datagram is received (`loops/control.py`).
"""

import numpy as np

from sfu.feedback.twcc import LARGEST_COUNT
from sfu.loops import acks
from sfu.tables import Clients, Octets, Rows
from turn.compiling import Direct

LARGEST = 1 << 16  # bytes of a body


class Acks:
    """`receive` counts one report, and leaves its packets in `acked`: for an estimate."""

    def __init__(self, table: Clients) -> None:
        self.acked: Rows = np.zeros(LARGEST_COUNT, acks.ACKED)
        self._table = table
        self._octets: Octets = np.zeros(LARGEST, np.uint8)
        self._count = Direct(acks.count)

    def receive(self, row: int, body: bytes) -> int:
        """A report of a client, `rtcp.Twcc.body`: how many packets came after all.

        Below 0: it is none. Never raises.
        """
        size = min(len(body), LARGEST)
        self._octets[:size] = np.frombuffer(body, np.uint8, size)
        table = self._table
        found: int = self._count.call(
            self._octets, 0, size, row, table.rows, table.log_rows, self.acked
        )
        return found
