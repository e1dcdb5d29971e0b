"""What a server's processes cost, read from /proc: CPU seconds and memory."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds
LISTEN = "0A"  # the state in /proc/net/tcp


class Memory(NamedTuple):
    """Bytes. PSS divides what processes share among them; RSS counts it in each."""

    rss: int
    pss: int


@dataclass(frozen=True)
class Family:
    """A server's first processes; those that they started belong to them whenever one looks."""

    roots: frozenset[int]

    def members(self) -> set[int]:
        parents = dict(_parents())
        found = set(self.roots)
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def exists(self) -> bool:
        return all((PROC / str(pid)).exists() for pid in self.roots)

    def cpu(self) -> float:
        """Seconds of user and system time so far, in steps of a hundredth."""
        return sum(_cpu(pid) for pid in self.members())

    def memory(self) -> Memory:
        found = [_rollup(pid) for pid in self.members()]
        return Memory(sum(one.rss for one in found), sum(one.pss for one in found))


def listening(port: int) -> Family:
    """The processes that listen on a TCP port; LookupError when nobody here does."""
    inodes = set(_sockets(port))
    found = frozenset(pid for pid in _pids() if inodes & set(_held(pid)))
    if not found:
        raise LookupError(f"nobody on this machine listens on TCP port {port}")
    return Family(found)


def _pids() -> Iterator[int]:
    return (int(path.name) for path in PROC.iterdir() if path.name.isdigit())


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold anything: state is first."""
    return _read(PROC / str(pid) / "stat").rpartition(")")[2].split()


def _parents() -> Iterator[tuple[int, int]]:
    for pid in _pids():
        with suppress(OSError):
            yield pid, int(_stat(pid)[1])


def _cpu(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK  # utime, stime


def _rollup(pid: int) -> Memory:
    lines = _read(PROC / str(pid) / "smaps_rollup").splitlines()[1:]
    sizes = {
        name: int(rest.split()[0]) * 1024 for name, _, rest in (x.partition(":") for x in lines)
    }
    return Memory(sizes["Rss"], sizes["Pss"])


def _sockets(port: int) -> Iterator[str]:
    """The inodes of sockets that listen on a port."""
    for name in ("tcp", "tcp6"):
        for line in _read(PROC / "net" / name).splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _held(pid: int) -> Iterator[str]:
    with suppress(OSError):  # ended, or another user's
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                target = os.readlink(descriptor)
                if target.startswith("socket:["):
                    yield target[8:-1]


def _read(path: Path) -> str:
    return path.read_text(errors="replace")
