"""An event loop in a thread of its own, so that plain test functions can drive browsers.

Playwright's own synchronous face keeps a loop running in the calling thread, and no other
coroutine, such as a PyPI client's, can run beside it.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 400.0  # seconds: the longest single call is the five minutes of `make long`


class Background:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="browsers")
        self._thread.start()

    def run(self, job: Coroutine[Any, Any, T], timeout: float = PATIENCE) -> T:
        """Run a coroutine to its end and return what it returns."""
        return asyncio.run_coroutine_threadsafe(job, self.loop).result(timeout)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
