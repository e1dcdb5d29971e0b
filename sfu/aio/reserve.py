"""A media process that has loaded all it needs and waits to be told what to do.

Loading takes half a second of processor time, and on a busy machine seconds (measured). Who has
lost its media waits for a replacement, so the replacement is there before.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # numpy's would start one for each core, for nothing


class Reserve:
    """Made at once, loading meanwhile. `channel` is our end, whoever takes it owns the process."""

    def __init__(self) -> None:
        """OSError when the system has no process or no handles left."""
        self.channel, theirs = socket.socketpair()
        try:
            self.process = spawn(theirs)
        except OSError:
            self.channel.close()
            raise

    async def dismiss(self) -> None:
        """It is not needed: the process has ended when this returns."""
        await asyncio.to_thread(self.end)

    def end(self) -> None:
        """`dismiss` for where no loop runs."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


@contextmanager
def loading(count: int) -> Iterator[list[Reserve]]:
    """So many processes ahead of time: they load while whoever needs them does. Who takes one
    off the list owns it; what is left at the end ends.

    There are fewer where the system refuses: whoever needs one more hears why.
    """
    ahead: list[Reserve] = []
    with suppress(OSError):
        while len(ahead) < count:
            ahead.append(Reserve())
    try:
        yield ahead
    finally:
        for one in ahead:
            one.end()


def spawn(channel: socket.socket) -> "subprocess.Popen[bytes]":
    """A process of the same Python with that end of a channel, which is closed here.

    `-P`: what lies in the working folder is none of our modules.
    """
    with channel:
        handle = channel.fileno()
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "sfu.aio.worker", str(handle)],
            pass_fds=[handle],
            stdin=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD},
        )
