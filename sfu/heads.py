"""The header of a subscription's packets as words, so that many are written together."""

import numpy as np

from sfu.subscription import Subscription
from sfu.tables import HEAD_WORDS, Subscriptions


def store(table: Subscriptions, subscription: Subscription) -> None:
    """The subscription has a head or an SSRC now, or another one."""
    head, row = subscription.head, subscription.row
    places = head.abs_send_time_at, head.transport_cc_at
    # Each value has an octet before it that begins a word: so `extensions.Template` puts them.
    fits = head.size <= HEAD_WORDS * 4 and all(place == 0 or place % 4 == 1 for place in places)
    # The loops copy a payload as it is.
    table.is_odd[row] = not fits or subscription.strips_trailers
    if not fits:
        return
    words = np.frombuffer(head.data, ">u4")
    stored = table.array("head")[row]
    stored[: len(words)] = words
    stored[0] = head.flags << 24
    stored[2] = subscription.ssrc
    table.head_kind[row] = kind(len(words), *(place // 4 for place in places))


def kind(words: int, send_time_at: int, number_at: int) -> int:
    """How many words, and which has what, as one number. 0: it has none of that."""
    return words | send_time_at << 8 | number_at << 16
