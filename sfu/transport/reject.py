"""Why a datagram of the slow path (STUN, DTLS, SCTP) changed nothing: counted by these names."""

from enum import StrEnum


class Reject(StrEnum):
    NOT_A_REQUEST = "not_a_request"  # we never ask, so no answer is for us
    UNAUTHENTIC_CHECK = "unauthentic_check"  # answered 400 or 401
    UNKNOWN_ATTRIBUTE = "unknown_attribute"  # answered 420
    ROLE_CONFLICT = "role_conflict"  # answered 487
    OVERSIZED_ANSWER = "oversized_answer"  # a refusal longer than what it refuses is not sent
    UNKNOWN_ADDRESS = "unknown_address"  # DTLS from where no check has come
    NO_HANDSHAKE = "no_handshake"  # DTLS before the client's description is known, or after the end
    FORGED_RECORD = "forged_record"  # what no honest peer sends in this phase of DTLS
    MALFORMED_RECORD = "malformed_record"  # its lengths lead outside the datagram
    MALFORMED_SCTP = "malformed_sctp"
    FORBIDDEN_SCTP = "forbidden_sctp"  # well-formed, but beyond what we keep for one client
    MALFORMED_DCEP = "malformed_dcep"  # an open or ack that is none
    UNKNOWN_CHANNEL = "unknown_channel"  # data on a stream that nobody opened
    OVERSIZED_MESSAGE = "oversized_message"  # longer than the max-message-size we announced
