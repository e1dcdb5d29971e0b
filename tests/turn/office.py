"""A relay in simulated time, with sockets that are numbers, and clients that know its language."""

from collections.abc import Callable
from itertools import count

from turn.addresses import Address
from turn.authentication import OFFER, Algorithm
from turn.config import RelayConfig
from turn.credentials import Credentials, long_term_key
from turn.policy import Policy, networks
from turn.relaying import Transmit
from turn.server import Server
from turn.stun import (
    Attribute,
    Class,
    Message,
    Method,
    pack_xor_address,
    unpack_error,
    unpack_xor_address,
)

UDP_DOOR = 1
CLIENT = "198.51.100.7", 40_000
PEER = "203.0.113.9", 5000
PEER6 = "2001:db8::9", 5000
RELAY = "192.0.2.1"
RELAY6 = "2001:db8:1::1"
UDP = Attribute.REQUESTED_TRANSPORT, bytes([17, 0, 0, 0])
OPENED = "203.0.113.0/24", "2001:db8::/32"


class Randomness:
    """Bytes that are never the same."""

    def __init__(self) -> None:
        self._next = 0

    def __call__(self, size: int) -> bytes:
        self._next += 7919
        number = self._next * 0x9E3779B97F4A7C15 % (1 << 8 * size)
        return number.to_bytes(size, "big")


class Sockets:
    """`busy` ports belong to somebody else."""

    def __init__(self) -> None:
        self.open_now: dict[int, tuple[int, int]] = {}
        self.busy: set[int] = set()
        self.on_close: Callable[[int], None] = lambda number: None
        self._numbers = count(1000)

    def open(self, family: int, port: int) -> int | None:
        if port in self.busy or (family, port) in self.open_now.values():
            return None
        number = next(self._numbers)
        self.open_now[number] = family, port
        return number

    def close(self, number: int) -> None:
        del self.open_now[number]
        self.on_close(number)


class Office:
    """A relay; `now` is the time there."""

    def __init__(self, config: RelayConfig | None = None, *, teaches: bool = False) -> None:
        self.now = 1000.0
        self.sockets = Sockets()
        self.server = Server(config or make_config(), self.sockets, Randomness(), teaches=teaches)
        self.server.open_door(UDP_DOOR, is_stream=False)

    def send(self, data: bytes, client: Address = CLIENT, door: int = UDP_DOOR) -> list[Transmit]:
        self.server.receive(door, client, data, self.now)
        return self.server.take_transmits()

    def deliver(self, relay: int, peer: Address, data: bytes) -> list[Transmit]:
        self.server.receive_from_peer(relay, peer, data, self.now)
        return self.server.take_transmits()

    def wait(self, seconds: float) -> None:
        """As a shell does, from one deadline to the next."""
        end = self.now + seconds
        while (due := self.server.next_timeout()) is not None and due <= end:
            self.now = max(self.now, due)
            self.server.handle_timeout(self.now)
        self.now = end


class Answer:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.message = Message.parse(data)

    @property
    def code(self) -> int:
        """0 is success."""
        if self.message.kind is Class.SUCCESS:
            return 0
        value = self.message.get(Attribute.ERROR_CODE)
        assert value is not None
        return unpack_error(value).code

    def value(self, kind: Attribute) -> bytes:
        found = self.message.get(kind)
        assert found is not None
        return found

    def address(self, kind: Attribute) -> Address:
        return unpack_xor_address(self.value(kind), self.message.transaction)

    @property
    def lifetime(self) -> int:
        return int.from_bytes(self.value(Attribute.LIFETIME), "big")


