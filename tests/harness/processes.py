"""Which processes of a server carry media, as the system tells it (Linux)."""

import os
from pathlib import Path

from tests.harness.server import RunningServer


def children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def udp_sockets(pid: int) -> set[str]:
    """Inodes of a process's UDP sockets."""
    table = Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]
    udp = {line.split()[9] for line in table}
    handles = (os.readlink(handle) for handle in Path(f"/proc/{pid}/fd").iterdir())
    return udp & {name.removeprefix("socket:[").removesuffix("]") for name in handles}


def media_processes(server: RunningServer) -> list[int]:
    """Children that hold UDP sockets: a process in reserve, or just started, has none."""
    return [child for child in children(server.process.pid) if udp_sockets(child)]
