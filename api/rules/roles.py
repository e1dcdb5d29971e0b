"""Who may do what: a table."""

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    CLINICIAN = "clinician"
    ASSISTANT = "assistant"
    AUDITOR = "auditor"


class Permission(StrEnum):
    STAFF_READ = "staff.read"
    STAFF_CHANGE = "staff.change"
    PATIENTS_READ = "patients.read"
    PATIENTS_CHANGE = "patients.change"
    GUESTS_INVITE = "guests.invite"
    BREAK_GLASS = "break_glass"
    KEYS_CHANGE = "keys.change"
    AUDIT_READ = "audit.read"


P = Permission
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(P),
    Role.CLINICIAN: frozenset(
        {P.STAFF_READ, P.PATIENTS_READ, P.PATIENTS_CHANGE, P.GUESTS_INVITE, P.BREAK_GLASS}
    ),
    Role.ASSISTANT: frozenset({P.STAFF_READ, P.PATIENTS_READ, P.PATIENTS_CHANGE, P.GUESTS_INVITE}),
    Role.AUDITOR: frozenset({P.STAFF_READ, P.AUDIT_READ}),
}

# What an integration can be given. None makes people or keys, and none breaks glass.
SCOPES = frozenset(
    {P.STAFF_READ, P.PATIENTS_READ, P.PATIENTS_CHANGE, P.GUESTS_INVITE, P.AUDIT_READ}
)


def sees_patient(*, is_restricted: bool, is_on_team: bool, has_broken_glass: bool) -> bool:
    """Among those who may see patients at all: a restricted one is for its team."""
    return not is_restricted or is_on_team or has_broken_glass
