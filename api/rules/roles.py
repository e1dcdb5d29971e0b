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
    MEETINGS_READ = "meetings.read"
    MEETINGS_CHANGE = "meetings.change"
    MEETINGS_HOST = "meetings.host"  # let people in, and come in oneself
    MEETINGS_RECORD = "meetings.record"  # for programs: nobody may be in a visit unseen
    FILES_READ = "files.read"
    FILES_CHANGE = "files.change"  # put some into a patient's folder, name them
    FILES_DELETE = "files.delete"
    FHIR_READ = "fhir.read"  # as FHIR tells it, what one may see otherwise
    BREAK_GLASS = "break_glass"
    KEYS_CHANGE = "keys.change"
    AUDIT_READ = "audit.read"


P = Permission
CARE = frozenset(
    {
        P.STAFF_READ, P.PATIENTS_READ, P.PATIENTS_CHANGE, P.GUESTS_INVITE, P.MEETINGS_READ,
        P.MEETINGS_CHANGE, P.MEETINGS_HOST, P.FILES_READ, P.FILES_CHANGE, P.FHIR_READ,
    }
)  # fmt: skip
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(P) - {P.MEETINGS_RECORD},
    Role.CLINICIAN: CARE | {P.BREAK_GLASS, P.FILES_DELETE},
    Role.ASSISTANT: CARE,
    Role.AUDITOR: frozenset({P.STAFF_READ, P.AUDIT_READ, P.FHIR_READ}),
}

# What an integration can be given. None makes people or keys, none breaks glass, joins or deletes
# files.
SCOPES = (CARE | {P.AUDIT_READ, P.MEETINGS_RECORD}) - {P.MEETINGS_HOST}


def sees_patient(*, is_restricted: bool, is_on_team: bool, has_broken_glass: bool) -> bool:
    """Among those who may see patients at all: a restricted one is for its team."""
    return not is_restricted or is_on_team or has_broken_glass
