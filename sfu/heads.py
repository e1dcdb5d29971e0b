"""The header of a subscription's packets as words, so that many are written together."""

import numpy as np

from sfu.subscription import Subscription
from sfu.tables import SPARE_WORD, Subscriptions


def store(table: Subscriptions, subscription: Subscription) -> None:
    """The subscription has a head now, or another one."""
    head, row = subscription.head, subscription.row
    places = head.abs_send_time_at, head.transport_cc_at
    # Each value has an octet before it that begins a word: so `extensions.Template` puts them.
    fits = head.size <= SPARE_WORD * 4 and all(place == 0 or place % 4 == 1 for place in places)
    table.is_odd[row] = not fits
    if not fits:
        return
    words = np.frombuffer(head.data, ">u4")
    stored = table.array("head")[row]
    stored[: len(words)] = words
    stored[0] = head.flags << 24
    table.words[row] = len(words)
    words_of = [place // 4 if place else SPARE_WORD for place in places]
    table.abs_word[row], table.twcc_word[row] = words_of
