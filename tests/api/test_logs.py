"""What log lines look like, and what is never in one, whoever writes it."""

import ast
import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.logs import JsonLines, TextLines, catch_all, request_id
from api.middleware import Receive, Scope, Send
from api.rules.private import Private
from api.store.errors import StoreError
from tests.api.serving import serving

CANARY = "canary7f3a"
ROOT = Path(__file__).parents[2]
METHODS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


@pytest.fixture(params=[JsonLines, TextLines])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger("api").addHandler(handler)
    yield stream
    logging.getLogger("api").removeHandler(handler)


def test_a_line_of_json_has_its_fields(lines: io.StringIO) -> None:
    logging.getLogger("api.run").warning("%d of %s\nare late", 3, "r1")
    token = request_id.set("0123abcd")
    logging.getLogger("api.run").error("again")
    request_id.reset(token)
    first, second = map(json.loads, lines.getvalue().splitlines())

    assert first.keys() == {"ts", "level", "logger", "msg"}
    assert (first["level"], first["logger"]) == ("warning", "api.run")
    assert first["msg"] == "3 of r1\n  are late"
    assert first["ts"][10] == "T"
    assert (second["msg"], second["request"]) == ("again", "0123abcd")


def test_a_canary_in_a_line_of_ours_is_found(written: io.StringIO) -> None:
    """Else the tests beside this one would tell nothing."""
    logging.getLogger("api.planted").error("%s", CANARY)

    assert CANARY in written.getvalue()


def test_exceptions_are_told_without_their_words(written: io.StringIO) -> None:
    def fail() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            error.add_note(CANARY)
            raise ValueError(f"{CANARY} has\n  Traceback (most recent call last):") from error

    try:
        fail()
    except ValueError as error:
        group = ExceptionGroup(CANARY, [error, OSError(2, CANARY, CANARY)])
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=group)
        logging.getLogger("api.x").error("it failed", exc_info=error)
        logging.getLogger("api.x").error("it failed: %s", error)
        logging.getLogger("api.x").error(error)
    told = written.getvalue()

    assert CANARY not in told
    assert "Exception in ASGI application" in told
    assert "builtins.ValueError" in told
    assert "builtins.KeyError" in told
    assert "in fail" in told
    assert "raise KeyError(CANARY)" in told  # the program's own line


def test_errors_of_ours_keep_their_sentence(written: io.StringIO) -> None:
    logging.getLogger("api.x").error("no: %s", StoreError("the disk is full"))
    logging.getLogger("api.x").error("no: %s", OSError(28, "No space left on device", CANARY))

    assert "no: the disk is full" in written.getvalue()
    assert "OSError: No space left on device" in written.getvalue()
    assert CANARY not in written.getvalue()


def test_of_lines_of_others_what_they_were_given_is_left_out(written: io.StringIO) -> None:
    others = logging.getLogger("aiosomething")
    others.warning('%s - "WebSocket %s" %d', CANARY, CANARY, 403)
    others.warning(f"Executing <Task {CANARY}> took long: '{CANARY}' ({CANARY})\n{CANARY}")
    others.warning("%(a)s", {"a": CANARY})

    assert CANARY not in written.getvalue()
    assert "403" in written.getvalue()
    assert "took long" in written.getvalue()


async def lose() -> None:
    raise RuntimeError(CANARY)


@pytest.mark.anyio
async def test_a_task_that_nobody_waits_for_tells_nothing(written: io.StringIO) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(lose())
    await asyncio.wait({task})
    error = task.exception()
    loop.default_exception_handler(
        {"message": f"Exception in callback f('{CANARY}')", "exception": error, "future": task}
    )

    assert "RuntimeError" in written.getvalue()
    assert CANARY not in written.getvalue()


def test_nobody_begins_a_line_of_their_own(written: io.StringIO) -> None:
    logging.getLogger("api.x").error("from %s", "a\r\n2027-03-04 error api: all is lost\x1b[2J")

    assert "\r" not in written.getvalue()
    assert "\x1b" not in written.getvalue()
    assert len([x for x in written.getvalue().splitlines() if not x.startswith(" ")]) == 1


def test_what_is_private_prints_as_that(written: io.StringIO) -> None:
    logging.getLogger("api.x").error("%s %r", Private(CANARY), Private(CANARY))

    assert CANARY not in written.getvalue()


def test_what_nobody_catches_is_a_log_line(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hook in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, hook, getattr(sys, hook))
    monkeypatch.setattr("threading.excepthook", None)
    catch_all()
    error = ValueError(CANARY)
    sys.excepthook(ValueError, error, None)

    assert "builtins.ValueError" in written.getvalue()
    assert CANARY not in written.getvalue()


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Each place where we log, in all folders."""
    for folder in ("api", "sfu", "signaling", "turn", "simulcast", "recorder"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in METHODS
                    and ast.unparse(node.func.value).split("(")[0]
                    in ("log", "_log", "logger", "logging.getLogger")
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_lines_of_ours_are_constant_sentences() -> None:
    found = dict(calls())
    composed = {
        place
        for place, call in found.items()
        if not any(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in call.args[:2])
    }

    assert len(found) > 20
    assert composed <= {place for place in found if place.startswith("api/logs.py")}


@pytest.mark.anyio
async def test_a_mistake_in_an_answer_tells_nothing_of_the_request(written: io.StringIO) -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError((await receive())["body"])

    async with serving(app=fail) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = CANARY.encode()
        head = f"POST /{CANARY}?{CANARY}=1 HTTP/1.1\r\nhost: a\r\nx-a: {CANARY}\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        assert b" 500 " in await reader.readline()
        writer.close()
        await writer.wait_closed()

    assert "Exception in ASGI application" in written.getvalue()
    assert "builtins.ValueError" in written.getvalue()
    assert CANARY not in written.getvalue()
