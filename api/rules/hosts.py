"""What a Host header may hold before any of it goes into an answer."""

import re

HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def is_host(text: str) -> bool:
    return HOST.fullmatch(text) is not None
