"""RFC 8489, section 9.2.4: who may ask, and what the others are told."""

import pytest

from tests.turn.office import CLIENT, UDP, Answer, Client, Office, make_config
from turn.authentication import OFFER, Algorithm
from turn.credentials import Credentials, mint_by_key, mint_by_secret
from turn.nonces import LIFETIME, PREFIX, Nonces
from turn.stun import Attribute, Class, Message, Method

WALL = 1_800_000_000.0  # seconds since 1970


def allocate(client: Client, *attributes: tuple[int, bytes]) -> Message:
    return Message(Method.ALLOCATE, Class.REQUEST, client.transaction(), [UDP, *attributes])


def prepared(office: Office, **changes: str) -> Client:
    """It has been told the nonce."""
    client = Client(office, **changes)  # type: ignore[arg-type]
    client.learn(client.tell(allocate(client)))
    return client


def test_a_stranger_is_told_realm_nonce_and_algorithms() -> None:
    client = Client(Office())
    answer = client.tell(allocate(client))

    assert answer.code == 401
    assert answer.value(Attribute.REALM) == b"housecall"
    assert answer.value(Attribute.NONCE).startswith(PREFIX)
    assert answer.value(Attribute.PASSWORD_ALGORITHMS) == OFFER
    assert not answer.message.has(Attribute.SOFTWARE)
    assert not answer.message.has(Attribute.MESSAGE_INTEGRITY)


@pytest.mark.parametrize(("username", "password"), [("ann", "wrong"), ("eve", "secret")])
def test_a_wrong_name_or_password_is_refused_alike(username: str, password: str) -> None:
    office = Office()
    client = prepared(office, username=username, password=password)

    answer = client.allocate()
    assert answer.code == 401
    assert answer.message.has(Attribute.NONCE)
    assert not answer.message.has(Attribute.MESSAGE_INTEGRITY)
    assert not office.sockets.open_now


def test_another_realm_is_refused() -> None:
    client = prepared(Office())
    client.realm = b"elsewhere"

    assert client.allocate().code == 401


@pytest.mark.parametrize("missing", [Attribute.USERNAME, Attribute.REALM, Attribute.NONCE])
def test_a_sealed_request_without_one_of_three_is_a_bad_one(missing: Attribute) -> None:
    client = prepared(Office())
    complete = Message.parse(client.seal(allocate(client)))
    complete.attributes = [
        (kind, value)
        for kind, value in complete.attributes
        if kind not in (missing, Attribute.MESSAGE_INTEGRITY)
    ]
    (answer,) = client.office.send(complete.sealed(b"any"))

    assert Answer(answer.data).code == 400


def test_a_nonce_ends_and_a_new_one_is_told() -> None:
    office = Office()
    client = prepared(office)
    office.wait(LIFETIME + 1)
    answer = client.allocate()

    assert answer.code == 438
    client.learn(answer)
    assert client.allocate().code == 0


def test_a_nonce_is_good_for_one_address() -> None:
    office = Office()
    client = prepared(office)
    client.address = "198.51.100.8", 40_000

    assert client.allocate().code == 438


def test_a_nonce_of_another_start_is_stale() -> None:
    nonces, others = Nonces(b"k" * 32), Nonces(b"l" * 32)
    nonce = nonces.make("a", 5.0)

    assert nonces.is_valid(nonce, "a", 5.0)
    assert not others.is_valid(nonce, "a", 5.0)
    assert not nonces.is_valid(nonce[:-1] + b"!", "a", 5.0)
    assert not nonces.is_valid(nonce, "a", 4.0)  # from the future
    assert not nonces.is_valid(b"", "a", 5.0)


@pytest.mark.parametrize(
    "changes",
    [
        [(Attribute.PASSWORD_ALGORITHM, bytes([0, 1, 0, 0]))],  # without the list
        [(Attribute.PASSWORD_ALGORITHMS, OFFER)],  # without the choice
        [
            (Attribute.PASSWORD_ALGORITHMS, bytes([0, 1, 0, 0])),  # somebody took the better out
            (Attribute.PASSWORD_ALGORITHM, bytes([0, 1, 0, 0])),
        ],
        [
            (Attribute.PASSWORD_ALGORITHMS, OFFER),
            (Attribute.PASSWORD_ALGORITHM, bytes([0, 3, 0, 0])),
        ],
        [(Attribute.PASSWORD_ALGORITHMS, OFFER), (Attribute.PASSWORD_ALGORITHM, b"")],
    ],
)
def test_algorithms_that_are_not_as_we_said_are_refused(
    changes: list[tuple[int, bytes]],
) -> None:
    client = prepared(Office())

    assert client.tell(allocate(client, *changes), sealed=True).code == 400


def test_a_request_with_a_wrong_password_and_a_stale_nonce_learns_of_the_first() -> None:
    office = Office()
    client = prepared(office, password="wrong")
    office.wait(LIFETIME + 1)

    assert client.allocate().code == 401


@pytest.mark.parametrize("by", ["secret", "older secret", "key"])
def test_minted_credentials_are_taken_until_they_end(by: str) -> None:
    credentials = Credentials(secrets=["new", "old"], keys={"APIkey": "hush"})
    office = Office(make_config(credentials=credentials))
    office.server.wall = WALL - office.now
    expires = int(WALL) + 100
    if by == "key":
        pair = mint_by_key("APIkey", "hush", "PA_1", expires)
    else:
        pair = mint_by_secret("new" if by == "secret" else "old", "ann", expires)
    client = Client(office, *pair)
    late = Client(office, *pair, address=(CLIENT[0], 2))

    assert client.allocate().code == 0
    office.wait(101)
    assert client.refresh(600).code == 0  # it goes on
    late.learn(late.tell(allocate(late)))
    assert late.allocate().code == 401


def test_minted_credentials_of_other_secrets_are_refused() -> None:
    office = Office(make_config(credentials=Credentials(secrets=["new"], keys={"APIkey": "hush"})))
    office.server.wall = WALL - office.now
    expires = int(WALL) + 100
    pairs = [
        mint_by_secret("old", "ann", expires),
        mint_by_key("APIkey", "else", "PA_1", expires),
        mint_by_key("other", "hush", "PA_1", expires),
    ]
    for number, pair in enumerate(pairs):
        client = Client(office, *pair, address=(CLIENT[0], number))
        client.learn(client.tell(allocate(client)))
        assert client.allocate().code == 401


def test_one_user_has_12_allocations_and_others_still_some() -> None:
    office = Office()
    clients = [Client(office, address=(CLIENT[0], 1024 + n)) for n in range(13)]

    assert [client.allocate().code for client in clients] == [0] * 12 + [486]
    assert Client(office, "bob", "other").allocate().code == 0
    clients[0].refresh(0)
    assert clients[12].allocate().code == 0


def test_sha256_is_offered_first() -> None:
    assert OFFER[:4] == Algorithm.SHA256.to_bytes(2, "big") + bytes(2)
