"""What all rooms share: settings, deadlines, dice; and what the rooms on one media node share."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from google.protobuf.message import Message

from sfu.commands import Command
from sfu.media import NodeInfo
from signaling.agents.workers import Workers
from signaling.config import SignalingConfig
from signaling.ids import RandBytes
from signaling.notices import Notices
from signaling.timers import Timers


class Outlet(Protocol):
    """A connection's core: a client's session, or an agent worker."""

    is_over: bool  # send what is left, then close

    def take_messages(self) -> Sequence[Message]: ...


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
            wanted=config.tells_events, full_rooms=config.room.full_in_events, randbytes=randbytes,
            quiet=config.quiet_room,
        )  # fmt: skip
        self.ready: dict[Outlet, None] = {}  # with messages to fetch, in order
        self.workers = Workers(self)
        self.epoch = epoch  # the wall clock at monotonic time zero

    def unix(self, now: float) -> float:
        """Wall-clock time in seconds."""
        return self.epoch + now

    def microseconds(self, now: float) -> int:
        return int(self.unix(now) * 1_000_000)

    def milliseconds(self, now: float) -> int:
        return int(self.unix(now) * 1000)


class NodeContext(Context):
    """Of the rooms that are on one media node."""

    def __init__(self, context: Context, node: NodeInfo) -> None:
        super().__init__(context.config, context.keys, context.randbytes, context.epoch)
        self.timers, self.ready = context.timers, context.ready
        self.notices, self.workers = context.notices, context.workers
        self.node = node
        self.commands: list[Command] = []  # for this node, in order
