import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn.stun import (
    Attribute,
    Class,
    ErrorCode,
    Message,
    Method,
    StunError,
    class_of,
    kind_of,
    method_of,
    pack_attribute,
    pack_error,
    pack_unknown,
    pack_xor_address,
    unpack_error,
    unpack_unknown,
    unpack_xor_address,
)

# RFC 5769, sections 2.1 to 2.4.
PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
RESPONSE_4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
RESPONSE_6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c"
)
LONG_TERM = bytes.fromhex(
    "000100602112a44278ad3433c6ad72c029da412e"
    "00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341"
    "0014000b6578616d706c652e6f726700"
    "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666"
)
TRANSACTION = bytes(range(12))


def test_the_rfc_request_is_read_and_authentic() -> None:
    message = Message.parse(REQUEST)

    assert (message.method, message.kind) == (Method.BINDING, Class.REQUEST)
    assert message.username == "evtj:h6vY"
    assert message.get(Attribute.PRIORITY) == b"\x6e\x00\x01\xff"
    assert message.get(Attribute.SOFTWARE) == b"STUN test client"
    assert message.has(Attribute.ICE_CONTROLLED)
    assert message.is_authentic(REQUEST, PASSWORD)
    assert not message.is_authentic(REQUEST, PASSWORD + b"x")


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (RESPONSE_4, ("192.0.2.1", 32853)),
        (RESPONSE_6, ("2001:db8:1234:5678:11:2233:4455:6677", 32853)),
    ],
)
def test_the_rfc_responses_are_read(data: bytes, address: tuple[str, int]) -> None:
    message = Message.parse(data)
    value = message.get(Attribute.XOR_MAPPED_ADDRESS)

    assert message.kind is Class.SUCCESS
    assert message.is_authentic(data, PASSWORD)
    assert value is not None
    assert unpack_xor_address(value, message.transaction) == address
    assert pack_xor_address(address, message.transaction) == value


def test_the_rfc_long_term_request_is_authentic() -> None:
    user = "\u30de\u30c8\u30ea\u30c3\u30af\u30b9"
    key = hashlib.md5(f"{user}:example.org:TheMatrIX".encode()).digest()
    message = Message.parse(LONG_TERM)

    assert message.username == user
    assert message.get(Attribute.REALM) == b"example.org"
    assert message.is_authentic(LONG_TERM, key)


# RFC 8489, appendix B.1, with its erratum 6268.
USERHASH = bytes.fromhex("4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704")
NONCE = b"obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"
BY_SHA256 = bytes.fromhex(
    "000100902112a44278ad3433c6ad72c029da412e001e0020"
    + USERHASH.hex()
    + "00150029"
    + NONCE.hex()
    + "000000"
    + "0014000b6578616d706c652e6f726700"
    + "001d000400020000"
    + "001c0020b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65"
)


def test_the_rfc_request_by_sha256_is_authentic() -> None:
    user = "\u30de\u30c8\u30ea\u30c3\u30af\u30b9"
    key = hashlib.sha256(f"{user}:example.org:TheMatrIX".encode()).digest()
    message = Message.parse(BY_SHA256)

    assert message.get(Attribute.NONCE) == NONCE
    assert message.is_authentic_sha256(BY_SHA256, key)
    assert not message.is_authentic_sha256(BY_SHA256, key + b"x")
    assert not message.is_authentic(BY_SHA256, key)


def test_a_mac_by_sha256_may_be_cut_but_not_too_short() -> None:
    whole = Message(Method.BINDING, Class.REQUEST, TRANSACTION)
    for size, good in ((32, True), (16, True), (20, True), (12, False), (18, False), (0, False)):
        header = b"\x00\x01" + (4 + size + -size % 4).to_bytes(2, "big") + bytes(whole)[4:20]
        mac = hmac.digest(b"key", header, "sha256")[:size]
        data = header + pack_attribute(Attribute.MESSAGE_INTEGRITY_SHA256, mac)
        assert Message.parse(data).is_authentic_sha256(data, b"key") == good


def test_of_what_follows_a_mac_only_the_better_one_counts() -> None:
    first = Message(Method.BINDING, Class.REQUEST, TRANSACTION).sealed(b"key")[:-8]
    both = Message.parse(b"\x00\x01\x00\x18" + first[4:])
    assert both.integrity_at == 20
    body = first[20:] + pack_attribute(Attribute.PRIORITY, bytes(4))
    body += pack_attribute(Attribute.MESSAGE_INTEGRITY_SHA256, bytes(32))
    body += pack_attribute(Attribute.USERNAME, b"late")
    message = Message.parse(b"\x00\x01" + len(body).to_bytes(2, "big") + first[4:20] + body)

    assert [kind for kind, _ in message.attributes] == [
        Attribute.MESSAGE_INTEGRITY,
        Attribute.MESSAGE_INTEGRITY_SHA256,
    ]


def test_what_we_seal_is_authentic_to_us() -> None:
    attributes = [(int(Attribute.USERNAME), b"a:b")]
    data = Message(Method.BINDING, Class.REQUEST, TRANSACTION, attributes).sealed(b"key")
    message = Message.parse(data)

    assert len(data) == 20 + 8 + 24 + 8
    assert message.is_authentic(data, b"key")
    assert not message.is_authentic(data, b"yek")


