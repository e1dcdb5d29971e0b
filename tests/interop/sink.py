"""A load test in a process of its own, whatever it says of its own figures.

`python -m tests.interop.sink URL KEY SECRET ROOMS SECONDS OPTIONS` reads a recording (`recorded`)
and prints its result as a line of JSON; OPTIONS are more of `api.loadtest.plan.Options`, as JSON.
`housecall loadtest` would rather say nothing when it was late; a check of what comes, not of when,
wants to know all the same.
"""

import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import uvloop

from api.loadtest import clips
from api.loadtest.plan import Options
from api.loadtest.report import to_json
from api.loadtest.run import load
from tests.harness.server import Server

CLIP = 8.0  # seconds


@contextmanager
def sink(
    server: Server, rooms: int, seconds: float, **options: Any
) -> Iterator["subprocess.Popen[str]"]:
    """A load test; the options are those of `api.loadtest.plan.Options`."""
    line = [sys.executable, "-m", "tests.interop.sink", server.url, server.key, server.secret]
    line += [str(rooms), str(seconds), json.dumps(options)]
    with tempfile.TemporaryFile() as given:
        given.write(recorded(not options.get("audio_only", False)))
        given.seek(0)
        process = subprocess.Popen(line, stdin=given, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@cache
def recorded(video: bool) -> bytes:
    """Encoded once for all load tests of a run: seconds of work."""
    return pickle.dumps(clips.record(CLIP, video=video))


async def main(url: str, key: str, secret: str, rooms: str, seconds: str, more: str) -> None:
    recording: clips.Recording = pickle.load(sys.stdin.buffer)
    fields = json.loads(more) | {"rooms": int(rooms), "duration": float(seconds)}
    options = Options(url, key, secret, **fields)
    print(to_json(await load(options, recording, lambda what, share: None)))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
