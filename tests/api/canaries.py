"""Marks for what must never be seen again: put into every text field of a request, and looked for.

Which fields there are says the OpenAPI document: one that comes to it is marked too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CANARY = "canary7f3a"
NUMBER = "+49 7391 556 6017"  # where only a telephone number may stand
# What the server itself has given out, or what must fit something: another text would be refused.
REFERENCES = {"token", "code", "workspace", "policyHash", "after"}
SECRETS = {"token", "secret", "credential", "uri", "url", "joinUrl"}  # of answers
SHORTEST = 12  # characters of a secret that is worth looking for

Schema = Mapping[str, Any]


@dataclass
class Canaries:
    """`document`: OpenAPI. `planted` are the texts to look for, beside CANARY itself."""

    document: Schema
    planted: set[str] = field(default_factory=lambda: {CANARY, NUMBER})

    def operation(self, method: str, path: str) -> Schema | None:
        """`path`: without /api/v1 and query."""
        for known, item in self.document["paths"].items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", known), path) and method.lower() in item:
                found: Schema = item[method.lower()]
                return found
        return None

    def mark(self, method: str, path: str, body: Any) -> Any:
        """The same request, as good as it was, with a mark in each text, and in those that it
        could have had."""
        operation = self.operation(method, path)
        schema = operation and body_schema(operation)
        return body if schema is None else self._marked(schema, body)

    def _marked(self, schema: Schema, value: Any) -> Any:
        for one in self.variants(schema):
            if isinstance(value, dict) and "properties" in one:
                return self._marked_object(one, value)
            if isinstance(value, list) and "items" in one:
                return [self._marked(one["items"], item) for item in value]
            if isinstance(value, str) and one.get("format") == "date":
                self.planted.add(value)
            if isinstance(value, str) and is_free(one):
                return marked(one, value) or value
        return value

    def _marked_object(self, schema: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
        result = dict(value)
        for name, inner in schema["properties"].items():
            if name in REFERENCES or (name == "language" and "policyHash" in schema["properties"]):
                continue
            if name in value:
                result[name] = self._marked(inner, value[name])
            else:
                ways = (marked(one, "") for one in self.variants(inner) if is_free(one))
                if (way := next(ways, None)) is not None:
                    result[name] = way
        return result

    def variants(self, schema: Schema) -> Iterator[Schema]:
        """What it may be, each without references."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema or "oneOf" in schema:
            for one in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
                yield from self.variants(one)
        else:
            yield schema

    def texts(self, operation: Schema) -> list[tuple[str, ...]]:
        """The way to each text of a body, of whatever form."""
        schema = body_schema(operation)
        return [] if schema is None else list(self._texts(schema))

    def _texts(self, schema: Schema) -> Iterator[tuple[str, ...]]:
        for one in self.variants(schema):
            for name, inner in one.get("properties", {}).items():
                yield from ((name, *rest) for rest in self._texts(inner))
            if "items" in one:
                yield from (("[]", *rest) for rest in self._texts(one["items"]))
            if one.get("type") == "string":
                yield ()

    def note_answer(self, headers: Mapping[str, str], body: bytes) -> None:
        """The secrets that an answer gives."""
        for cookie in re.findall(r"housecall=([^;,\s]+)", headers.get("set-cookie", "")):
            self._note(cookie)
        if "json" in headers.get("content-type", "") and body:
            for name, text in leaves(json.loads(body)):
                if name in SECRETS:
                    self._note(text.partition("#")[2] or text)

    def _note(self, secret: str) -> None:
        if len(secret) >= SHORTEST and not secret.startswith(("http", "ws", "turn", "stun", "m=")):
            self.planted.add(secret)

    def found_in(self, text: str) -> set[str]:
        return {planted for planted in self.planted if planted in text}


def body_schema(operation: Schema) -> Schema | None:
    content: Any = operation.get("requestBody", {}).get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found


def is_free(schema: Schema) -> bool:
    return schema.get("type") == "string" and not {"enum", "const", "format"} & set(schema)


def marked(schema: Schema, value: str) -> str | None:
    """The first of several ways to put the mark in that the schema allows; None where there is no
    room for it. Equal values come out equal, so that a password stays the same password."""
    ways = (
        f"{CANARY} {value}",
        f"{CANARY}.{value}",
        f"{CANARY}@home.example",
        f"{value}-x-{CANARY}",
    )
    if not value:
        ways = (f"{CANARY} has pain", f"{CANARY}@home.example", f"en-x-{CANARY}", "")
    for way in (*ways, NUMBER):
        fits = re.search(schema.get("pattern", ""), way) is not None
        if fits and schema.get("minLength", 0) <= len(way) <= schema.get("maxLength", 1 << 20):
            return way
    return None


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, name)
    elif isinstance(value, str):
        yield name, value
