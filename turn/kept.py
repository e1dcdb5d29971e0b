"""Where compiled loops are kept, so that a process need not make them again.

A folder for each version of the sources, beside them when that can be written, else in the user's
cache. The load test has its own: a server need not be compiled anew when that has changed.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)

HERE = Path(__file__).parents[1]
SERVER, LOAD_TEST = "compiled-", "loadtest-"  # begin the names of the folders
SOURCES = {  # whose constants and functions may be compiled in
    SERVER: ("turn", "sfu"),
    LOAD_TEST: ("turn", "sfu", "api/loadtest"),
}
COMPLETE = "complete"  # a file that says that nothing is missing for media
RELAY = "relay"  # likewise for the relay


@cache
def digest(whose: str = SERVER) -> str:
    """Of all that compiled loops are made from."""
    total = hashlib.sha256()
    for folder in SOURCES[whose]:
        for path in sorted((HERE / folder).rglob("*.py")):
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


def places() -> Iterator[Path]:
    """The best first."""
    yield HERE / "turn" / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "housecall"


@cache
def folder(whose: str = SERVER) -> Path | None:
    """For this version; those of others beside it are removed. None: nothing can be written."""
    name = whose + digest(whose)
    for place in places():
        found = place / name
        try:
            found.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=found):
                pass
        except (OSError, RuntimeError):  # the latter: there is no home
            continue
        for other in place.glob(f"{whose}*"):
            if other != found:
                shutil.rmtree(other, ignore_errors=True)
        return found
    return None


def is_complete(mark: str = COMPLETE, whose: str = SERVER) -> bool:
    """Whether a process finds all that it needs; the `mark` says for what."""
    found = folder(whose)
    return found is not None and (found / mark).exists()


def announce(mark: str = COMPLETE, whose: str = SERVER) -> None:
    """Say so when whoever starts will have to wait."""
    if not is_complete(mark, whose):
        log.warning("the loops for packets are compiled for this machine, once: some 15 seconds")


def complete(mark: str = COMPLETE, whose: str = SERVER) -> None:
    """It does from now on."""
    found = folder(whose)
    if found is not None:
        (found / mark).touch()
