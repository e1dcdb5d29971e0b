"""What a caller of the server API is told when it does not work (Twirp)."""

import json
from collections.abc import Mapping

from signaling.administration import Code, Failure

STATUSES = {
    Code.ABORTED: 409,
    Code.ALREADY_EXISTS: 409,
    Code.BAD_ROUTE: 404,
    Code.CANCELED: 408,
    Code.DATA_LOSS: 500,
    Code.DEADLINE_EXCEEDED: 408,
    Code.FAILED_PRECONDITION: 412,
    Code.INTERNAL: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.MALFORMED: 400,
    Code.NOT_FOUND: 404,
    Code.OUT_OF_RANGE: 400,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.UNAUTHENTICATED: 401,
    Code.UNAVAILABLE: 503,
    Code.UNIMPLEMENTED: 501,
    Code.UNKNOWN: 500,
}

PREFIX = "twirp error unknown: "  # livekit-server's, of all that is found out behind its front


class TwirpError(Exception):
    def __init__(self, code: Code, text: str, meta: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.meta = dict(meta or {})

    @property
    def status(self) -> int:
        return STATUSES[self.code]

    @property
    def body(self) -> bytes:
        """JSON, whatever the request was written in."""
        fields = {"code": self.code.value, "msg": self.text}
        if self.meta:
            return _json(fields | {"meta": self.meta})
        return _json(fields)


def _json(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def of_failure(failure: Failure) -> TwirpError:
    return TwirpError(failure.code, PREFIX + failure.text)


def denied() -> TwirpError:
    return TwirpError(Code.UNAUTHENTICATED, "permissions denied")


def bad_route(text: str, method: str, path: str) -> TwirpError:
    return TwirpError(Code.BAD_ROUTE, text, {"twirp_invalid_route": f"{method} {path}"})


def malformed(what: str) -> TwirpError:
    return TwirpError(Code.MALFORMED, f"the {what} request could not be decoded")


def too_large(what: str, limit: int) -> TwirpError:
    """The text is `what` and the limit; `what` alone is told again."""
    return TwirpError(Code.INVALID_ARGUMENT, f"{what} {limit}", {"argument": what})