class Client:
    def __init__(
        self,
        office: Office,
        username: str = "ann",
        password: str = "secret",
        address: Address = CLIENT,
        *,
        door: int = UDP_DOOR,
        algorithm: Algorithm | None = None,
    ) -> None:
        self.office = office
        self.username = username
        self.password = password
        self.address = address
        self.door = door
        self.algorithm = algorithm  # None: knows nothing of RFC 8489
        self.nonce: bytes | None = None
        self.realm = b""
        self._transactions = count(1)

    def transaction(self) -> bytes:
        return next(self._transactions).to_bytes(12, "big")

    def ask(
        self, method: Method, *attributes: tuple[int, bytes], transaction: bytes | None = None
    ) -> Answer:
        """With what it knows of the relay; the first time it is told by a 401."""
        if self.nonce is None:
            challenge = self.tell(Message(method, Class.REQUEST, self.transaction(), []))
            assert challenge.code == 401
            self.learn(challenge)
        message = Message(
            method, Class.REQUEST, transaction or self.transaction(), list(attributes)
        )
        return self.tell(message, sealed=True)

    def learn(self, challenge: Answer) -> None:
        self.nonce = challenge.value(Attribute.NONCE)
        self.realm = challenge.value(Attribute.REALM)

    def seal(self, message: Message) -> bytes:
        algorithm = self.algorithm or Algorithm.MD5
        message.attributes += [
            (Attribute.USERNAME, self.username.encode()),
            (Attribute.REALM, self.realm),
            (Attribute.NONCE, self.nonce or b""),
        ]
        if self.algorithm is not None:
            message.attributes += [
                (Attribute.PASSWORD_ALGORITHMS, OFFER),
                (Attribute.PASSWORD_ALGORITHM, self.algorithm.to_bytes(2, "big") + bytes(2)),
            ]
        key = long_term_key(
            algorithm.name.lower(), self.username, self.realm.decode(), self.password
        )
        return message.sealed(key, by_sha256=self.algorithm is Algorithm.SHA256)

    def tell(self, message: Message, *, sealed: bool = False) -> Answer:
        data = self.seal(message) if sealed else bytes(message)
        (answer,) = self.office.send(data, self.address, self.door)
        assert (answer.via, answer.to) == (self.door, self.address)
        return Answer(answer.data)

    def allocate(self, *attributes: tuple[int, bytes]) -> Answer:
        return self.ask(Method.ALLOCATE, UDP, *attributes)

    def refresh(self, seconds: int, *attributes: tuple[int, bytes]) -> Answer:
        return self.ask(
            Method.REFRESH, (Attribute.LIFETIME, seconds.to_bytes(4, "big")), *attributes
        )

    def permit(self, *peers: Address) -> Answer:
        transaction = self.transaction()
        listed = [(Attribute.XOR_PEER_ADDRESS, pack_xor_address(p, transaction)) for p in peers]
        return self.ask(Method.CREATE_PERMISSION, *listed, transaction=transaction)

    def bind(self, number: int, peer: Address) -> Answer:
        transaction = self.transaction()
        return self.ask(
            Method.CHANNEL_BIND,
            (Attribute.CHANNEL_NUMBER, number.to_bytes(2, "big") + bytes(2)),
            (Attribute.XOR_PEER_ADDRESS, pack_xor_address(peer, transaction)),
            transaction=transaction,
        )

    def indicate(
        self, peer: Address, data: bytes, *attributes: tuple[int, bytes]
    ) -> list[Transmit]:
        """A Send indication."""
        transaction = self.transaction()
        address = Attribute.XOR_PEER_ADDRESS, pack_xor_address(peer, transaction)
        message = Message(
            Method.SEND,
            Class.INDICATION,
            transaction,
            [address, (Attribute.DATA, data), *attributes],
        )
        return self.office.send(bytes(message), self.address, self.door)

    def relay(self) -> int:
        """The number of the socket of its last relayed address."""
        return list(self.office.sockets.open_now)[-1]


def make_config(**changes: object) -> RelayConfig:
    values: dict[str, object] = {
        "hosts": {1: RELAY, 2: RELAY6},
        "credentials": Credentials({"ann": "secret", "bob": "other"}),
        "policy": Policy(opened=networks(OPENED, "opened")),
    }
    return RelayConfig(**{**values, **changes})  # type: ignore[arg-type]
