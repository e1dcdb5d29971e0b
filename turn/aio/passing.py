"""From the relay's sockets to its sockets in one call: what a wake usually is.

Python is asked afterwards for what has no lane, and for what the system did not take.
"""

import numpy as np

from turn.aio.handing import WORD, give_all
from turn.aio.loops import monotonic
from turn.aio.mmsg import DONT_WAIT, LENGTH, MESSAGE_WORDS, NAME_SIZE, WHOLE_LENGTH
from turn.aio.numbers import (
    BESIDE_N,
    BURST,
    CAME,
    CLOCK,
    CLOCK_SECONDS,
    EPOLL,
    ERROR,
    EVENT_FILE,
    EVENT_WORDS,
    EVENTS,
    FEW,
    FILES,
    FILES_N,
    HANG_UP,
    HEAD,
    IN,
    KEYS,
    LAST_ALONE,
    LEFT,
    LOOKED,
    LOOKS,
    NOWHERE,
    OCTETS,
    ORIGINS,
    OUT,
    RATE,
    READY,
    RECEIVE,
    RECEIVE_MESSAGES,
    RECEIVE_NAMES,
    ROUNDS,
    SLOT,
    SLOTS,
    TOLD,
    USUAL,
    WAIT,
    clear,
    column,
    note,
    sum_up,
    tables,
    taken,
)
from turn.aio.sending import leave
from turn.aio.streams import receive_stream
from turn.compiling import call, compiled, i64, view
from turn.lanes import KEY, NAME, Words
from turn.passing import STREAM, Ints, Octets, Tables, Taken, take


@compiled
def wake(at: Ints) -> int:
    """As long as something comes, up to so many times, and nothing is left for Python.

    More has come meanwhile, and what was sent may be for another address of the relay. To look
    once more costs a tenth of another wake. Returns what is told (TOLD).
    """
    where = at.ctypes.data
    rate = view(where + WORD * RATE, (1,), np.float64)[0]
    now = monotonic(at[CLOCK], where + WORD * CLOCK_SECONDS)
    if look_at_usual(at, now, rate):
        return i64(at[TOLD])
    for _ in range(ROUNDS):
        pass_on(at, now, rate)
        finish(at)
        if at[CAME] == 0 or at[TOLD]:
            break
    return i64(at[TOLD])


@compiled
def look_at_usual(at: Ints, now: float, rate: float) -> bool:
    """Was something at the socket that had something the last times, and it alone?

    With little traffic that is so nearly each time, and to ask the system which sockets are ready,
    before and after, is two of the five calls of a wake. Others are looked at in time: after
    some such looks, and after one that finds nothing or much.
    """
    usual = at[USUAL]
    if usual == NOWHERE or at[LOOKED] >= LOOKS:
        return False
    at[LOOKED] += 1
    start(at)
    octets = view(at[OCTETS], (SLOTS * SLOT,), np.uint8)
    known, took = tables(at), taken(at)
    receive(at, known, took, octets, usual, rate, now)
    if at[CAME] > at[LEFT]:
        leave(at, known, took, octets, at[OCTETS], at[CAME])
    finish(at)
    if at[CAME] > FEW:
        at[LOOKED] = LOOKS
    return bool(at[CAME] > 0)


@compiled
def start(at: Ints) -> None:
    at[CAME] = 0
    clear(at)


@compiled
def finish(at: Ints) -> None:
    if at[BESIDE_N]:
        give_all(at)
    sum_up(at)


@compiled
def pass_on(at: Ints, now: float, rate: float) -> None:
    """All that is there, up to so many: received, and sent on where a lane says to whom."""
    start(at)
    ready = call(at[WAIT], (at[EPOLL], at[EVENTS], READY, 0))
    if ready <= 0:
        return
    known, took = tables(at), taken(at)
    octets = view(at[OCTETS], (SLOTS * SLOT,), np.uint8)
    events = view(at[EVENTS], (READY, EVENT_WORDS), np.uint32)
    files = view(at[FILES], (at[FILES_N],), np.int64)
    note_usual(at, known, events, files, ready)
    for event in range(ready):
        what, origin = i64(events[event, 0]), files[i64(events[event, EVENT_FILE])]
        if known.sockets[origin].kind == STREAM:
            if what & OUT:
                note(at, i64(origin))
            if what & (IN | ERROR | HANG_UP) and at[CAME] < SLOTS:
                receive_stream(at, known, took, octets, i64(origin), rate, now)
            continue
        if what & ERROR:
            note(at, i64(origin))
        if what & IN and at[CAME] < SLOTS:
            receive(at, known, took, octets, i64(origin), rate, now)
    if at[CAME] > at[LEFT]:
        leave(at, known, took, octets, at[OCTETS], at[CAME])


@compiled
def note_usual(at: Ints, known: Tables, events: Words, files: Ints, ready: int) -> None:
    """A socket that has something alone, twice in a row, is the usual one."""
    last = at[LAST_ALONE]
    at[LAST_ALONE] = NOWHERE
    if ready == 1 and i64(events[0, 0]) == IN:
        origin = i64(files[i64(events[0, EVENT_FILE])])
        if known.sockets[origin].kind != STREAM:
            at[LAST_ALONE] = origin
    at[USUAL] = last if last == at[LAST_ALONE] else NOWHERE
    at[LOOKED] = 0


@compiled
def receive(
    at: Ints, known: Tables, took: Taken, octets: Octets, origin: int, rate: float, now: float
) -> None:
    """Datagrams of one socket, each into a slot."""
    begin = i64(at[CAME])
    first = at[RECEIVE_MESSAGES] + 8 * MESSAGE_WORDS * begin
    most, file = min(BURST, SLOTS - begin), i64(known.sockets[origin].file)
    came = i64(call(at[RECEIVE], (file, first, most, DONT_WAIT | WHOLE_LENGTH, 0)))
    if came <= 0:
        return
    messages = view(at[RECEIVE_MESSAGES], (SLOTS, MESSAGE_WORDS), np.uint64)
    origins = column(at[ORIGINS])
    for place in range(begin, begin + came):
        origins[place] = origin
        took.at[place] = SLOT * place + HEAD
        took.sizes[place] = messages[place, LENGTH]
        messages[place, NAME_SIZE] = 4 * NAME
    at[CAME] += came
    at[LEFT] += take(
        known, octets, view(at[RECEIVE_NAMES], (SLOTS, NAME), np.uint32), begin, begin + came,
        origin, rate, now, view(at[KEYS], (KEY,), np.uint32), took,
    )  # fmt: skip
