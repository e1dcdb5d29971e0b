"""The relay as a value: bytes and time go in; bytes and the next deadline come out.

A client speaks through a *door*, a peer through a *relay*; both are numbers that the shell gives.
Whatever they send, nothing is raised: what is not done is counted by its reason.
"""

from collections import Counter
from collections.abc import Callable

from turn import channeldata
from turn.addresses import Address
from turn.allocation import Door
from turn.asking import Attributes, Code, Refused, Request
from turn.authentication import UNKNOWN, Gate, Refusal
from turn.config import RelayConfig
from turn.credit import Credit
from turn.drop import Drop
from turn.nonces import Nonces
from turn.notes import GRANTED, Notes
from turn.ports import Ports, Sockets
from turn.quota import Users
from turn.registry import Registry
from turn.relaying import Forget, Lesson, Relaying, Transmit
from turn.requests import HANDLERS
from turn.stun import (
    Attribute,
    Class,
    ErrorCode,
    Message,
    Method,
    StunError,
    pack_error,
    pack_unknown,
    pack_xor_address,
)


class Server:
    """Driven by `receive` (clients), `receive_from_peer`, `receive_icmp` and `handle_timeout`.

    After any of them take the transmits and look at the next timeout. `wall` is the wall clock
    less `now`, for passwords that end; the shell keeps it right. Who asks it to teach takes its
    lessons too, and may relay by them without asking, within `rate` and counting in `meters`.
    """

    def __init__(
        self,
        config: RelayConfig,
        sockets: Sockets,
        random: Callable[[int], bytes],
        *,
        teaches: bool = False,
    ) -> None:
        self.rate = config.limits.bandwidth
        self.wall = 0.0
        self.dropped: Counter[Drop] = Counter()
        self.errors: Counter[int] = Counter()  # by code, what requests were answered
        self.notes = Notes()  # of what Allocate was answered; for whoever wants them
        self._config = config
        self._gate = Gate(config.realm, config.credentials, Nonces(random(32)))
        self._credit = Credit(config.rates)
        self._doors: dict[int, Door] = {}
        ports = Ports(sockets, config.hosts, config.ports, random)
        users = Users(config.limits)
        self.meters = users.meters
        self._registry = Registry(ports, users, random)
        self._relaying = Relaying(
            self._registry, config.policy, self.rate, random, self.dropped, teaches=teaches
        )
        self.receive_from_peer = self._relaying.receive_from_peer
        self.receive_icmp = self._relaying.receive_icmp

    def open_door(self, number: int, *, is_stream: bool) -> None:
        self._doors[number] = Door(number, is_stream)

    def close_door(self, number: int, now: float) -> None:
        """With a connection its allocation ends (RFC 8656, section 7.1), or waits for its client
        to come by another one.
        """
        door = self._doors.pop(number)
        door.is_open = False
        for allocation in list(door.clients.values()):
            self._registry.leave(allocation, door, now)

    def is_in_use(self, door: int) -> bool:
        """Whether somebody has an allocation there."""
        return bool(self._doors[door].clients)

    def allocations(self) -> int:
        return self._registry.count()

    def take_transmits(self) -> list[Transmit]:
        taken, self._relaying.transmits = self._relaying.transmits, []
        return taken

    def take_lessons(self) -> list[Lesson | Forget]:
        """What whoever `teaches` has to teach, and to forget, in this order."""
        taken, self._relaying.lessons = self._relaying.lessons, []
        return taken

    def next_timeout(self) -> float | None:
        return self._registry.next_end()

    def handle_timeout(self, now: float) -> None:
        self._registry.expire(now)

    def receive(self, number: int, client: Address, data: bytes, now: float) -> None:
        """One message of a client; of a stream too, each without its padding."""
        door = self._doors[number]
        if data and channeldata.FIRST <= data[0] < channeldata.END:
            self._relaying.relay_channel(door, client, data, now)
            return
        try:
            message = Message.parse(data)
        except StunError:
            self.dropped[Drop.MALFORMED] += 1
            return
        if message.kind is Class.REQUEST:
            self._answer(door, client, message, data, now)
        elif message.kind is Class.INDICATION and message.method == Method.SEND:
            self._relaying.relay_send(door, client, message, now)
        elif message.kind is not Class.INDICATION or message.method != Method.BINDING:
            self.dropped[Drop.UNKNOWN_METHOD] += 1

    # Requests

    def _answer(
        self, door: Door, client: Address, message: Message, data: bytes, now: float
    ) -> None:
        if message.method == Method.BINDING:
            address = pack_xor_address(client, message.transaction)
            answer = reply(message, Class.SUCCESS, [(Attribute.XOR_MAPPED_ADDRESS, address)])
            self._tell_stranger(door, client, len(data), bytes(answer), now)
            return
        handler = HANDLERS.get(message.method)
        if handler is None:  # RFC 8489, section 6.3
            self.dropped[Drop.UNKNOWN_METHOD] += 1
            return
        self._registry.expire(now)
        sender = self._gate.admit(message, data, client, now, now + self.wall)
        if isinstance(sender, Refusal):
            challenge = self._gate.challenge(client, now) if sender.challenges else []
            answer = refuse(message, sender.code, challenge)
            if self._tell_stranger(door, client, len(data), bytes(answer), now):
                self.errors[sender.code] += 1
                if sender == UNKNOWN and message.has(Attribute.USERNAME):
                    self.notes.add_unproven(client[0], sender.code, now)
            return
        is_new = message.method == Method.ALLOCATE and client not in door.clients
        try:
            unknown = message.unknown_attributes()
            if unknown:
                listed = (int(Attribute.UNKNOWN_ATTRIBUTES), pack_unknown(unknown))
                raise Refused(Code.UNKNOWN_ATTRIBUTE, [listed])
            request = Request(message, sender, door, client, now, self._config, self._registry)
            answer = reply(message, Class.SUCCESS, handler(request))
            if is_new:
                self.notes.add(sender.user, client[0], GRANTED)
        except Refused as refused:
            self.errors[refused.code] += 1
            if is_new:
                self.notes.add(sender.user, client[0], refused.code)
            answer = refuse(message, refused.code, refused.attributes)
        sealed = answer.sealed(sender.key, by_sha256=sender.by_sha256)
        self._relaying.transmits.append(Transmit(door.number, client, sealed))

    def _tell_stranger(
        self, door: Door, client: Address, size: int, answer: bytes, now: float
    ) -> bool:
        proven = door.is_stream
        if self._credit.may_answer(client[0], size, len(answer), now, proven=proven):
            self._relaying.transmits.append(Transmit(door.number, client, answer))
            return True
        self.dropped[Drop.UNPAID] += 1
        return False


def reply(message: Message, kind: Class, attributes: Attributes) -> Message:
    return Message(message.method, kind, message.transaction, attributes)


def refuse(message: Message, code: int, attributes: Attributes) -> Message:
    """Without words: whoever answers strangers should be short."""
    error = (int(Attribute.ERROR_CODE), pack_error(ErrorCode(code)))
    return reply(message, Class.ERROR, [error, *attributes])
