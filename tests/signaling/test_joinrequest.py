import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from signaling.joinrequest import MAX_SIZE, JoinRequestError, complete, decode, from_query

REQUEST = rtc.JoinRequest(
    client_info=models.ClientInfo(sdk="JS", protocol=17),
    publisher_offer=rtc.SessionDescription(type="offer", sdp="v=0\r\n" * 2000, id=1),
)
NONE, GZIP = rtc.WrappedJoinRequest.NONE, rtc.WrappedJoinRequest.GZIP


def wrap(inner: bytes, compression: rtc.WrappedJoinRequest.Compression = NONE) -> str:
    wrapped = rtc.WrappedJoinRequest(compression=compression, join_request=inner)
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


def test_plain_and_compressed_requests_are_read() -> None:
    inner = REQUEST.SerializeToString()
    assert decode(wrap(inner)) == REQUEST
    assert decode(wrap(gzip.compress(inner), GZIP)) == REQUEST
    assert decode(wrap(inner).rstrip("=")) == REQUEST


CUT_OFF = gzip.compress(b"cut off" * 99, mtime=0)[:-9]  # a test is named by what it is given


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "join_request is required"),
        ("%%%", "cannot base64 decode wrapped join request"),
        ("a", "cannot base64 decode wrapped join request"),
        (base64.b64encode(b"\xff" * 9).decode(), "cannot unmarshal wrapped join request"),
        (wrap(b"\xff" * 9), "cannot unmarshal join request"),
        (wrap(b"\0" * (MAX_SIZE + 1)), "join request too large"),
        (wrap(b"not gzip", GZIP), "cannot read decompressed join request"),
        (wrap(CUT_OFF, GZIP), "cannot read decompressed join request"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_text_that_clients_know(
    value: str, text: str
) -> None:
    with pytest.raises(JoinRequestError) as caught:
        decode(value)
    assert str(caught.value) == text


def test_a_gzip_bomb_is_not_unpacked() -> None:
    with pytest.raises(JoinRequestError, match="join request too large"):
        decode(wrap(gzip.compress(b"\0" * (64 << 20)), GZIP))


def test_the_query_of_v0_says_the_same() -> None:
    attributes = base64.urlsafe_b64encode(json.dumps({"a": "1"}).encode()).decode()
    request = from_query(
        {
            "sdk": "python",
            "protocol": "16",
            "client_protocol": "x",
            "capabilities": "CAP_PACKET_TRAILER,CAP_NONSENSE",
            "adaptive_stream": "1",
            "reconnect": "1",
            "sid": "PA_1",
            "attributes": attributes,
        }
    )
    assert request.client_info.sdk == models.ClientInfo.SDK.PYTHON
    assert request.client_info.protocol == 16
    assert request.client_info.client_protocol == 0
    assert list(request.client_info.capabilities) == [1]
    assert request.connection_settings.auto_subscribe
    assert request.connection_settings.adaptive_stream
    assert (request.reconnect, request.participant_sid) == (True, "PA_1")
    assert dict(request.participant_attributes) == {"a": "1"}


def test_v0_clients_can_do_without_subscriptions() -> None:
    assert not from_query({"auto_subscribe": "0"}).connection_settings.auto_subscribe
    assert not from_query({"auto_subscribe": "false"}).connection_settings.auto_subscribe


@pytest.mark.parametrize("value", ["!", "bm90IGpzb24=", "WzFd", "eyJhIjoxfQ=="])
def test_attributes_must_be_an_object_of_strings(value: str) -> None:
    with pytest.raises(JoinRequestError, match="cannot decode attributes"):
        from_query({"attributes": value})


def test_obs_says_its_name_in_the_user_agent() -> None:
    client = models.ClientInfo()
    complete(client, "Mozilla/5.0 (OBS-Studio/31.0.2; Linux x86_64; en-US)", "")
    assert (client.browser, client.os) == ("OBS-Studio", "Linux")


def test_the_user_agent_completes_what_a_client_did_not_say() -> None:
    client = models.ClientInfo(os="Plan 9")
    complete(client, "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko Firefox/153.0", "192.0.2.7")
    assert (client.browser, client.os, client.address) == ("Firefox", "Plan 9", "192.0.2.7")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for value in (data.decode("latin-1"), base64.urlsafe_b64encode(data).decode(), wrap(data)):
        try:
            assert isinstance(decode(value), rtc.JoinRequest)
        except JoinRequestError:
            continue
