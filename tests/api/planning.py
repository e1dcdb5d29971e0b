"""Plans for tests: nothing of the machine, nothing of the disk."""

from collections.abc import Mapping
from typing import Any

from api.plan import Plan
from api.rules.addresses import MediaAddresses
from api.settings import Settings


def make(settings: Mapping[str, Any] | None = None, **parts: Any) -> Plan:
    given: dict[str, Any] = {
        "settings": Settings.model_validate(settings or {}),
        "keys": {"APIkey": "s" * 32},
        "link_key": b"k" * 32,
        "binds": ["127.0.0.1"],
        "binds_optional": True,
        "media": MediaAddresses(["192.0.2.1"], ["203.0.113.1"]),
        "tls": None,
    }
    return Plan(**(given | parts))
