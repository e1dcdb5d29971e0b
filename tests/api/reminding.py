"""The clinic's part of a server, with its scheduler and all that sends; to be killed.

`python -m tests.api.reminding SETTINGS`: these as JSON. It says "ready" once it works.
"""

import asyncio
import json
import sys

from api.clinical import Clinical
from tests.api.planning import make


async def serve(settings: str) -> None:
    clinical = await Clinical.start(make(json.loads(settings)))
    print("ready", flush=True)
    await clinical.keep()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
