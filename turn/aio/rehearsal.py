"""The relay's loops are loaded, or made, before there is a client: nobody should wait for that."""

from collections.abc import Sequence

import numpy as np

from turn.addresses import Address
from turn.aio.service import RelayService
from turn.beside import Landing
from turn.config import RelayConfig
from turn.credentials import Credentials
from turn.lanes import NAME
from turn.policy import Policy


class Nowhere:
    """Media that is given nothing."""

    def __init__(self) -> None:
        self.addresses: Sequence[Address] = [("192.0.2.1", 9)]  # for documentation (RFC 5737)
        self.landings: Sequence[Landing] = [
            Landing(
                np.zeros(1, np.uint8), 1, 0, 1, np.zeros(1, np.int32), np.zeros(1),
                np.zeros((1, NAME + 1), np.uint32),
            )
        ]  # fmt: skip

    def take(self, number: int, count: int) -> None:
        """Never called."""

    def go_on(self, number: int, count: int) -> None:
        """Never called."""

    def receive(self, number: int, source: Address, data: bytes) -> None:
        """Never called."""


async def rehearse_relay() -> None:
    """Nothing of it stays."""
    service = RelayService(RelayConfig({}, Credentials(), Policy()), {}, by_loops=True)
    service.join(Nowhere())
    _ = service.taker
    await service.close()
