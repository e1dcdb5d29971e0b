"""Text messages: to which numbers they go, and what a reply to one means."""

import re
from enum import StrEnum
from unicodedata import normalize

from api.rules.private import Private

AROUND = " \t\r\n.!\"'“”‘’«»"  # a word, as people repeat it
PUNCTUATION = re.compile(r"[ ()/.-]")
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164, at most 15 digits

# What people write who want no more of them. The English words are those that carriers themselves
# act upon (docs/messages.md), the others are what Spanish and French readers write.
STOP = {
    "STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL",
    "PARAR", "ALTO", "BAJA", "CANCELAR", "ARRET", "ARRÊT", "DESABONNER", "DÉSABONNER",
}  # fmt: skip
START = {"START", "UNSTOP", "ALTA", "REPRENDRE"}


class Wish(StrEnum):
    """Of somebody who replies to a text message."""

    STOP = "stop"
    START = "start"


class Said(StrEnum):
    """How somebody has said that they may be texted, or may not."""

    CLICK = "click"  # themselves
    VOICE = "voice"  # to a member of staff
    SIGNATURE = "signature"  # on paper
    REPLY = "reply"  # to a text message


def international(phone: Private | None) -> Private | None:
    """As carriers take it, "+34600112233"; None: it lacks its country, or is none."""
    if phone is None:
        return None
    number = PUNCTUATION.sub("", phone.text)
    return Private(number) if NUMBER.fullmatch(number) else None


def wish_of(text: str) -> Wish | None:
    """Of a reply that is one of the known words and nothing else."""
    word = normalize("NFC", text).strip().strip(AROUND).upper()
    if word in STOP:
        return Wish.STOP
    return Wish.START if word in START else None
