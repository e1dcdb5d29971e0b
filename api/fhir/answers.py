"""What is told of more than one, or of none: bundles, outcomes, and what there is at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.fhir.terms import Resource, Type

VERSION = "5.0.0"
MEDIA_TYPE = "application/fhir+json"

# By status, FHIR's word for what is wrong.
ISSUES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    422: "invalid",
    429: "throttled",
    503: "transient",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str  # as FHIR has it
    text: str


PATIENT = Parameter("patient", "reference", "Of that patient")
DATE = Parameter("date", "date", "When it was or is to be; twice for a span")
STATUS = Parameter("status", "token", "As it stands now")
ACTIVE = Parameter("active", "token", "Whether the record is in use")
PARAMETERS: Mapping[Type, tuple[Parameter, ...]] = {
    Type.PATIENT: (ACTIVE,),
    Type.APPOINTMENT: (PATIENT, DATE, STATUS),
    Type.ENCOUNTER: (PATIENT, DATE, STATUS),
    Type.CONSENT: (PATIENT, DATE, STATUS),
    Type.AUDIT_EVENT: (PATIENT, DATE),
    Type.DOCUMENT_REFERENCE: (PATIENT, DATE, STATUS),
}


def outcome(status: int, kind: str, sentence: str, fields: Mapping[str, str]) -> Resource:
    """`kind`: our word for it, `sentence` what people read."""
    issue: Resource = {
        "severity": "error",
        "code": ISSUES.get(status, "processing"),
        "details": {"coding": [{"system": "urn:housecall:problem", "code": kind}]},
        "diagnostics": sentence,
    }
    if fields:
        issue["expression"] = sorted(fields)
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def bundle(resources: Sequence[Resource], base: str, own: str, following: str | None) -> Resource:
    """Of a search. `own` and `following` are addresses of this page and of the next one."""
    links = [{"relation": "self", "url": own}]
    if following is not None:
        links.append({"relation": "next", "url": following})
    entries = [
        {
            "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
            "resource": one,
            "search": {"mode": "match"},
        }
        for one in resources
    ]
    answer: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return {**answer, "entry": entries} if entries else answer


def capability(version: str, date: str, base: str) -> Resource:
    """What there is, for any program to read before it signs in."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Housecall", "version": version},
        "implementation": {"description": "Housecall", "url": base},
        "fhirVersion": VERSION,
        "format": [MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": "A session of staff, or an API key as a bearer token, with the "
                    "scope fhir.read and that of what is read."
                },
                "resource": [_described(kind) for kind in Type],
            }
        ],
    }


def _described(kind: Type) -> Resource:
    parameters = [
        {"name": one.name, "type": one.kind, "documentation": one.text} for one in PARAMETERS[kind]
    ]
    return {
        "type": kind.value,
        "versioning": "no-version",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": parameters,
    }
