"""Why a packet goes no further: each that is not forwarded is counted under one of these."""

from enum import StrEnum


class Drop(StrEnum):
    EMPTY = "empty"  # a datagram without a byte
    OVERLOADED = "overloaded"  # too many wait that are not media
    UNKNOWN_ADDRESS = "unknown_address"  # from no address that passed a check
    NOT_READY = "not_ready"  # media before the handshake has given keys
    UNAUTHENTIC = "unauthentic"  # SRTP or SRTCP refused it
    MALFORMED = "malformed"  # no RTP header, or its lengths lead outside the packet
    UNKNOWN_STREAM = "unknown_stream"  # no publication has this SSRC, mid or rid
    UNKNOWN_PAYLOAD_TYPE = "unknown_payload_type"  # not negotiated on this m-line
    DUPLICATE = "duplicate"  # this sequence number was here already
    TOO_OLD = "too_old"  # behind all that could still be of use
    PADDING = "padding"  # a probe without payload
    MUTED = "muted"  # the publication is muted
    NO_SUBSCRIBER = "no_subscriber"  # nobody wants this layer
    LATE_FOR_SWITCH = "late_for_switch"  # from before the point where its layer was taken
    TEMPORAL = "temporal"  # of a temporal layer above the target
    UNPROTECTED = "unprotected"  # SRTP would not seal it
    NO_PATH = "no_path"  # the receiver has no address yet
    NOT_IN_HISTORY = "not_in_history"  # asked for again, but gone
    RESENT_ENOUGH = "resent_enough"  # asked for again too often or too soon
    RESEND_LIMIT = "resend_limit"  # all clients together have asked for too much again
