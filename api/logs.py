"""Logs go to standard error, as lines to read or as JSON. What no line may say is taken out here,
in one place for all lines: of this process, of the media processes, and of others' libraries.

Lines of ours are constant sentences; what is put into them are identifiers, numbers and errors of
ours. Of others' lines only their own words stay, and of an exception its kind and its way here.
"""

import json
import logging
import sys
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from api.rules.redaction import HIDDEN, own_words, redact
from api.settings import Settings

LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}
# When talkative, uvicorn, websockets and httpx write whole request lines, aiosqlite what goes into
# rows.
LOUD = (
    "uvicorn", "websockets", "asyncio", "aiosqlite", "sqlalchemy", "alembic", "httpx", "httpcore",
)  # fmt: skip
OURS = {"api", "sfu", "signaling", "turn", "simulcast", "recorder", "__main__"}
MISTAKE = "something went wrong that should not have"

# Of the request that is being answered, as its answer's `x-request-id` says.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class Redacting(logging.Formatter, ABC):
    """What is common to both forms."""

    def format(self, record: logging.LogRecord) -> str:
        ts = self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}"
        fields = {
            "ts": ts + self.formatTime(record, "%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": redact(message_of(record)),
        }
        if (id := request_id.get()) is not None:
            fields["request"] = id
        if record.exc_info and record.exc_info[1] is not None:
            fields["trace"] = redact("\n".join(trace_of(record.exc_info[1])))
        return self.write(fields)

    @abstractmethod
    def write(self, fields: dict[str, str]) -> str:
        """The line that has them."""


class JsonLines(Redacting):
    def write(self, fields: dict[str, str]) -> str:
        return json.dumps(fields)


class TextLines(Redacting):
    def write(self, fields: dict[str, str]) -> str:
        line = "{ts} {level} {logger}: {msg}".format(**fields)
        if "request" in fields:
            line += f" (request {fields['request']})"
        return line + (f"\n{fields['trace']}" if "trace" in fields else "")


def message_of(record: logging.LogRecord) -> str:
    if not isinstance(record.msg, str):  # an exception, say
        return type(record.msg).__name__
    if not is_ours(record.name):
        return message_of_others(record)
    arguments = record.args
    if isinstance(arguments, tuple):
        arguments = tuple(map(told, arguments))
    return _on_a_line(_put_in(record.msg, arguments))


def message_of_others(record: logging.LogRecord) -> str:
    if not record.args:
        return own_words(str(record.msg))
    line = str(record.msg).partition("\n")[0]
    arguments = record.args
    if not isinstance(arguments, tuple):
        return own_words(line)
    return _put_in(line, tuple(a if isinstance(a, int | float) else Hidden() for a in arguments))


class Hidden:
    """In the place of what is not told."""

    def __str__(self) -> str:
        return HIDDEN

    __repr__ = __str__


def told(argument: object) -> object:
    """What stands in a line of ours for it. Others' exceptions repeat what they were given."""
    if not isinstance(argument, BaseException) or is_ours(type(argument).__module__):
        return argument
    if isinstance(argument, OSError) and argument.strerror:
        return f"{type(argument).__name__}: {argument.strerror}"
    return type(argument).__name__


def _put_in(template: str, arguments: Any) -> str:
    try:
        return template % arguments if arguments else template
    except (TypeError, ValueError, KeyError):
        return template


def _on_a_line(text: str) -> str:
    """Nobody begins a line of their own in ours."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text).replace("\n", "\n  ")


def is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def trace_of(error: BaseException, seen: frozenset[int] = frozenset()) -> Iterator[str]:
    """Its kind and how it came here, with what it came from, and nothing that it says."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from trace_of(before, seen | {id(error)})
        yield "which led to:"
    yield "Traceback (most recent call last):"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"    {frame.line}"
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield "of which:"
            yield from trace_of(one, seen | {id(error)})


def configure(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.logging.json_lines else TextLines())
    level = (settings.logging.level or settings.log_level or "warn").lower()
    logging.basicConfig(level=LEVELS.get(level, logging.WARNING), handlers=[handler], force=True)
    quieten()


def quieten() -> None:
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


def catch_all() -> None:
    """What nobody has caught goes the same way: by itself Python prints what exceptions say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    sys.excepthook = _tell_end
    threading.excepthook = lambda caught: _tell(caught.exc_value)
    sys.unraisablehook = lambda caught: _tell(caught.exc_value)


def _tell_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return sys.__excepthook__(kind, error, trace)
    _tell(error)


def _tell(error: BaseException | None) -> None:
    logging.getLogger(__name__).critical(MISTAKE, exc_info=error)
