"""Loops over packets, as machine code: functions of numbers and arrays that numba compiles.

They stay plain Python. Where numba is missing or fails the same functions are run by the
interpreter: as right, but slow. What numba has made is kept on disk (`kept.py`), so that a machine
compiles once for each version of the program.

What such a function may use: rows of `sfu/tables.py` and their fields, arrays, numbers, other
compiled functions. An unsigned number that was read must be made an `int64` before it is shifted or
added to: numba would take unsigned and signed to a float, and numpy would cut what grows too large.
"""

import logging
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from turn import kept

log = logging.getLogger(__name__)

i64 = cast(Callable[[Any], int], np.int64)  # of any number

F = TypeVar("F", bound=Callable[..., Any])
_made: list[Any] = []  # C functions end with what made them


def compiled(function: F) -> F:
    """As a decorator."""
    made: F = _compile(function)
    return made


class Direct:
    """`call` a compiled function without a look at the types of what it is given.

    That look takes 0.15 us for each argument, with many of them more than the call. They must be
    of the same types each time: arrays of another kind would be taken for those of the first call.
    """

    __slots__ = ("_function", "call")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.call: Callable[..., Any] = self._call_first

    def _call_first(self, *arguments: Any) -> Any:
        function: Any = self._function
        result = function(*arguments)
        made = list(getattr(function, "overloads", {}).values())
        if len(made) == 1:
            self.call = made[0].entry_point
        return result


class Taker(NamedTuple):
    """A C function of two words that returns an int, and the first of them; 0: there is none.

    A loop that has got one calls it where it would have to ask Python else.
    """

    function: int = 0
    word: int = 0


NOBODY = Taker()


@cache
def entry(function: Callable[[int, int], int]) -> int:
    """The address of such a function, made of this one, which calls compiled ones; it is kept as
    long as the process runs. 0 where loops are not compiled.
    """
    if not is_compiling():
        return 0
    numba: Any = import_module("numba")
    signature = numba.int32(numba.int64, numba.int64)
    is_kept = not numba.config.BOUNDSCHECK and kept.folder() is not None
    numba.config.CACHE_DIR = str(kept.folder() or "")
    made: Any = numba.cfunc(signature, cache=is_kept, error_model="numpy")(function)
    _made.append(made)
    return int(made.address)


def is_compiling() -> bool:
    """Or is everything run by the interpreter?"""
    return _compile is not run_as_it_is


def run_as_it_is(function: Any) -> Any:
    return function


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
    if settings.BOUNDSCHECK:  # what is kept has no such checks
        without: Callable[[Any], Any] = numba.njit(error_model="numpy")
        return without

    def make(function: Any) -> Any:
        is_server = function.__module__.partition(".")[0] in kept.SOURCES[kept.SERVER]
        folder = kept.folder(kept.SERVER if is_server else kept.LOAD_TEST)
        settings.CACHE_DIR = "" if folder is None else str(folder)
        return numba.njit(cache=folder is not None, error_model="numpy")(function)

    return make


def make_tools() -> tuple[Any, Any]:
    """`call` and `view`, for compiled functions alone.

    `call(address, words)` calls a C function that takes these words (a tuple, fewer than seven, so
    that an ABI passes an int as it passes a word) and returns an int.

    `view(address, shape, dtype)` is an array there. An array that is given to a compiled function
    costs 0.15 us each time, and more with cold caches; its address costs nothing.
    """
    if not is_compiling():
        return None, None
    ir: Any = import_module("llvmlite.ir")
    numba: Any = import_module("numba")
    types: Any = import_module("numba.types")
    codegen: Any = import_module("numba.core.cgutils")
    intrinsic: Callable[[F], F] = import_module("numba.extending").intrinsic

    @intrinsic
    def call(typing: Any, address: Any, words: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            word = context.get_value_type(types.intp)
            given = codegen.unpack_tuple(builder, values[1])
            kind = ir.FunctionType(context.get_value_type(types.intc), [word] * len(given))
            return builder.call(builder.inttoptr(values[0], kind.as_pointer()), given)

        return types.intc(types.intp, types.UniTuple(types.intp, len(words))), generate

    @intrinsic
    def pointer(typing: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.inttoptr(values[0], codegen.voidptr_t)

        return types.voidptr(types.intp), generate

    carray: Any = numba.carray
    pointer_at: Any = pointer
    within: Callable[[F], F] = numba.njit(inline="always")

    @within
    def view(address: Any, shape: Any, dtype: Any) -> Any:
        return carray(pointer_at(address), shape, dtype)

    return call, view


_compile = load()
call, view = make_tools()
