"""A load test in a process of its own, whatever it says of its own figures.

`python -m tests.interop.sink URL KEY SECRET ROOMS SECONDS OPTIONS` prints its result as a line of
JSON; OPTIONS are more of `api.loadtest.plan.Options`, as JSON.
`housecall loadtest` would rather say nothing when it was late; a check of what comes, not of when,
wants to know all the same.
"""

import json
import sys

import uvloop

from api.loadtest import clips
from api.loadtest.plan import Options
from api.loadtest.report import to_json
from api.loadtest.run import load


async def main(url: str, key: str, secret: str, rooms: str, seconds: str, more: str) -> None:
    fields = json.loads(more) | {"rooms": int(rooms), "duration": float(seconds)}
    options = Options(url, key, secret, **fields)
    recording = clips.record(options.clip)
    print(to_json(await load(options, recording, lambda what, share: None)))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
