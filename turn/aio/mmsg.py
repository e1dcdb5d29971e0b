"""Many datagrams by one system call: recvmmsg, sendmmsg and timerfd, called through cffi.

cffi's ABI mode needs no compiler, but checks nothing: the structures are laid out here by hand, for
Linux with 64-bit pointers. glibc and musl agree on them there, but for the padding of two lengths,
which is zero and read as part of them. `probe` sends datagrams to itself and believes only what
came back; who does not call it must not use this module.

A call gives a count, or the system's error as a negative number.
"""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from cffi import FFI
from numpy.typing import NDArray

# struct mmsghdr: a msghdr (recvmsg(2)) and the length of what came. Words of 8 bytes.
MESSAGE_WORDS = 8
NAME, NAME_SIZE, VECTOR, VECTOR_COUNT, CONTROL, CONTROL_SIZE, FLAGS, LENGTH = range(MESSAGE_WORDS)
VECTOR_WORDS = 2  # struct iovec: where, how many bytes

# struct cmsghdr: a length and, in one word, level and type; data follows. (cmsg(3))
CONTROL_HEADER = 16


def control_kind(level: int, kind: int) -> int:
    return level | kind << 32


SO_TIMESTAMPNS = 35  # socket(7), asm-generic/socket.h: the data is a timespec
UDP_SEGMENT = 103  # udp(7): the size of each datagram that is cut from the message
STAMP = control_kind(socket.SOL_SOCKET, SO_TIMESTAMPNS)
SEGMENT = control_kind(socket.IPPROTO_UDP, UDP_SEGMENT)

DONT_WAIT = 0x40  # MSG_DONTWAIT
NO_SIGNAL = 0x4000  # MSG_NOSIGNAL: a connection that is lost is an error, and no signal
WHOLE_LENGTH = 0x20  # MSG_TRUNC: say how long a datagram is that does not fit
CLOCK_MONOTONIC = 1
TIMER_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC if sys.platform == "linux" else 0

# Pointers are passed as numbers: cffi would make an object of each.
DECLARATIONS = """
int recvmmsg(int socket, uintptr_t messages, unsigned count, int flags, uintptr_t timeout);
int sendmmsg(int socket, uintptr_t messages, unsigned count, int flags);
ssize_t recv(int socket, uintptr_t buffer, size_t length, int flags);
int epoll_wait(int epoll, uintptr_t events, int most, int milliseconds);
int clock_gettime(int clock, uintptr_t at);
int timerfd_create(int clock, int flags);
int timerfd_settime(int timer, int flags, uintptr_t value, uintptr_t before);
"""
CALLS = (
    "recvmmsg", "sendmmsg", "epoll_wait", "recv", "clock_gettime", "timerfd_create",
    "timerfd_settime",
)  # fmt: skip


class Unavailable(OSError):
    """This system has not got the calls, or they do not do what we expect."""


@dataclass(slots=True)
class Calls:
    """The system calls; a test puts others in their place."""

    receive: Callable[[int, int, int], int]  # socket, address of messages, count
    send: Callable[[int, int, int], int]
    make_timer: Callable[[], int]
    set_timer: Callable[[int, int], int]  # timer, address of two timespecs: again after, after
    receive_at: int = 0  # recvmmsg itself, for compiled loops; 0: they are not to call it
    send_at: int = 0
    wait_at: int = 0  # epoll_wait
    read_at: int = 0  # recv
    clock_at: int = 0  # clock_gettime


def load() -> Calls:
    """The calls of this system's C library. Raises Unavailable."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        raise Unavailable("recvmmsg is used on Linux with 64 bits only")
    ffi = FFI()
    try:
        ffi.cdef(DECLARATIONS)
        lib: Any = ffi.dlopen(None)
        for name in CALLS:
            getattr(lib, name)
    except (OSError, AttributeError) as error:
        raise Unavailable(f"the C library lacks a call: {error}") from None

    def receive(file: int, messages: int, count: int) -> int:
        got: int = lib.recvmmsg(file, messages, count, DONT_WAIT | WHOLE_LENGTH, 0)
        return got if got >= 0 else -ffi.errno

    def send(file: int, messages: int, count: int) -> int:
        sent: int = lib.sendmmsg(file, messages, count, DONT_WAIT)
        return sent if sent >= 0 else -ffi.errno

    def make_timer() -> int:
        file: int = lib.timerfd_create(CLOCK_MONOTONIC, TIMER_FLAGS)
        return file if file >= 0 else -ffi.errno

    def set_timer(timer: int, value: int) -> int:
        return 0 if lib.timerfd_settime(timer, 0, value, 0) == 0 else -ffi.errno

    called = lib.recvmmsg, lib.sendmmsg, lib.epoll_wait, lib.recv, lib.clock_gettime
    addresses = (int(ffi.cast("uintptr_t", call)) for call in called)
    return Calls(receive, send, make_timer, set_timer, *addresses)


class Memory:
    """Message headers, their vectors, addresses and control data, and their numbers for the kernel.

    One message can have one vector of its own (`connect`), or several in a row.
    """

    def __init__(self, messages: int, vectors: int, name_size: int, control_size: int) -> None:
        self.messages: NDArray[np.uint64] = np.zeros((messages, MESSAGE_WORDS), np.uint64)
        self.vectors: NDArray[np.uint64] = np.zeros((vectors, VECTOR_WORDS), np.uint64)
        self.names: NDArray[np.uint8] = np.zeros((messages, name_size), np.uint8)
        self.control: NDArray[np.int64] = np.zeros((messages, control_size // 8), np.int64)
        self.address: int = self.messages.ctypes.data
        self.vectors_address: int = self.vectors.ctypes.data
        each = np.arange(messages, dtype=np.uint64)
        if name_size:
            self.messages[:, NAME] = self.names.ctypes.data + name_size * each
        self.messages[:, CONTROL] = self.control.ctypes.data + control_size * each

    def message(self, number: int) -> int:
        return self.address + 8 * MESSAGE_WORDS * number
