"""What all rooms share: settings, deadlines, dice; and what the rooms on one media node share."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sfu.commands import Command
from sfu.media import NodeInfo
from signaling.config import SignalingConfig
from signaling.ids import RandBytes
from signaling.notices import Notices
from signaling.timers import Timers

if TYPE_CHECKING:
    from signaling.session import Session


class Context:
    """Of a whole conference."""

    def __init__(
        self,
        config: SignalingConfig,
        keys: Mapping[str, str],
        randbytes: RandBytes,
        epoch: float,
    ) -> None:
        self.config = config
        self.keys = keys  # API key -> secret; the first one signs refresh tokens
        self.randbytes = randbytes
        self.timers = Timers()
        self.notices = Notices(
            wanted=config.tells_events, full_rooms=config.room.full_in_events, randbytes=randbytes
        )
        self.ready: dict[Session, None] = {}  # sessions with messages to fetch, in order
        self.epoch = epoch  # the wall clock at monotonic time zero

    def unix(self, now: float) -> float:
        """Wall-clock time in seconds."""
        return self.epoch + now

    def milliseconds(self, now: float) -> int:
        return int(self.unix(now) * 1000)


class NodeContext(Context):
    """Of the rooms that are on one media node."""

    def __init__(self, context: Context, node: NodeInfo) -> None:
        super().__init__(context.config, context.keys, context.randbytes, context.epoch)
        self.timers, self.ready = context.timers, context.ready
        self.notices = context.notices
        self.node = node
        self.commands: list[Command] = []  # for this node, in order
