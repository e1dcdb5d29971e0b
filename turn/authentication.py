"""Who sent a request: RFC 8489, section 9.2.4, in its order of checks."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from turn.addresses import Address
from turn.credentials import Credentials, long_term_key
from turn.nonces import Nonces
from turn.stun import Attribute, Message, Method


class Algorithm(IntEnum):
    """Password algorithms (RFC 8489, section 18.5)."""

    MD5 = 1
    SHA256 = 2


# What we offer, the better first; each has a number and no parameters (RFC 8489, section 14.11).
OFFER = b"".join(a.to_bytes(2, "big") + bytes(2) for a in (Algorithm.SHA256, Algorithm.MD5))


class Sender(NamedTuple):
    """A request's sender, who has proven to know a password."""

    username: str
    user: str  # whose quota it counts for
    key: bytes  # what the answer is sealed with
    by_sha256: bool  # the answer too
    is_old: bool  # knows nothing of RFC 8489, and so nothing of RFC 8656


class Refusal(NamedTuple):
    code: int
    challenges: bool  # the answer says how to do it right


UNKNOWN = Refusal(401, True)
INCOMPLETE = Refusal(400, False)
STALE = Refusal(438, True)


@dataclass(frozen=True)
class Gate:
    realm: str
    credentials: Credentials
    nonces: Nonces

    def admit(
        self, message: Message, data: bytes, client: Address, now: float, wall: float
    ) -> Sender | Refusal:
        """`data` is what was parsed; `wall` counts seconds since 1970."""
        if message.integrity_at is None and message.integrity_sha256_at is None:
            return UNKNOWN
        username, nonce = message.username, message.get(Attribute.NONCE)
        if not message.has(Attribute.USERNAME) or nonce is None:
            return INCOMPLETE
        realm = message.get(Attribute.REALM)
        if realm is None:
            return INCOMPLETE
        algorithm = chosen_algorithm(message)
        if algorithm is None:
            return INCOMPLETE
        # Another realm's password is none of ours.
        if username is None or realm != self.realm.encode():
            return UNKNOWN
        sender = self._prove(message, data, username, algorithm, wall)
        if sender is None:
            return UNKNOWN
        if not self.nonces.is_valid(nonce, client[0], now):
            return STALE
        return sender

    def challenge(self, client: Address, now: float) -> list[tuple[int, bytes]]:
        return [
            (Attribute.REALM, self.realm.encode()),
            (Attribute.NONCE, self.nonces.make(client[0], now)),
            (Attribute.PASSWORD_ALGORITHMS, OFFER),
        ]

    def _prove(
        self, message: Message, data: bytes, username: str, algorithm: Algorithm, wall: float
    ) -> Sender | None:
        by_sha256 = message.integrity_sha256_at is not None
        is_authentic = message.is_authentic_sha256 if by_sha256 else message.is_authentic
        for password in self.credentials.passwords(username):
            # Who relays already may go on when its password has ended: calls last longer.
            ended = password.expires is not None and password.expires <= wall
            if ended and message.method == Method.ALLOCATE:
                continue
            key = long_term_key(algorithm.name.lower(), username, self.realm, password.text)
            if is_authentic(data, key):
                is_old = not message.has(Attribute.PASSWORD_ALGORITHM)
                return Sender(username, password.user, key, by_sha256, is_old)
        return None


def chosen_algorithm(message: Message) -> Algorithm | None:
    """None: what the client says of algorithms is not what we told it.

    Our nonces all announce algorithms; a client that knows none means MD5.
    """
    offer = message.get(Attribute.PASSWORD_ALGORITHMS)
    choice = message.get(Attribute.PASSWORD_ALGORITHM)
    if offer is None and choice is None:
        return Algorithm.MD5
    if offer != OFFER or choice is None or len(choice) < 4:
        return None
    number, parameters = int.from_bytes(choice[:2], "big"), choice[2:4]
    if parameters != bytes(2) or number not in list(Algorithm):
        return None
    return Algorithm(number)
