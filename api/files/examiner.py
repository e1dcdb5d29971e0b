"""The process that looks through one file: what is hostile in it meets decoders here, and nobody's
keys, calls or database. It gets the file by its standard input, and answers with a line of JSON,
behind which a picture follows, written anew.
"""

import json
import os
import resource
import sys

from api.rules.contents import PICTURES, ContentError, Reason, look

MEMORY = 2 << 30  # bytes: three times the largest picture
SECONDS = 60  # of processor time


def main() -> None:
    confine()
    data = sys.stdin.buffer.read()
    try:
        answer, content = examined(data)
    except ContentError as error:
        answer, content = {"refused": error.reason.value}, b""
    except (MemoryError, RecursionError):
        answer, content = {"refused": Reason.TOO_COMPLEX.value}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


def examined(data: bytes) -> tuple[dict[str, str], bytes]:
    """Raises ContentError."""
    kind = look(data)
    if kind in PICTURES:
        from api.files.rewriting import rewrite

        return {"type": kind.value}, rewrite(data, kind)
    from api.files.documents import examine

    examine(data)
    return {"type": kind.value}, b""  # as it was


def confine() -> None:
    """It writes no file, leaves no image of its memory behind, and ends."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
