"""ICE-lite (RFC 8445, section 2.5): answer the client's checks, and know where to send.

We send no check of our own. The client's are our sign that it wants to hear us (RFC 7675 turned
around): Chromium repeats them every 2.5 s, Firefox only every 4.4 to 5.2 s. Where half of all
datagrams are lost all checks of 15 s may be among them; so what else is proven to be the client's,
and is not a repetition, counts as well: its RTCP.
"""

from collections import Counter
from enum import Enum, auto
from typing import NamedTuple

from sfu.media import IceCredentials
from sfu.path import Path, Transmit
from sfu.transport.events import PathForgotten, PathValidated, UfragRetired
from sfu.transport.reject import Reject
from turn.addresses import Address
from turn.stun import (
    Attribute,
    Class,
    ErrorCode,
    Message,
    Method,
    pack_error,
    pack_unknown,
    pack_xor_address,
)

ARRIVAL_SECONDS = 30.0  # for the first check, once the client's description is known
DISCONNECTED_SECONDS = 10.0  # without a check: two of Firefox's were lost
FAILED_SECONDS = 15.0
# A check that does not nominate moves us only when the nominated path is older than this: a NAT
# gave Firefox, which never nominates again, a new port. Chromium's backup pairs stay backups.
STALE_SECONDS = 3.0
MOST_PATHS = 16

BAD_REQUEST = ErrorCode(400)
UNAUTHENTICATED = ErrorCode(401)
UNKNOWN_ATTRIBUTE = ErrorCode(420)
ROLE_CONFLICT = ErrorCode(487)

IceEvent = PathValidated | PathForgotten | UfragRetired


class IceState(Enum):
    NEW = auto()
    CONNECTED = auto()
    DISCONNECTED = auto()
    FAILED = auto()  # until another check comes
    ABSENT = auto()  # none ever came


class Generation(NamedTuple):
    """The credentials between two ICE restarts."""

    local: IceCredentials
    remote: IceCredentials | None  # unknown until the client's description is here

    def names(self, username: str) -> bool:
        """USERNAME is "ours:theirs"; before we know theirs, our password alone must do."""
        ours, _, theirs = username.partition(":")
        return ours == self.local.ufrag and (self.remote is None or theirs == self.remote.ufrag)


