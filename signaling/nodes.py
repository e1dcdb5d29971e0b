"""Which media nodes there are, and on which of them a room goes.

A room stays on its node for as long as anybody is in it: what its participants agreed upon with
the node (addresses, certificate, keys) is worth nothing elsewhere.
"""

from collections.abc import Iterable, Sized
from typing import Protocol

from sfu.commands import Command
from sfu.media import NodeInfo
from signaling.context import Context, NodeContext


class Placed(Protocol):
    """What a placement must know of a room."""

    @property
    def context(self) -> NodeContext: ...
    @property
    def participants(self) -> Sized: ...


class Nodes:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._nodes: dict[str, NodeContext] = {}  # by node id, the longest here first

    def __bool__(self) -> bool:
        return bool(self._nodes)

    def add(self, node: NodeInfo) -> None:
        self._nodes[node.node_id] = NodeContext(self._context, node)

    def remove(self, node_id: str) -> NodeContext | None:
        """It takes no more commands. None: it was not there."""
        return self._nodes.pop(node_id, None)

    def holds(self, context: NodeContext) -> bool:
        return self._nodes.get(context.node.node_id) is context

    def place(self, rooms: Iterable[Placed]) -> NodeContext | None:
        """The node with the fewest participants, of these the one with the fewest rooms."""
        loads = {node_id: [0, 0] for node_id in self._nodes}
        for room in rooms:
            if (load := loads.get(room.context.node.node_id)) is not None:
                load[0] += len(room.participants)
                load[1] += 1
        return self._nodes[min(loads, key=loads.__getitem__)] if loads else None

    def take_commands(self) -> dict[str, list[Command]]:
        """By node id, each list in order; nodes without any are left out."""
        taken = {}
        for node_id, context in self._nodes.items():
            if context.commands:
                taken[node_id], context.commands = context.commands, []
        return taken
