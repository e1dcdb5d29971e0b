"""Whose media comes from which address: bound once a check from there has passed."""

from collections.abc import Callable

import numpy as np

from sfu.client import Client
from sfu.loops.locate import FREE, LEFT, ROUTE, place_of
from sfu.path import Key, Path, key, name_of
from sfu.tables import Rows

SMALLEST = 1 << 6


class Routes:
    """By number of our socket a table for compiled loops; the clients are there as their rows."""

    def __init__(self, grown: Callable[[], None] = lambda: None) -> None:
        """`grown` is called when a table is another one than before."""
        self._tables: dict[int, Table] = {}
        self._grown = grown

    def table(self, socket: int) -> Rows:
        """What `loops/locate.py` looks into; good until somebody is bound."""
        return self._of(socket).rows

    def bind(self, path: Path, client: Client) -> None:
        self.unbind(path)
        self._of(path[0]).set(key(path), client)
        client.paths.add(path)

    def unbind(self, path: Path) -> None:
        client = self._of(path[0]).remove(key(path))
        if client is not None:
            client.paths.discard(path)

    def forget(self, client: Client) -> None:
        for path in list(client.paths):
            self.unbind(path)

    def _of(self, socket: int) -> "Table":
        table = self._tables.get(socket)
        if table is None:
            table = self._tables[socket] = Table(self._grown)
        return table


class Table:
    """Of one socket."""

    def __init__(self, grown: Callable[[], None]) -> None:
        self.rows = made(SMALLEST)
        self._grown = grown
        self._clients: dict[Key, Client] = {}
        self._used = 0  # entries that are not FREE

    def set(self, remote: Key, client: Client) -> None:
        """An address that nobody has."""
        self._clients[remote] = client
        self._put(remote, client)
        if 2 * self._used > len(self.rows):
            self._make_anew()

    def remove(self, remote: Key) -> Client | None:
        """Who had the address."""
        client = self._clients.pop(remote, None)
        if client is not None:
            self.rows["client"][place_of(self.rows, name_of(remote), 0)] = LEFT
        return client

    def _put(self, remote: Key, client: Client) -> None:
        name = name_of(remote)
        at = place_of(self.rows, name, 0)
        self._used += self.rows["client"][at] == FREE
        self.rows[at] = name[0], client.row

    def _make_anew(self) -> None:
        """Without what was left, and larger when it must be."""
        self._used, size = 0, SMALLEST
        while size < 4 * len(self._clients):
            size *= 2
        self.rows = made(size)
        self._grown()
        for remote, client in self._clients.items():
            self._put(remote, client)


def made(size: int) -> Rows:
    rows: Rows = np.zeros(size, ROUTE)
    rows["client"] = FREE
    return rows
