"""Keep a record of webhook events that nobody has taken: a file of JSON lines in the data folder.

The record holds ids and no names, so it tells nothing of patients.
"""

import json
import logging
from dataclasses import asdict
from pathlib import Path

from signaling.webhooks import Dead

NAME = "webhooks-undelivered.jsonl"
LARGEST = 10 << 20  # bytes; beyond, the file becomes `….1` and a new one begins

_log = logging.getLogger(__name__)


class DeadLetters:
    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def bury(self, dead: Dead) -> None:
        _log.warning("a webhook was not delivered: %s %s: %s", dead.event, dead.id, dead.reason)
        line = json.dumps(asdict(dead)) + "\n"
        try:
            self._rotate()
            with self._path.open("a") as file:
                file.write(line)
        except OSError as error:
            _log.error("%s cannot be written: %s", NAME, type(error).__name__)

    def _rotate(self) -> None:
        if self._path.exists() and self._path.stat().st_size >= LARGEST:
            self._path.replace(self._path.with_name(NAME + ".1"))
