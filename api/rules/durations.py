"""Durations as LiveKit's file writes them (Go's syntax): "500ms", "1m30s"."""

import re

SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")


def parse_duration(value: object) -> float:
    """Seconds. A bare number is nanoseconds in Go, which nobody means: only 0 is taken.

    Raises `ValueError`.
    """
    text = str(value).strip()
    if isinstance(value, float):  # our own default
        return value
    if text == "0":
        return 0.0
    if not re.fullmatch(f"(?:{PART.pattern})+", text):
        raise ValueError(f"{text!r} is not a duration such as 500ms or 10s")
    return sum(float(number) * SECONDS[unit] for number, unit in PART.findall(text))
