"""Whatever is posted, there is an answer, and it is the caller's fault."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from api.twirp.methods import methods
from tests.api.twirp.caller import Caller

PATHS = [path.removeprefix("livekit.") for path in methods()]
TYPES = ["application/json", "application/protobuf", "application/json; charset=x", "", "\xff"]
GRANTS = {
    "roomCreate": True, "roomList": True, "roomAdmin": True, "room": "ward", "roomRecord": True,
    "destinationRoom": "clinic", "ingressAdmin": True, "sip": {"admin": True, "call": True},
}  # fmt: skip
CALLER = Caller()
TOKEN = CALLER.token(**GRANTS)

texts = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
names = st.sampled_from(
    ["room", "name", "identity", "names", "metadata", "attributes", "permission", "agents",
     "track_sids", "participant_tracks", "data", "nonce", "kind", "egress", "destination_room",
     "destination_identity", "response_timeout_ms", "dispatch_id"]
)  # fmt: skip
bodies = st.binary(max_size=200) | st.dictionaries(names, values, max_size=5).map(
    lambda fields: json.dumps(fields).encode()
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PATHS) | texts, bodies, st.sampled_from(TYPES))
def test_any_request_has_an_answer_that_is_not_our_fault(
    path: str, body: bytes, content_type: str
) -> None:
    answer = CALLER.post(path, body, token=TOKEN, content_type=content_type)

    assert answer.status in (200, 400, 401, 404, 409, 412, 429, 500, 503)
    if answer.status >= 500:  # only where LiveKit says that it has no such service
        told = json.loads(answer.body)["msg"]
        assert "not connected" in told or "no egress" in told
