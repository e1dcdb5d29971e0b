"""Why the relay did not do what a datagram asked for."""

from enum import StrEnum


class Drop(StrEnum):
    MALFORMED = "malformed"  # neither STUN nor ChannelData, or not as these have to be
    UNKNOWN_METHOD = "unknown_method"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"  # of an indication
    NO_ALLOCATION = "no_allocation"
    NO_CHANNEL = "no_channel"
    NO_PERMISSION = "no_permission"
    FORBIDDEN_PEER = "forbidden_peer"
    BANDWIDTH = "bandwidth"  # the user has had all that its quota allows
    TOO_LONG = "too_long"  # for a Data indication
    UNPAID = "unpaid"  # an answer to a stranger would be more than strangers are given
