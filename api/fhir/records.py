"""Patients, what they have agreed to, their files, and what the audit log tells."""

from datetime import datetime
from uuid import UUID

from api.fhir.terms import OWN, Resource, Type, coding, concept, named, reference
from api.fhir.visits import moment
from api.rules.auditing import ActorKind, Outcome
from api.store.models import AuditEntry, ConsentReceipt, Patient, PatientFile

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def patient(row: Patient) -> Resource:
    resource: Resource = {
        "resourceType": Type.PATIENT.value,
        "id": str(row.id),
        "meta": {"versionId": str(row.version)},
        "active": row.archived_at is None,
        "name": [{"text": row.name.text}],
    }
    if row.restricted:
        resource["meta"]["security"] = [coding(CONFIDENTIALITY, "R", "restricted")]
    if row.reference is not None:
        resource["identifier"] = [{"use": "usual", "value": row.reference.text}]
    ways = (("phone", row.phone), ("email", row.email))
    telecom = [{"system": way, "value": value.text} for way, value in ways if value is not None]
    if telecom:
        resource["telecom"] = telecom
    if row.birth_date is not None:
        resource["birthDate"] = row.birth_date.text
    if row.language is not None:
        language = concept("urn:ietf:bcp:47", row.language)
        resource["communication"] = [{"language": language, "preferred": True}]
    return resource


def consent(row: ConsentReceipt, patient_id: UUID, superseded: dict[str, datetime]) -> Resource:
    """A receipt. `superseded`: by scope, when the same person has said something else of it.

    Nothing is recorded but what somebody has agreed to: so the base decision is `deny`, and what a
    yes permits are its exceptions. A no has none.
    """
    scopes = row.scopes.split()
    is_over = all(scope in superseded for scope in scopes)
    resource: Resource = {
        "resourceType": Type.CONSENT.value,
        "id": str(row.id),
        "meta": {"lastUpdated": moment(row.at)},
        "status": "inactive" if is_over else "active",
        "category": [
            concept("http://loinc.org", "59284-0", "Consent Document"),
            *(concept(f"{OWN}consent-scope", scope) for scope in scopes),
        ],
        "subject": reference(Type.PATIENT, patient_id),
        "grantor": [reference(Type.PATIENT, patient_id)],
        "date": row.at.date().isoformat(),
        "decision": "deny",
        "policyBasis": {
            "reference": {
                "identifier": {
                    "system": f"{OWN}consent-policy",
                    "value": f"{row.policy_version}:{row.language}:{row.policy_hash}",
                }
            }
        },
        "verification": [
            {
                "verified": True,
                "verificationType": concept(f"{OWN}consent-method", row.method),
                "verificationDate": [moment(row.at)],
            }
        ],
    }
    if row.given:
        about = [{"meaning": "related", "reference": reference(Type.APPOINTMENT, row.meeting_id)}]
        resource["provision"] = [
            {
                "code": [concept(f"{OWN}consent-scope", scope)],
                "period": {
                    "start": moment(row.at),
                    **({"end": moment(superseded[scope])} if scope in superseded else {}),
                },
                "data": about,
            }
            for scope in scopes
        ]
    return resource


def document_reference(row: PatientFile, meeting: UUID | None, url: str) -> Resource:
    """`url`: where its content is, for whoever may read it."""
    resource: Resource = {
        "resourceType": Type.DOCUMENT_REFERENCE.value,
        "id": str(row.id),
        "meta": {"versionId": str(row.version)},
        "status": "current",
        "subject": reference(Type.PATIENT, row.patient_id),
        "date": moment(row.created_at),
        "content": [
            {
                "attachment": {
                    "contentType": row.media_type,
                    "url": url,
                    "size": row.size,
                    "title": row.name.text,
                    "creation": moment(row.created_at),
                }
            }
        ],
    }
    if meeting is not None:
        resource["context"] = [reference(Type.APPOINTMENT, meeting)]
    return resource


# Of an action's last word, how FHIR tells kinds of them; all others change something.
VERBS = {
    **dict.fromkeys(("create", "add", "invite", "give", "make"), "C"),
    **dict.fromkeys(("view", "list", "search", "read", "download", "export", "verify"), "R"),
    **dict.fromkeys(("delete", "remove", "archive", "revoke"), "D"),
}
AGENTS = {ActorKind.STAFF: "Practitioner", ActorKind.PATIENT: "Patient"}
ISSUE = "http://hl7.org/fhir/issue-severity"


def audit_event(row: AuditEntry) -> Resource:
    is_done = row.outcome == Outcome.DONE
    outcome: Resource = {"code": coding(ISSUE, "success" if is_done else "error")}
    if row.reason is not None:
        outcome["detail"] = [{"text": row.reason}]
    resource: Resource = {
        "resourceType": Type.AUDIT_EVENT.value,
        "id": event_id(row),
        "code": concept(f"{OWN}audit", row.action),
        "action": VERBS.get(row.action.rpartition(".")[2], "U"),
        "recorded": moment(row.at),
        "outcome": outcome,
        "agent": [_agent(row)],
        "source": {"observer": {"type": "Device", "display": "Housecall"}},
    }
    if row.object_kind is not None and row.object_id is not None:
        entity: Resource = {"what": {"display": row.object_kind}}
        if row.object_kind == "patient":
            about = {"reference": f"Patient/{row.object_id}", "type": "Patient"}
            resource["patient"] = about
            entity = {"what": about}
        else:
            entity["what"]["identifier"] = {
                "system": f"{OWN}{row.object_kind}", "value": row.object_id,
            }  # fmt: skip
        resource["entity"] = [entity]
    return resource


def _agent(row: AuditEntry) -> Resource:
    kind = AGENTS.get(ActorKind(row.actor_kind), "Device")
    who = {"display": row.actor_kind} if row.actor_id is None else named(kind, row.actor_id)
    agent: Resource = {"who": who, "requestor": True}
    if row.actor_role is not None:
        agent["role"] = [{"text": row.actor_role}]
    if row.address is not None:
        agent["networkString"] = row.address
    return agent


def event_id(row: AuditEntry) -> str:
    """Its place in the log, and of its hash as much as tells it from any other's."""
    return f"{row.seq}-{row.hash.hex()[:16]}"
