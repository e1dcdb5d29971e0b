from livekit.protocol import models, rtc

from signaling.blobs import MAX_BYTES, Blobs
from signaling.config import SignalingConfig
from signaling.messages import Reason
from tests.signaling.stage import Client, Stage

KEY = models.DataBlobKey(generic="schema")
BLOB = models.DataBlob(key=KEY, contents=b"a description")


def pair(*, enabled: bool = True) -> tuple[Client, Client]:
    stage = Stage(SignalingConfig(enable_data_blobs=enabled))
    return stage.join("ann"), stage.join("bob")


def store(client: Client, blob: models.DataBlob) -> None:
    client.say(store_data_blob_request=rtc.StoreDataBlobRequest(request_id=5, blob=blob))


def fetch(client: Client, identity: str, key: models.DataBlobKey | None = KEY) -> None:
    client.say(
        get_data_blob_request=rtc.GetDataBlobRequest(
            request_id=6, participant_identity=identity, key=key
        )
    )


def test_what_one_stores_the_others_can_fetch() -> None:
    ann, bob = pair()
    store(ann, BLOB)
    stored = ann.last("store_data_blob_response")
    assert (stored.request_id, stored.key) == (5, KEY)
    fetch(bob, "ann")
    got = bob.last("get_data_blob_response")
    assert (got.request_id, got.blob) == (6, BLOB)


def test_an_operator_has_to_enable_it() -> None:
    ann, _ = pair(enabled=False)
    store(ann, BLOB)
    answer = ann.last("request_response")
    assert (answer.request_id, answer.reason) == (5, Reason.NOT_ALLOWED)
    assert answer.message == "data blob not enabled"


def test_what_is_not_there_is_not_found() -> None:
    ann, bob = pair()
    for identity, key, reason, text in [
        ("ann", KEY, Reason.NOT_FOUND, "data blob not found"),
        ("nobody", KEY, Reason.NOT_FOUND, "participant not found"),
        ("ann", None, Reason.INVALID_REQUEST, "data blob key is required"),
    ]:
        fetch(bob, identity, key)
        answer = bob.last("request_response")
        assert (answer.request_id, answer.reason, answer.message) == (6, reason, text)
    assert ann.heard("request_response") == []


def test_the_hidden_have_nothing_for_others() -> None:
    stage = Stage(SignalingConfig(enable_data_blobs=True))
    ann, bob = stage.join("ann", hidden=True), stage.join("bob")
    store(ann, BLOB)
    fetch(bob, "ann")
    assert bob.last("request_response").message == "participant not found"
    fetch(ann, "ann")
    assert ann.last("get_data_blob_response").blob == BLOB


def test_bad_blobs_are_refused_with_a_reason() -> None:
    blobs = Blobs()
    custom = models.DataTrackSchemaId(name="n", encoding={"custom": "c" * 33})
    for blob, reason in [
        (models.DataBlob(contents=b"x"), Reason.INVALID_REQUEST),
        (models.DataBlob(key={"generic": "k" * 300}, contents=b"x"), Reason.INVALID_REQUEST),
        (models.DataBlob(key={"schema_id": custom}, contents=b"x"), Reason.INVALID_REQUEST),
        (models.DataBlob(key=KEY), Reason.INVALID_REQUEST),
        (models.DataBlob(key=KEY, contents=bytes(MAX_BYTES)), Reason.LIMIT_EXCEEDED),
    ]:
        refused = blobs.store(blob)
        assert refused is not None
        assert refused[0] == reason


def test_all_blobs_of_one_participant_share_the_room_there_is() -> None:
    blobs = Blobs()
    half = bytes(MAX_BYTES // 2 - 100)

    def put(name: str) -> bool:
        return blobs.store(models.DataBlob(key={"generic": name}, contents=half)) is None

    assert put("one")
    assert put("two")
    assert put("two")
    assert not put("three")
