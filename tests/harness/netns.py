"""Networks of our own, so that a client can have an ordinary address, a second one, or none.

A namespace lives as long as its holder process, so nothing is left behind by a killed test run.
Needs CAP_SYS_ADMIN (root, or `unshare --map-root-user --net` around the whole run).
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

CLONE_NEWNET = 0x40000000
NOWHERE = "02:00:00:00:00:99"  # a MAC address that nobody on the wire has

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """One network stack with a loopback of its own."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
            stdin=subprocess.PIPE,  # its end, when we are gone, ends the holder
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "up\n":
            self.close()
            raise PermissionError("network namespaces need root: run under `unshare -rn`")

    @property
    def path(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/ns/net")

    @property
    def pid(self) -> int:
        """The process that holds the namespace, as `ip link … netns PID` takes it."""
        return self._holder.pid

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs inside."""
        return ["nsenter", f"--net={self.path}", *arguments]

    def ip(self, *arguments: str) -> None:
        subprocess.run(self.command("ip", *arguments), check=True)

    @contextmanager
    def walled(self, rules: str) -> Iterator[None]:
        """Meanwhile what comes by the wire passes these rules of nft first."""
        chain = f'type filter hook input priority 0; iifname != "eth0" accept; {rules}'
        self._nft(f"table inet wall {{\nchain in {{\n{chain}\n}}\n}}\n")
        try:
            yield
        finally:
            self._nft("delete table inet wall")

    def _nft(self, rules: str) -> None:
        subprocess.run(self.command("nft", "-f", "-"), input=rules, text=True, check=True)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Move this thread inside: sockets and processes made here stay there for good."""
        with open("/proc/thread-self/ns/net") as home, open(self.path) as inside:
            _enter(inside.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Cable:
    """Two namespaces on one wire, each with an ordinary address."""

    NEAR = "10.77.0.1"
    FAR = "10.77.0.2"

    def __init__(self) -> None:
        self._ends = ExitStack()
        self.near = self._ends.enter_context(Namespace())
        self.far = self._ends.enter_context(Namespace())
        self._plug_in()

    def _join(self) -> None:
        pair = f"link add eth0 type veth peer name eth0 netns {self.far.pid}"
        self.near.ip(*pair.split())

    def _plug_in(self) -> None:
        self._join()
        for end, address in ((self.near, self.NEAR), (self.far, self.FAR)):
            end.ip("address", "add", f"{address}/24", "dev", "eth0")
            end.ip("link", "set", "eth0", "up")
            # Firefox gathers the address of the default route only, until it may use a camera.
            end.ip("route", "add", "default", "dev", "eth0")

    def cut(self) -> None:
        """Lose every packet both ways, silently: no link goes down, no error is returned."""
        self.near.ip(*f"neighbour replace {self.FAR} lladdr {NOWHERE} dev eth0".split())
        self.far.ip(*f"neighbour replace {self.NEAR} lladdr {NOWHERE} dev eth0".split())

    def mend(self) -> None:
        self.near.ip(*f"neighbour delete {self.FAR} dev eth0".split())
        self.far.ip(*f"neighbour delete {self.NEAR} dev eth0".split())

    def unplug(self) -> None:
        """Take the far end's link down: its machine sees that the network is gone."""
        self.far.ip("link", "set", "eth0", "down")

    def plug(self) -> None:
        self.far.ip("link", "set", "eth0", "up")
        self.far.ip("route", "replace", "default", "dev", "eth0")  # it went with the link

    def close(self) -> None:
        self._ends.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
