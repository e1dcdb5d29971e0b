import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.transport.dcep import ChannelOpen, DcepError

VECTORS = [
    ("0300000000000000000900005f72656c6961626c65", ChannelOpen("_reliable")),
    (
        "0381000000000000000600005f6c6f737379",
        ChannelOpen("_lossy", is_ordered=False, max_retransmits=0),
    ),
    (
        "030201000000 07d0 0001 0001 78 79",
        ChannelOpen("x", lifetime=2.0, protocol="y", priority=256),
    ),
]


@pytest.mark.parametrize(("data", "channel"), VECTORS)
def test_vectors(data: str, channel: ChannelOpen) -> None:
    assert ChannelOpen.parse(bytes.fromhex(data)) == channel
    assert bytes(channel) == bytes.fromhex(data)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "02",
        "03000000000000000001000",
        "030000000000000000010000",  # the label is missing
        "03000000000000000001000061ff",  # too long
        "030000000000000000010000ff",  # no UTF-8
        "03030000000000000001000061",  # no such type
    ],
)
def test_what_opens_no_channel_is_refused(data: str) -> None:
    with pytest.raises(DcepError):
        ChannelOpen.parse(bytes.fromhex(data if len(data) % 2 == 0 else data[:-1]))


@given(st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda b: b"\x03" + b)))
def test_any_bytes_open_a_channel_or_are_refused(data: bytes) -> None:
    try:
        channel = ChannelOpen.parse(data)
    except DcepError:
        return
    assert ChannelOpen.parse(bytes(channel)) == channel
