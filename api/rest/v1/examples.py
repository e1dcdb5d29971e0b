"""A good body for each operation that takes one, as the OpenAPI document shows it.

An operation without an example fails a test, and so does an example that its operation would not
read.
"""

from typing import Any

ID, OTHER = "01914d3c-5f00-7000-8000-00000000a001", "01914d3c-5f00-7000-8000-00000000a002"
PATIENT = {"name": "Pat Moss", "email": "pat@home.example", "phone": "+34 600 112 233"}
PASSWORD = "a horse, a staple and a battery"

EXAMPLES: dict[str, dict[str, Any]] = {
    "POST /sessions": {"email": "carl@clinic.example", "password": PASSWORD, "code": "123456"},
    "POST /sessions/link": {"token": "hcl_…", "birthDate": "1980-02-29"},
    "PUT /password": {"current": PASSWORD, "code": "123456", "password": "four lamps at a river"},
    "POST /links/open": {"token": "hcl_…"},
    "POST /links/accept": {
        "token": "hcl_…", "email": "carl@clinic.example", "name": "Carl", "password": PASSWORD,
        "code": "123456",
    },
    "PATCH /workspace": {
        "title": "North Clinic", "timeZone": "Europe/Madrid", "auditDays": 2557,
        "waitingMessage": "Have your medicines at hand.",
    },
    "POST /staff": {
        "email": "carl@clinic.example", "name": "Carl", "role": "clinician", "mail": True,
    },
    "POST /staff/{id}/links": {"mail": True},
    "PATCH /staff/{id}": {"role": "assistant"},
    "PUT /staff/{id}/hours": {
        "timeZone": "Europe/Madrid",
        "hours": [{"day": "mon", "begins": "09:00", "ends": "17:00"}],
    },
    "POST /patients": {**PATIENT, "birthDate": "1980-02-29", "language": "es"},
    "POST /patients/search": {"text": "moss 1980-02-29"},
    "POST /patients/restricted/search": {"name": "Pat Moss", "birthDate": "1980-02-29"},
    "PATCH /patients/{id}": {"phone": "+34 600 445 566"},
    "POST /patients/{id}/links": {"minutes": 1440, "mail": True},
    "POST /patients/{id}/break-glass": {"reason": "Unconscious, relatives are on the phone."},
    "POST /patients/{id}/texting": {"given": True, "method": "voice"},
    "PATCH /patients/{id}/files/{file}": {"name": "Letter of Dr Green.pdf", "meetingId": ID},
    "POST /guests": {"kind": "interpreter", "name": "Ines", "patientId": ID, "minutes": 15},
    "POST /keys": {"name": "EHR", "scopes": ["meetings.read", "patients.read"], "days": 365},
    "POST /calls/generate-token": {"kind": "patient", "id": ID},
    "POST /livekit/token": {"meetingId": ID},
    "POST /meetings": {
        "startsAt": "2027-03-04T13:00:00Z", "duration": 20, "patientId": ID,
        "participants": [{"kind": "staff", "id": OTHER, "role": "clinician"}],
        "conferencing": "auto",
    },
    "POST /meetings/search": {"name": "moss", "startsFrom": "2027-03-01T00:00:00Z"},
    "PATCH /meetings/{id}": {
        "duration": 40,
        "addParticipants": [{"kind": "guest", "id": OTHER, "role": "interpreter"}],
    },
    "POST /meetings/verify-token": {"token": "hcl_…"},
    "POST /meetings/{id}/invite": {
        "channel": "mail",
        "participants": [{"participantId": ID, "email": "ines@words.example", "language": "es"}],
    },
    "POST /meetings/{id}/rsvp": {"token": "hca_…", "answer": "accepted"},
    "POST /meetings/{id}/place/messages": {"text": "I have the results here."},
    "POST /meetings/{id}/participants/{participant}/messages": {"text": "Five minutes more."},
    "PUT /meetings/{id}/place/devices": {"camera": True, "microphone": False},
    "PUT /meetings/{id}/triage": {"priority": "urgent", "skill": "cardiology"},
    "POST /hq/served-by": {"workspace": "hq"},
    "PUT /hq/staff/{id}": {"languages": ["en", "es"], "skills": ["cardiology"]},
    "POST /consent/policies": {
        "texts": [{"language": "en", "text": "This call can be recorded if everybody agrees."}],
    },
    "POST /video/consent-log": {
        "meetingId": ID, "scopes": ["audio", "video"], "given": True, "policyVersion": 0,
        "policyHash": "0" * 64, "language": "en", "method": "click",
    },
    "POST /calendar/events": {
        "date": "2027-03-08", "time": "09:00", "timeZone": "Europe/Madrid", "duration": 30,
        "patientId": ID,
    },
    "PATCH /calendar/events/{id}": {"date": "2027-03-09", "time": "10:30"},
    "PUT /templates": {
        "channel": "sms", "kind": "reminder", "language": "en",
        "text": "Your visit begins at {time}: {link}",
    },
    "PUT /texts/carrier": {
        "provider": "twilio", "account": "AC" + "0" * 32, "sender": "+15005550006",
        "secret": "0123456789abcdef0123456789abcdef",
    },
    "POST /texts/test": {"phone": "+34 600 112 233", "language": "es"},
    # As one's own webhook tells it; Twilio and Vonage have words of their own (docs/messages.md).
    "POST /texts/status": {"reference": ID, "status": "delivered"},
    "POST /texts/{workspace}/status": {"reference": ID, "status": "delivered"},
    "POST /texts/{workspace}/inbound": {"from": "+34600112233", "text": "STOP"},
    "POST /texts/inbound": {"from": "+34600112233", "to": "+34600000000", "text": "STOP"},
}  # fmt: skip
