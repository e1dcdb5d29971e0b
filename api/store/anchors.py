"""How far each log has come, noted outside of the database: who cuts off its end, or puts an
older copy in its place, does not reach this file by the same way."""

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from uuid import UUID

from api.rules.auditing import Log
from api.rules.chain import Mark
from api.store.errors import StoreError

INTERVAL = 1.0  # seconds: what a log grew by since then is known to the signed head alone
NAME = "audit-anchors.json"

logger = logging.getLogger(__name__)


class Folder(Protocol):
    def write(self, name: str, content: bytes) -> Path: ...
    def read(self, name: str) -> bytes | None: ...


class Anchors:
    def __init__(self, folder: Folder) -> None:
        """Raises StoreError when the file cannot be read as one of ours."""
        self._folder = folder
        self._marks = parse(folder.read(NAME) or b"{}")
        self._grown = asyncio.Event()

    def of(self, tenant: UUID, log: Log) -> list[Mark]:
        mark = self._marks.get(f"{tenant} {log}")
        return [] if mark is None else [mark]

    def workspaces(self) -> set[UUID]:
        return {UUID(name.partition(" ")[0]) for name in self._marks}

    def note(self, tenant: UUID, heads: Mapping[Log, Mark]) -> None:
        for log, mark in heads.items():
            known = self._marks.get(f"{tenant} {log}")
            if known is None or known.seq < mark.seq:
                self._marks[f"{tenant} {log}"] = mark
                self._grown.set()

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            await self._grown.wait()
            self.save()
            await asyncio.sleep(INTERVAL)

    def save(self) -> None:
        self._grown.clear()
        marks = {name: [mark.seq, mark.hash.hex()] for name, mark in self._marks.items()}
        try:
            self._folder.write(NAME, json.dumps(marks, indent=1).encode())
        except Exception as error:  # the disk is full: care goes on
            logger.error("the anchors of the audit log cannot be written: %s", error)


def parse(content: bytes) -> dict[str, Mark]:
    """Raises StoreError."""
    try:
        marks = {
            name: Mark(int(seq), bytes.fromhex(hash))
            for name, (seq, hash) in json.loads(content).items()
        }
        for name in marks:
            UUID(name.partition(" ")[0])
        return marks
    except (ValueError, TypeError, AttributeError):
        raise StoreError(f"{NAME} in the data folder is damaged") from None
