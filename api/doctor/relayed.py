"""A client of the relay, just enough of one: it sends a packet through, and waits for what comes
back."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from turn.addresses import Address
from turn.credentials import long_term_key
from turn.stream import Splitter
from turn.stun import (
    Attribute,
    Class,
    Message,
    Method,
    StunError,
    pack_xor_address,
    unpack_error,
)

PATIENCE = 3.0  # seconds for a connection, and for each answer
TRIES = 3  # of a request over UDP, within that time
UDP = Attribute.REQUESTED_TRANSPORT, bytes([17, 0, 0, 0])
FAMILIES = {4: b"\x01\0\0\0", 6: b"\x02\0\0\0"}
CHALLENGES = (401, 438)


class RelayRefused(Exception):
    """The relay answers a request with an error; the message is its code."""


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """RFC 7065, as our server writes them."""

    text: str
    host: str
    port: int
    transport: str  # "udp" | "tcp" | "tls"

    @classmethod
    def parse(cls, text: str) -> Self:
        """ValueError when it is none."""
        scheme, _, rest = text.partition(":")
        place, _, query = rest.partition("?transport=")
        host, _, port = place.rpartition(":")
        if scheme not in ("turn", "turns") or query not in ("udp", "tcp") or not host:
            raise ValueError(f"{text} is no address of a relay")
        transport = "tls" if scheme == "turns" else query
        return cls(text, host.strip("[]"), int(port), transport)


class Line:
    """To the relay; gives whole messages."""

    def __init__(
        self, url: RelayUrl, tls: ssl.SSLContext, at: tuple[str, int] | None = None
    ) -> None:
        """`at`: where that is from here, if it is elsewhere. OSError, ssl.SSLError."""
        host, port = at or (url.host, url.port)
        self.is_stream = url.transport != "udp"
        kind = socket.SOCK_STREAM if self.is_stream else socket.SOCK_DGRAM
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        sock = socket.socket(family, kind)
        sock.settimeout(PATIENCE)
        try:
            sock.connect(address)
            if url.transport == "tls":
                sock = tls.wrap_socket(sock, server_hostname=url.host)
        except BaseException:
            sock.close()
            raise
        self.sock = sock
        self._splitter = Splitter()
        self._messages: list[bytes] = []

    def exchange(self, request: bytes, transaction: bytes) -> Message:
        """Send, and again when datagrams may be lost. TimeoutError, OSError."""
        tries = 1 if self.is_stream else TRIES
        self.sock.settimeout(PATIENCE / tries)
        for attempt in range(tries):
            self.sock.send(request)
            try:
                while (message := self.receive()).transaction != transaction:
                    pass
                return message
            except TimeoutError:
                if attempt == tries - 1:
                    raise
        raise TimeoutError

    def receive(self) -> Message:
        """The next STUN message. TimeoutError, OSError."""
        while True:
            while self._messages:
                try:
                    return Message.parse(self._messages.pop(0))
                except StunError:
                    continue
            data = self.sock.recv(65_535)
            if not self.is_stream:
                self._messages = [data]
            elif data:
                self._messages = self._splitter.feed(data)
            else:
                raise ConnectionError("the connection was closed")


class RelayClient:
    """With an allocation, once `allocate` has been called."""

    def __init__(self, line: Line, username: str, password: str) -> None:
        self._line = line
        self._username, self._password = username, password
        self._challenge: list[tuple[int, bytes]] = []
        self._key: bytes | None = None

    def allocate(self, version: int) -> None:
        """A relayed address of this IP version. Raises RelayRefused, OSError."""
        family = Attribute.REQUESTED_ADDRESS_FAMILY, FAMILIES[version]
        self._ask(Method.ALLOCATE, [UDP, family])

    def permit(self, peer: Address) -> None:
        """Raises RelayRefused, OSError."""
        self._ask(Method.CREATE_PERMISSION, [], peer)

    def relay(self, peer: Address, packet: bytes, transaction: bytes) -> Message:
        """What the peer answers to a STUN request. TimeoutError, OSError."""
        for attempt in range(TRIES):
            self.send(peer, packet)
            try:
                return self.hear(transaction)
            except TimeoutError:
                if attempt == TRIES - 1:
                    raise
        raise TimeoutError

    def send(self, peer: Address, packet: bytes) -> None:
        transaction = os.urandom(12)
        attributes = [
            (int(Attribute.XOR_PEER_ADDRESS), pack_xor_address(peer, transaction)),
            (int(Attribute.DATA), packet),
        ]
        self._line.sock.send(bytes(Message(Method.SEND, Class.INDICATION, transaction, attributes)))

    def hear(self, transaction: bytes) -> Message:
        """The STUN message with it that comes from a peer. TimeoutError, OSError."""
        self._line.sock.settimeout(PATIENCE / TRIES)
        while True:
            inner = self._inner(self._line.receive())
            if inner is not None and inner.transaction == transaction:
                return inner

    def end(self) -> None:
        self._ask(Method.REFRESH, [(Attribute.LIFETIME, bytes(4))])

    @staticmethod
    def _inner(message: Message) -> Message | None:
        data = message.get(Attribute.DATA) if message.method == Method.DATA else None
        try:
            return None if data is None else Message.parse(data)
        except StunError:
            return None

    def _ask(
        self, method: Method, attributes: list[tuple[Attribute, bytes]], peer: Address | None = None
    ) -> Message:
        """The answer, with a password once it was asked for. Raises RelayRefused, OSError."""
        for _ in range(3):
            transaction = os.urandom(12)
            listed: list[tuple[int, bytes]] = [*attributes, *self._challenge]
            if peer is not None:
                listed.insert(0, (Attribute.XOR_PEER_ADDRESS, pack_xor_address(peer, transaction)))
            request = Message(method, Class.REQUEST, transaction, listed).sealed(self._key)
            answer = self._line.exchange(request, transaction)
            if answer.kind is Class.SUCCESS:
                return answer
            code = unpack_error(answer.get(Attribute.ERROR_CODE) or bytes(4)).code
            if code not in CHALLENGES or (code == 401 and self._key is not None):
                raise RelayRefused(str(code))
            self._learn(answer)
        raise RelayRefused("438")

    def _learn(self, challenge: Message) -> None:
        realm = challenge.get(Attribute.REALM) or b""
        nonce = challenge.get(Attribute.NONCE) or b""
        self._challenge = [
            (Attribute.USERNAME, self._username.encode()),
            (Attribute.REALM, realm),
            (Attribute.NONCE, nonce),
        ]
        text = realm.decode(errors="replace")
        self._key = long_term_key("md5", self._username, text, self._password)


@contextmanager
def allocated(
    url: RelayUrl,
    username: str,
    password: str,
    version: int,
    tls: ssl.SSLContext,
    at: tuple[str, int] | None = None,
) -> Iterator[RelayClient]:
    """`at`: as with `Line`. Raises RelayRefused, OSError."""
    line = Line(url, tls, at)
    try:
        client = RelayClient(line, username, password)
        client.allocate(version)
        yield client
        client.end()
    finally:
        line.sock.close()
