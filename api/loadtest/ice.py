"""ICE as the client of a media server: we check one address, and go on proving our consent.

The server is ICE-lite or has one address that matters (RFC 8445, section 2.5), so there is one
pair, and every check nominates it.
"""

from collections.abc import Callable

from sfu.media import IceCredentials
from turn.addresses import Address, pack_address
from turn.stun import COOKIE_BYTES, Attribute, Class, Message, Method, StunError

CHECK_SECONDS = 0.05  # until the first answer
CONSENT_SECONDS = 2.5  # afterwards (Chromium)
PATIENCE_SECONDS = 0.02
PRIORITY = b"\x6e\x00\x1e\xff"


class Checker:
    """Take `datagrams` after every call."""

    def __init__(
        self,
        local: IceCredentials,
        remote: IceCredentials,
        randbytes: Callable[[int], bytes],
        now: float,
        *,
        controlling: bool = True,
    ) -> None:
        self.datagrams: list[bytes] = []
        self._local = local
        self._remote = remote
        self._randbytes = randbytes
        self._role = Attribute.ICE_CONTROLLING if controlling else Attribute.ICE_CONTROLLED
        self._tie = randbytes(8)
        self._is_answered = False
        self._is_nominated = controlling
        self._transactions: set[bytes] = set()
        # Who is controlled lets its candidate arrive before its checks: a full agent is slow to
        # choose an address that it has only seen.
        self._check_at = now if controlling else now + PATIENCE_SECONDS

    @property
    def is_connected(self) -> bool:
        """Both ends may send: a server that controls has said so (RFC 8445, section 8.1.1)."""
        return self._is_answered and self._is_nominated

    def next_timeout(self) -> float:
        return self._check_at

    def handle_timeout(self, now: float) -> None:
        if now < self._check_at:
            return
        pause = CONSENT_SECONDS if self.is_connected else CHECK_SECONDS
        self._check_at = now + pause
        self.datagrams.append(self._check())

    def receive(self, data: bytes, source: Address) -> None:
        """An answer to a check of ours, or a check of a server that is not ICE-lite."""
        try:
            message = Message.parse(data)
        except StunError:
            return
        if message.kind is Class.REQUEST:
            self._answer(message, data, source)
        elif self._is_answer(message, data):
            self._transactions.clear()
            self._is_answered = True

    def _is_answer(self, message: Message, data: bytes) -> bool:
        is_ours = message.kind is Class.SUCCESS and message.transaction in self._transactions
        return is_ours and message.is_authentic(data, self._remote.password.encode())

    def _check(self) -> bytes:
        transaction = self._randbytes(12)
        self._transactions.add(transaction)
        attributes = [
            (int(Attribute.USERNAME), f"{self._remote.ufrag}:{self._local.ufrag}".encode()),
            (int(self._role), self._tie),
            (int(Attribute.PRIORITY), PRIORITY),
        ]
        if self._role is Attribute.ICE_CONTROLLING:
            attributes.append((int(Attribute.USE_CANDIDATE), b""))
        request = Message(Method.BINDING, Class.REQUEST, transaction, attributes)
        return request.sealed(self._remote.password.encode())

    def _answer(self, request: Message, data: bytes, source: Address) -> None:
        key = self._local.password.encode()
        if not request.is_authentic(data, key):
            return
        mapped = (int(Attribute.XOR_MAPPED_ADDRESS), hide(source, request.transaction))
        answer = Message(Method.BINDING, Class.SUCCESS, request.transaction, [mapped])
        self.datagrams.append(answer.sealed(key))
        self._is_nominated |= request.has(Attribute.USE_CANDIDATE)


def hide(address: Address, transaction: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS (RFC 8489, section 14.2)."""
    packed = pack_address(address)
    mask = COOKIE_BYTES + transaction
    port = bytes(a ^ b for a, b in zip(packed[2:4], mask, strict=False))
    return packed[:2] + port + bytes(a ^ b for a, b in zip(packed[4:], mask, strict=False))
