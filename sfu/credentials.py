"""Which node is a client's ICE check for? The commands that went to the nodes tell.

Signaling chooses the ICE credentials, so the process that accepts TCP connections for all media
processes can check the first binding of each by itself.
"""

from typing import Generic, TypeVar

from sfu.commands import AddTransport, Command, ConnectTransport, RemovePeer, RemoveTransport
from sfu.media import IceCredentials
from turn.stun import Class, Message, Method, StunError

GENERATIONS = 2  # credentials of one transport that are good: before and after an ICE restart

T = TypeVar("T")


class Credentials(Generic[T]):
    def __init__(self) -> None:
        self._owners: dict[str, T] = {}  # by transport
        self._passwords: dict[str, tuple[str, bytes]] = {}  # ufrag -> transport, password
        self._ufrags: dict[str, list[str]] = {}  # by transport, oldest first
        self._transports: dict[str, list[str]] = {}  # by participant sid

    def observe(self, command: Command, owner: T) -> None:
        """A command on its way to a node."""
        match command:
            case AddTransport():
                self._owners[command.transport] = owner
                self._transports.setdefault(command.peer, []).append(command.transport)
                self._learn(command.transport, command.local)
            case ConnectTransport() if command.transport in self._owners:
                self._learn(command.transport, command.local)
            case RemoveTransport():
                self._remove(command.transport)
            case RemovePeer():
                for transport in self._transports.pop(command.peer, []):
                    self._remove(transport)

    def forget(self, owner: T) -> None:
        """The node is gone, and all its transports."""
        for transport in [name for name, its in self._owners.items() if its is owner]:
            self._remove(transport)
        self._transports = {
            peer: kept
            for peer, names in self._transports.items()
            if (kept := [name for name in names if name in self._owners])
        }

    def owner_of(self, datagram: bytes) -> T | None:
        """The node whose transport this authentic binding request names; None for all else."""
        try:
            message = Message.parse(datagram)
        except StunError:
            return None
        if message.kind is not Class.REQUEST or message.method != Method.BINDING:
            return None
        known = self._passwords.get((message.username or "").partition(":")[0])
        if known is None or not message.is_authentic(datagram, known[1]):
            return None
        return self._owners[known[0]]

    def _learn(self, transport: str, local: IceCredentials) -> None:
        ufrags = self._ufrags.setdefault(transport, [])
        if local.ufrag in ufrags:
            return
        ufrags.append(local.ufrag)
        self._passwords[local.ufrag] = transport, local.password.encode()
        while len(ufrags) > GENERATIONS:
            self._passwords.pop(ufrags.pop(0), None)

    def _remove(self, transport: str) -> None:
        self._owners.pop(transport, None)
        for ufrag in self._ufrags.pop(transport, []):
            self._passwords.pop(ufrag, None)
