"""What every room and participant of a conference shares: settings, commands, deadlines, dice."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sfu.commands import Command
from sfu.media import NodeInfo
from signaling.config import SignalingConfig
from signaling.ids import RandBytes
from signaling.timers import Timers

if TYPE_CHECKING:
    from signaling.session import Session


class Context:
    def __init__(
        self,
        config: SignalingConfig,
        node: NodeInfo,
        keys: Mapping[str, str],
        randbytes: RandBytes,
        epoch: float,
    ) -> None:
        self.config = config
        self.node = node
        self.keys = keys  # API key -> secret; the first one signs refresh tokens
        self.randbytes = randbytes
        self.timers = Timers()
        self.commands: list[Command] = []
        self.ready: dict[Session, None] = {}  # sessions with messages to fetch, in order
        self._epoch = epoch

    def unix(self, now: float) -> float:
        """Wall-clock time in seconds."""
        return self._epoch + now

    def milliseconds(self, now: float) -> int:
        return int(self.unix(now) * 1000)
