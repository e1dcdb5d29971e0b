"""As whom somebody takes part in a visit, and whether they answer for it."""

from enum import StrEnum

from api.rules.roles import Role


class Kind(StrEnum):
    """Where one who takes part is known from."""

    STAFF = "staff"
    PATIENT = "patient"
    GUEST = "guest"
    HQ = "hq"  # staff of another workspace, who has taken it from their queue


class Part(StrEnum):
    CLINICIAN = "clinician"
    ASSISTANT = "assistant"
    PATIENT = "patient"
    INTERPRETER = "interpreter"
    FAMILY = "family"
    SPECIALIST = "specialist"
    OBSERVER = "observer"  # sees and hears, and is seen to be there


class Rsvp(StrEnum):
    """An answer to an invitation, as calendars know it."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    RESCHEDULE = "reschedule"  # at another time, please


# As calendars say it (RFC 5545, section 3.2.12), which know no wish for another time.
PARTSTAT = {
    Rsvp.NEEDS_ACTION: "NEEDS-ACTION",
    Rsvp.ACCEPTED: "ACCEPTED",
    Rsvp.DECLINED: "DECLINED",
    Rsvp.TENTATIVE: "TENTATIVE",
    Rsvp.RESCHEDULE: "TENTATIVE",
}


P = Part
PARTS: dict[Kind, frozenset[Part]] = {
    Kind.STAFF: frozenset({P.CLINICIAN, P.ASSISTANT, P.INTERPRETER, P.SPECIALIST, P.OBSERVER}),
    Kind.PATIENT: frozenset({P.PATIENT}),
    Kind.GUEST: frozenset({P.FAMILY, P.INTERPRETER, P.SPECIALIST, P.OBSERVER}),
    Kind.HQ: frozenset(),  # nobody names them: they come by taking a visit
}
HOSTS = frozenset({P.CLINICIAN, P.ASSISTANT})  # who let others in, and come in unasked
BY_ROLE: dict[Role, Part] = {
    Role.OWNER: P.CLINICIAN,
    Role.CLINICIAN: P.CLINICIAN,
    Role.ASSISTANT: P.ASSISTANT,
}


def is_host(kind: Kind, part: Part) -> bool:
    return kind in (Kind.STAFF, Kind.HQ) and part in HOSTS
