"""People's names as they type them: any script, but nothing that could garble another's screen."""

import unicodedata

MAX_LENGTH = 64  # characters
JOINERS = {"\u200c", "\u200d"}  # part of ordinary spelling in several scripts, and of emoji


def clean_name(name: str) -> str | None:
    """The name without control characters and needless space; None when it is no name."""
    visible = "".join(character if _is_allowed(character) else " " for character in name)
    cleaned = " ".join(visible.split())
    return cleaned if 0 < len(cleaned) <= MAX_LENGTH else None


def _is_allowed(character: str) -> bool:
    """Neither control nor formatting (which turns the direction of others' text) nor surrogate."""
    return character in JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
