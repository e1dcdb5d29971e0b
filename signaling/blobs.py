"""What a participant keeps in the room for others to fetch: descriptions of its data tracks."""

from livekit.protocol import models, rtc

from signaling.datatracks import MAX_ENCODING
from signaling.messages import Reason

MAX_KEY = 256  # bytes (LiveKit)
MAX_BYTES = 64_000  # of all blobs of one participant, keys included (LiveKit)

Refusal = tuple[rtc.RequestResponse.Reason, str]


class Blobs:
    def __init__(self) -> None:
        self._by_key: dict[bytes, models.DataBlob] = {}
        self._size = 0

    def store(self, blob: models.DataBlob) -> Refusal | None:
        """One of the same key is replaced. Returns why not, if not."""
        key = _key(blob.key)
        if not 0 < len(key) <= MAX_KEY:
            return Reason.INVALID_REQUEST, "data blob is invalid"
        if not _has_good_encoding(blob.key):
            text = "encoding identifier is empty or exceeds the maximum length"
            return Reason.INVALID_REQUEST, text
        if not blob.contents:
            return Reason.INVALID_REQUEST, "data blob is empty"
        replaced = self._by_key.get(key)
        before = 0 if replaced is None else len(key) + len(replaced.contents)
        size = self._size - before + len(key) + len(blob.contents)
        if size > MAX_BYTES:
            return Reason.LIMIT_EXCEEDED, f"data blobs exceed the limit of {MAX_BYTES} bytes"
        self._size = size
        self._by_key[key] = blob
        return None

    def find(self, key: models.DataBlobKey) -> models.DataBlob | None:
        return self._by_key.get(_key(key))


def _key(key: models.DataBlobKey) -> bytes:
    return key.SerializeToString(deterministic=True)


def _has_good_encoding(key: models.DataBlobKey) -> bool:
    encoding = key.schema_id.encoding
    return encoding.WhichOneof("value") != "custom" or 0 < len(encoding.custom) <= MAX_ENCODING
