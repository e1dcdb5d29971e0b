import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn.addresses import pack_address, unpack_address

VECTORS = [
    (("192.0.2.1", 0x1234), bytes.fromhex("00011234c0000201")),
    (("2001:db8::1", 5), bytes.fromhex("0002000520010db8000000000000000000000001")),
]


@pytest.mark.parametrize(("address", "data"), VECTORS)
def test_vectors(address: tuple[str, int], data: bytes) -> None:
    assert pack_address(address) == data
    assert unpack_address(data) == address


def test_the_scope_of_a_link_local_address_stays_at_home() -> None:
    assert unpack_address(pack_address(("fe80::1%eth0", 9))) == ("fe80::1", 9)


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        pack_address(("example.org", 1))


@given(st.binary(max_size=24))
def test_any_bytes_are_an_address_or_refused(data: bytes) -> None:
    try:
        address = unpack_address(data)
    except ValueError:
        return
    assert pack_address(address)[1:] == data[1:]
