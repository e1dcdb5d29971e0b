"""Which processes of a server carry media, as the system tells it (Linux)."""

import os
from contextlib import suppress
from pathlib import Path

from tests.harness.server import RunningServer


def children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def udp_ports(pid: int) -> dict[str, int]:
    """A process's UDP sockets: their ports by inode."""
    table = [line.split() for line in Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]]
    udp = {fields[9]: int(fields[1].partition(":")[2], 16) for fields in table}
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # a file that was open a moment ago
            inodes.add(os.readlink(handle).removeprefix("socket:[").removesuffix("]"))
    return {inode: port for inode, port in udp.items() if inode in inodes}


def processor_time(pid: int) -> float:
    """Seconds, user and system, so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def media_processes(server: RunningServer) -> list[int]:
    """Children that hold UDP sockets: a process in reserve, or just started, has none."""
    return [child for child in children(server.process.pid) if udp_ports(child)]
