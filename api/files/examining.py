"""Have a file looked through, in a process that knows nothing but it."""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass, field

from api.rules.contents import ContentError, MediaType, Reason

SECONDS = 90.0  # that one may take in all
KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH")  # of the environment: it has no need of secrets

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Examined:
    kind: MediaType
    content: bytes = field(repr=False)


class Examiner:
    """One file after the other: each may take as much memory as a large picture does."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def examine(self, data: bytes) -> Examined:
        """What is to be kept of it. Raises ContentError."""
        async with self._turn:
            answer = await ask(data)
        head, _, content = answer.partition(b"\n")
        try:
            fields = json.loads(head)
        except ValueError:  # it did not come to its end
            raise ContentError(Reason.TOO_COMPLEX) from None
        if "refused" in fields:
            raise ContentError(Reason(fields["refused"]))
        kind = MediaType(fields["type"])
        return Examined(kind, content if kind is not MediaType.PDF else data)


async def ask(data: bytes) -> bytes:
    """Its answer; of one that had to be stopped, or fell, none."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "api.files.examiner",
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL,  # decoders tell there what they have read
        env={name: os.environ[name] for name in KEPT if name in os.environ},
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            answer, _ = await process.communicate(data)
    except TimeoutError:
        logger.warning("a file was not looked through within %g s", SECONDS)
        return b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        logger.warning("the process that looks through a file ended with %d", process.returncode)
        return b""
    return answer
