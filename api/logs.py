"""Logs go to standard error, as lines to read or as JSON, and never hold a token."""

import json
import logging
import sys

from api.settings import Settings

LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}
# When talkative, uvicorn, websockets and httpx write whole request lines, aiosqlite what goes into
# rows.
LOUD = (
    "uvicorn", "websockets", "asyncio", "aiosqlite", "sqlalchemy", "alembic", "httpx", "httpcore",
)  # fmt: skip


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "ts": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def configure(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLines()
        if settings.logging.json_lines
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    level = (settings.logging.level or settings.log_level or "warn").lower()
    logging.basicConfig(level=LEVELS.get(level, logging.WARNING), handlers=[handler], force=True)
    quieten()


def quieten() -> None:
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
