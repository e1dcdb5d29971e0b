"""Post webhook events from threads, so that a slow receiver slows nothing else."""

import asyncio
import http.client
import threading
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError, URLError

from livekit.protocol.webhook import WebhookEvent

from signaling.webhooks import Dead, Post, WebhookConfig, Webhooks

TIMEOUT = 10.0  # seconds for one attempt


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is sent elsewhere becomes a GET without its body: nobody would be told."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class WebhookSender:
    """Made in a running loop. `bury` gets what nobody has taken."""

    def __init__(
        self, config: WebhookConfig, bury: Callable[[Dead], None], *, epoch: float
    ) -> None:
        self._core = Webhooks(config, epoch)
        self._bury = bury
        self._loop = asyncio.get_running_loop()
        self._opener = urllib.request.build_opener(NoRedirect)
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def send(self, events: Iterable[WebhookEvent]) -> None:
        self._core.add(events, self._loop.time())
        self._flush()

    async def close(self, timeout: float) -> None:
        """Wait that long for what is still to be sent; the rest is given up."""
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            self._core.abandon("the server has ended")
            self._flush()
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _flush(self) -> None:
        for post in self._core.take_posts(self._loop.time()):
            task = self._loop.create_task(self._deliver(post))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        for dead in self._core.take_dead():
            self._bury(dead)
        if self._core.is_idle:
            self._idle.set()
        else:
            self._idle.clear()
        self._arm()

    async def _deliver(self, post: Post) -> None:
        status, reason = await self._in_thread(post)
        self._core.receive(post.number, status, reason, self._loop.time())
        self._flush()

    def _in_thread(self, post: Post) -> "asyncio.Future[tuple[int, str]]":
        """In a thread of its own: one of a pool would be waited for at the end of the process."""
        result: asyncio.Future[tuple[int, str]] = self._loop.create_future()

        def tell(answer: tuple[int, str]) -> None:
            if not result.done():
                result.set_result(answer)

        def run() -> None:
            answer = self._post(post)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(tell, answer)

        threading.Thread(target=run, name="webhook", daemon=True).start()
        return result

    def _post(self, post: Post) -> tuple[int, str]:
        """In a thread. The status; 0 and the reason when there is none."""
        request = urllib.request.Request(post.url, post.body, dict(post.headers), method="POST")
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                status: int = response.status
                return status, ""
        except HTTPError as error:
            error.close()
            return error.code, ""
        except URLError as error:
            return 0, type(error.reason).__name__ if error.reason else "no connection"
        except (OSError, http.client.HTTPException, ValueError) as error:
            return 0, type(error).__name__

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (when := self._core.next_timeout()) is not None:
            self._timer = self._loop.call_at(when, self._handle_timeout)

    def _handle_timeout(self) -> None:
        self._timer = None
        self._core.handle_timeout(self._loop.time())
        self._flush()
