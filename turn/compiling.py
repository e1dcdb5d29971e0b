"""Loops over packets, as machine code: functions of numbers and arrays that numba compiles.

They stay plain Python. Where numba is missing or fails the same functions are run by the
interpreter: as right, but slow. What numba has made is kept on disk, in a folder that is named
after the sources it was made from; so a process compiles once for each version of the program.

What such a function may use: rows of `sfu/tables.py` and their fields, arrays, numbers, other
compiled functions. An unsigned number that was read must be made an `int64` before it is shifted or
added to: numba would take unsigned and signed to a float, and numpy would cut what grows too large.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

log = logging.getLogger(__name__)

i64 = cast(Callable[[Any], int], np.int64)  # of any number

F = TypeVar("F", bound=Callable[..., Any])

HERE = Path(__file__).parents[1]
SOURCES = "turn", "sfu"  # whose constants and functions may be compiled in
KEPT = "compiled-"  # begins the names of the folders


def compiled(function: F) -> F:
    """As a decorator."""
    made: F = _compile(function)
    return made


def is_compiling() -> bool:
    """Or is everything run by the interpreter?"""
    return _compile is not run_as_it_is


def run_as_it_is(function: Any) -> Any:
    return function


def digest() -> str:
    """Of all that compiled functions are made from."""
    total = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((HERE / folder).rglob("*.py")):
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


def places() -> Iterator[Path]:
    """Where what was compiled may be kept, the best first."""
    yield HERE / "turn" / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "housecall"


def keep_in(name: str) -> Path | None:
    """A folder of this name that can be written; those of other versions beside it are removed."""
    for place in places():
        folder = place / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except (OSError, RuntimeError):  # the latter: there is no home
            continue
        for other in place.glob(f"{KEPT}*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
        return folder
    return None


def load() -> Callable[[Any], Any]:
    """What makes a function a compiled one."""
    try:
        import numba
    except ImportError as error:
        log.warning("packets are forwarded by the interpreter, which is slow: %s", error)
        return run_as_it_is
    settings: Any = numba.config
    if settings.DISABLE_JIT:
        return run_as_it_is
    folder = keep_in(KEPT + digest())
    if folder is not None:
        settings.CACHE_DIR = str(folder)
    made: Callable[[Any], Any] = numba.njit(cache=folder is not None, error_model="numpy")
    return made


def make_call() -> Any:
    """A call of a C function at an address that takes three pointers and returns an int."""
    if not is_compiling():
        return None
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def call(typing: Any, address: Any, first: Any, second: Any, third: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            word = context.get_value_type(types.intp)
            kind = ir.FunctionType(context.get_value_type(types.intc), [word] * 3)
            function = builder.inttoptr(values[0], kind.as_pointer())
            return builder.call(function, values[1:])

        return types.intc(types.intp, types.intp, types.intp, types.intp), generate

    return call


_compile = load()
call = make_call()
