"""Requests and answers as Twirp writes them: protobuf, or JSON with LiveKit's field names."""

import json
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from api.twirp.errors import malformed
from signaling import protojson
from signaling.protojson import JsonError

JSON = "application/json"
PROTOBUF = "application/protobuf"
MAX_ELEMENTS = 100_000  # of JSON; metadata is a string, with commas and brackets of its own


def media_type(content_type: str) -> str:
    """Without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def decode(kind: type[Message], body: bytes, media: str) -> Message:
    """Unknown fields are passed over; both spellings of a name are known. Raises TwirpError."""
    message = kind()
    if media == PROTOBUF:
        try:
            message.ParseFromString(body)
        except DecodeError:
            raise malformed("protobuf") from None
        return message
    try:
        text = body.decode()
        if not text.lstrip().startswith("{"):
            raise malformed("json")  # the library takes a list for an empty message
        protojson.parse(text, message, MAX_ELEMENTS)
    except (JsonError, ValueError):
        raise malformed("json") from None
    return message


def encode(message: Message, media: str) -> bytes:
    if media == PROTOBUF:
        return message.SerializeToString()
    return json.dumps(to_dict(message), separators=(",", ":"), ensure_ascii=False).encode()


def to_dict(message: Message) -> dict[str, Any]:
    """Fields that are not set are there too: zero, empty, and null for a message (LiveKit)."""
    written: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    _add_nulls(message, written)
    return written


def _add_nulls(message: Message, written: Any) -> None:
    if not isinstance(written, dict):
        return  # a well-known type, which has a JSON form of its own
    for field in message.DESCRIPTOR.fields:
        if field.type != FieldDescriptor.TYPE_MESSAGE or _is_map(field.message_type):
            continue
        value = getattr(message, field.name)
        if field.is_repeated:
            for one, written_one in zip(value, written[field.name], strict=True):
                _add_nulls(one, written_one)
        elif message.HasField(field.name):
            _add_nulls(value, written[field.name])
        elif field.containing_oneof is None:
            written[field.name] = None


def _is_map(descriptor: Any) -> bool:
    return bool(descriptor.GetOptions().map_entry)