class IceLite:
    """Always controlled. Feed it checks and time; take its answers and events."""

    def __init__(self, local: IceCredentials, dropped: Counter[Reject]) -> None:
        self.state = IceState.NEW
        self.send_path: Path | None = None  # the last nominated, else the first valid one
        self.heard: dict[Path, float] = {}  # every valid path, with the time of its last check
        self.answers: list[Transmit] = []
        self.events: list[IceEvent] = []
        self._dropped = dropped
        self._current = Generation(local, None)
        self._previous: Generation | None = None  # until the first check of the current one
        self._is_send_path_old = False  # chosen before the restart
        self._last = 0.0  # time of the last sign of life, or of the description before any

    def connect(self, local: IceCredentials, remote: IceCredentials, now: float) -> None:
        """The client's credentials: the first ones, the same again, or those of a restart."""
        generation = Generation(local, remote)
        if generation == self._current:
            return
        if self._current.remote is not None:
            self._retire_previous()
            self._previous = self._current
        elif self.state is IceState.NEW:
            self._last = now
        self._current = generation

    def receive(self, message: Message, data: bytes, path: Path, now: float) -> None:
        """A STUN message of this transport, with the bytes that it was parsed from."""
        if message.kind is not Class.REQUEST or message.method != Method.BINDING:
            self._dropped[Reject.NOT_A_REQUEST] += 1
            return
        generation = self._find_generation(message)
        if generation is None or not message.is_authentic(data, key_of(generation)):
            self._refuse_stranger(message, data, path)
        elif unknown := message.unknown_attributes():
            extra = [(int(Attribute.UNKNOWN_ATTRIBUTES), pack_unknown(unknown))]
            self._dropped[Reject.UNKNOWN_ATTRIBUTE] += 1
            self._refuse(message, data, path, UNKNOWN_ATTRIBUTE, key_of(generation), extra)
        elif message.has(Attribute.ICE_CONTROLLED):
            # RFC 8445, section 7.3.1.1: a lite agent never takes the controlling role.
            self._dropped[Reject.ROLE_CONFLICT] += 1
            self._refuse(message, data, path, ROLE_CONFLICT, key_of(generation))
        else:
            self._answer(message, path, key_of(generation))
            self._accept(message, path, generation, now)

    def note_life(self, at: float) -> None:
        """Then something came that only this client can have sent, along a valid path."""
        if self.state in (IceState.CONNECTED, IceState.DISCONNECTED):
            self._last = max(self._last, at)

    def forget(self, path: Path) -> None:
        """The path cannot be used any more; another valid one takes its place, the latest heard."""
        if self.heard.pop(path, None) is None:
            return
        self.events.append(PathForgotten(path))
        if path == self.send_path:
            self.send_path = max(self.heard, key=self.heard.__getitem__, default=None)
            self._is_send_path_old = True

    def next_timeout(self) -> float | None:
        match self.state:
            case IceState.NEW:
                return None if self._current.remote is None else self._last + ARRIVAL_SECONDS
            case IceState.CONNECTED:
                return self._last + DISCONNECTED_SECONDS
            case IceState.DISCONNECTED:
                return self._last + FAILED_SECONDS
            case _:
                return None

    def handle_timeout(self, now: float) -> None:
        deadline = self.next_timeout()
        is_back = self.state is IceState.DISCONNECTED and now < self._last + DISCONNECTED_SECONDS
        if deadline is None or (now < deadline and not is_back):
            return
        silent = now - self._last
        if self.state is IceState.NEW:
            self.state = IceState.ABSENT
        elif silent < DISCONNECTED_SECONDS:
            self.state = IceState.CONNECTED
        elif silent < FAILED_SECONDS:
            self.state = IceState.DISCONNECTED
        else:
            self.state = IceState.FAILED
            self.send_path = None  # nobody wants to hear us there (RFC 7675, section 5.1)

    def _find_generation(self, message: Message) -> Generation | None:
        username = message.username
        for generation in (self._current, self._previous):
            if generation is not None and username is not None and generation.names(username):
                return generation
        return None

    def _answer(self, message: Message, path: Path, key: bytes) -> None:
        mapped = pack_xor_address(remote_address(path), message.transaction)
        attributes = [(int(Attribute.XOR_MAPPED_ADDRESS), mapped)]
        answer = Message(Method.BINDING, Class.SUCCESS, message.transaction, attributes)
        self.answers.append(Transmit(answer.sealed(key), path))

    def _refuse_stranger(self, message: Message, data: bytes, path: Path) -> None:
        """RFC 8489, section 9.1.3: these answers cannot be authenticated."""
        self._dropped[Reject.UNAUTHENTIC_CHECK] += 1
        is_complete = message.has(Attribute.USERNAME) and message.has(Attribute.MESSAGE_INTEGRITY)
        self._refuse(message, data, path, UNAUTHENTICATED if is_complete else BAD_REQUEST, None)

    def _refuse(
        self,
        message: Message,
        data: bytes,
        path: Path,
        error: ErrorCode,
        key: bytes | None,
        extra: list[tuple[int, bytes]] | None = None,
    ) -> None:
        attributes = [(int(Attribute.ERROR_CODE), pack_error(error)), *(extra or [])]
        answer = Message(Method.BINDING, Class.ERROR, message.transaction, attributes).sealed(key)
        if len(answer) > len(data):  # whoever lies about its address gains nothing by us
            self._dropped[Reject.OVERSIZED_ANSWER] += 1
            return
        self.answers.append(Transmit(answer, path))

    def _accept(self, message: Message, path: Path, generation: Generation, now: float) -> None:
        if generation is self._current:
            self._retire_previous()
        if path not in self.heard:
            self.events.append(PathValidated(path))
        if self._is_better(path, message.has(Attribute.USE_CANDIDATE), generation, now):
            self.send_path = path
            self._is_send_path_old = False
        self.heard[path] = self._last = now
        self.state = IceState.CONNECTED
        self._forget_oldest(path)

    def _retire_previous(self) -> None:
        """The client uses its new credentials: the old ones are done (RFC 8445, section 9)."""
        if self._previous is None:
            return
        if self._previous.local.ufrag != self._current.local.ufrag:
            self.events.append(UfragRetired(self._previous.local.ufrag))
        self._previous = None
        self._is_send_path_old = True

    def _is_better(
        self, path: Path, is_nominated: bool, generation: Generation, now: float
    ) -> bool:
        if self.send_path is None or is_nominated or path == self.send_path:
            return True
        if self._is_send_path_old and generation is self._current:
            return True
        return now - self.heard[self.send_path] > STALE_SECONDS

    def _forget_oldest(self, latest: Path) -> None:
        if len(self.heard) > MOST_PATHS:
            unused = (path for path in self.heard if path not in (self.send_path, latest))
            self.forget(min(unused, key=self.heard.__getitem__))


def remote_address(path: Path) -> Address:
    """What the client is told of its own address."""
    host, port, *_ = path[1]
    return host, port


def key_of(generation: Generation) -> bytes:
    """The short-term credential of checks to us is our own password (RFC 8445, 7.1.2)."""
    return generation.local.password.encode()
