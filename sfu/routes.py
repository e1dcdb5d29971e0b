"""Whose media comes from which address: bound once a check from there has passed."""

from sfu.client import Client
from sfu.path import Key, Path, key


class Routes:
    """Whose media comes from an address."""

    def __init__(self) -> None:
        self._clients: dict[int, dict[Key, Client]] = {}  # by number of our socket

    def of(self, socket: int) -> dict[Key, Client]:
        return self._clients.setdefault(socket, {})

    def bind(self, path: Path, client: Client) -> None:
        self.unbind(path)
        self.of(path[0])[key(path)] = client
        client.paths.add(path)

    def unbind(self, path: Path) -> None:
        client = self.of(path[0]).pop(key(path), None)
        if client is not None:
            client.paths.discard(path)

    def forget(self, client: Client) -> None:
        for path in list(client.paths):
            self.unbind(path)