def test_a_changed_byte_is_not_authentic() -> None:
    attributes = [(int(Attribute.USERNAME), b"a:b")]
    sealed = Message(Method.BINDING, Class.REQUEST, TRANSACTION, attributes).sealed(b"key")
    without_fingerprint = bytearray(sealed[:-8])
    without_fingerprint[3] -= 8  # the length
    assert Message.parse(bytes(without_fingerprint)).is_authentic(
        bytes(without_fingerprint), b"key"
    )

    without_fingerprint[24] ^= 1
    data = bytes(without_fingerprint)
    assert not Message.parse(data).is_authentic(data, b"key")


def test_a_message_without_integrity_is_not_authentic() -> None:
    data = Message(Method.BINDING, Class.REQUEST, TRANSACTION).sealed(None)
    assert not Message.parse(data).is_authentic(data, b"")


def test_what_follows_the_integrity_is_ignored() -> None:
    sealed = Message(Method.BINDING, Class.REQUEST, TRANSACTION).sealed(b"key")[:-8]
    late = pack_attribute(Attribute.USE_CANDIDATE, b"")
    data = sealed[:2] + (len(sealed) + len(late) - 20).to_bytes(2, "big") + sealed[4:] + late
    message = Message.parse(data)

    assert message.is_authentic(data, b"key")
    assert not message.has(Attribute.USE_CANDIDATE)


def test_repeated_attributes_keep_their_order() -> None:
    values = [b"\0\1aaaaaa", b"\0\1bbbbbb", b"\0\1aaaaaa"]
    attributes = [(int(Attribute.XOR_PEER_ADDRESS), value) for value in values]
    message = Message.parse(
        bytes(Message(Method.CREATE_PERMISSION, Class.REQUEST, TRANSACTION, attributes))
    )

    assert message.get_all(Attribute.XOR_PEER_ADDRESS) == values
    assert message.get(Attribute.XOR_PEER_ADDRESS) == values[0]


def test_attributes_that_must_be_understood_are_listed() -> None:
    attributes = [(0x7001, b""), (0xC057, b""), (int(Attribute.USERNAME), b"u"), (0x0003, b"")]
    message = Message(Method.BINDING, Class.REQUEST, TRANSACTION, attributes)
    assert message.unknown_attributes() == [0x7001, 0x0003]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        REQUEST[:19],
        REQUEST[:-1],
        REQUEST + b"\0",
        b"\x80" + REQUEST[1:],
        REQUEST[:4] + b"\0\0\0\0" + REQUEST[8:],
        REQUEST[:-1] + b"\0",  # FINGERPRINT
        bytes.fromhex("000100042112a442") + TRANSACTION + bytes.fromhex("00060001"),
    ],
)
def test_what_is_no_stun_is_refused(data: bytes) -> None:
    with pytest.raises(StunError):
        Message.parse(data)


def test_a_name_that_is_no_text_names_nobody() -> None:
    attributes = [(int(Attribute.USERNAME), b"\xff\xfe")]
    assert Message(Method.BINDING, Class.REQUEST, TRANSACTION, attributes).username is None


def test_error_codes() -> None:
    assert unpack_error(pack_error(ErrorCode(487, "Role"))) == (487, "Role")
    assert pack_error(ErrorCode(401)) == b"\0\0\x04\x01"
    with pytest.raises(StunError):
        unpack_error(b"\0\0\4")


def test_unknown_attribute_lists() -> None:
    assert unpack_unknown(pack_unknown([1, 0x7FFF])) == [1, 0x7FFF]
    with pytest.raises(StunError):
        unpack_unknown(b"\0")


@pytest.mark.parametrize("value", [b"", b"\0\1\0\0", b"\0\3\0\0\1\2\3\4", b"\0\2\0\0\1\2\3\4"])
def test_bad_addresses_are_refused(value: bytes) -> None:
    with pytest.raises(StunError):
        unpack_xor_address(value, TRANSACTION)


@given(st.integers(0, 0xFFF), st.sampled_from(Class))
def test_method_and_class_share_sixteen_bits(method: int, kind: Class) -> None:
    bits = kind_of(method, kind)
    assert bits < 0x4000
    assert (method_of(bits), class_of(bits)) == (method, kind)


ATTRIBUTES = st.lists(st.tuples(st.sampled_from(Attribute), st.binary(max_size=20)), max_size=5)
SIGNED = {
    Attribute.MESSAGE_INTEGRITY,
    Attribute.MESSAGE_INTEGRITY_SHA256,
    Attribute.FINGERPRINT,
}


@given(ATTRIBUTES)
def test_round_trip(attributes: list[tuple[int, bytes]]) -> None:
    attributes = [(int(kind), value) for kind, value in attributes if kind not in SIGNED]
    message = Message(Method.SEND, Class.INDICATION, TRANSACTION, attributes)
    assert Message.parse(bytes(message)) == message


@given(st.one_of(st.binary(max_size=120), st.binary(max_size=80).map(lambda b: REQUEST[:20] + b)))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        message = Message.parse(data[:2] + max(len(data) - 20, 0).to_bytes(2, "big") + data[4:])
    except StunError:
        return
    assert not message.is_authentic(data, b"key")


@given(st.integers(0, len(REQUEST) - 9), st.integers(1, 255))
def test_no_changed_byte_stays_authentic(position: int, change: int) -> None:
    data = bytearray(REQUEST[:-8])
    data[3] -= 8  # without FINGERPRINT, which would show it first
    data[position] ^= change
    try:
        message = Message.parse(bytes(data))
    except StunError:
        return
    assert not message.is_authentic(bytes(data), PASSWORD)
