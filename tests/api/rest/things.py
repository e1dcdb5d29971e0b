"""Things that are there, each made anew: sessions, ids, tokens and bodies for who tries all."""

from base64 import b32decode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.clinic.clinic import begin_session
from api.clinic.policies import built_in
from api.rules.auditing import ActorKind
from api.rules.credentials import STEP, code_at
from api.rules.hq import Side, State
from api.rules.sessions import LONGEST
from api.rules.visits import Status
from api.store.models import HqLink, Mail, Meeting
from tests.api.house import PASSWORD, House, Person
from tests.api.letters import read_letter
from tests.api.pictures import picture
from tests.api.providers import ELSEWHERE, Fake, connect
from tests.api.rest.test_texting import SECRET


class Things:
    """`house` has them, and serves `south` as its `member`. `fake`: all providers."""

    def __init__(self, house: House, south: House, member: str, fake: Fake) -> None:
        self._house = house
        self._south = south
        self._member = member
        self._fake = fake
        self._count = 0

    async def make(self, what: str) -> dict[str, Any]:
        # Some operation may have ended the owners' own, and who is idle is signed out.
        for house, slug in ((self._house, "clinic"), (self._south, "south")):
            found = await self._session(ActorKind.STAFF, house.owner.id, slug)
            house.owner.client.cookies["__Host-housecall"] = found["session"]
        makers: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
            "session": self._session,
            "guest": self._guest,
            "invited": self._invited,
            "opened": self._opened,
            "credentials": self._credentials,
            "invitation": self._invitation,
            "consent": self._consent,
            "open": self._open,
            "waiter": self._waiter,
            "admitted": self._admitted,
            "callee": self._callee,
            "recordable": self._recordable,
            "returned": self._returned,
            "connected": self._connected,
            "file": self._file,
            "document": self._document,
            "encounter": self._encounter,
            "receipt": self._receipt,
            "event": self._event,
            "carrier": self._carrier,
            "own-carrier": self._own_carrier,
            "hq-waiting": self._hq_waiting,
            "hq-taken": self._hq_taken,
            "served": lambda: self._agreement(Side.SERVED),
            "member": lambda: self._agreement(Side.SERVES),
            "running": self._running,
            "own-password": self._own_password,
        }
        bodies: dict[str, dict[str, Any]] = {
            "visit": {"startsAt": self._soon(), "patientId": None, "participants": []},
            "longer": {"startsAt": None, "addParticipants": [], "removeParticipants": []},
            "everybody": {"channel": "mail", "participants": []},
            "heard": {"given": True, "method": "voice"},
            "words": {"text": None},
            "unfiled": {"meetingId": None},
            "hq": {"workspace": "south"},
            "event": {
                "kind": "visit",
                "conferencing": "auto",  # others may not be connected
                "date": self._overmorrow(),  # where today's 23:30 may be over, it is to come
                "time": "23:30",
                "staffId": None,
                "patientId": None,
                "participants": [],
                "recurrence": None,
                "overlapping": True,
                "invite": False,
            },
            "moved": {"date": None, "time": None, "overlapping": True},
            "week": {"hours": [{"day": "mon", "begins": "09:00", "ends": "17:00"}]},
        }
        if what in makers:
            return await makers[what]()
        if what == "somebody":
            return {"email": self._somebody()["email"]}
        if what in bodies:
            return bodies[what]
        return {"id": await self._thing(what), "staff": self._house.owner.id}

    async def _open(self) -> dict[str, str]:
        """A visit to which people may come now."""
        starts = (self._house.clinic.store.now() + timedelta(minutes=5)).isoformat()
        patient = await self._thing("patients")
        made = await self._ask("/meetings", {"startsAt": starts, "patientId": patient})
        person = next(p for p in made["participants"] if p["kind"] == "patient")
        return {
            "id": made["id"], "meetingId": made["id"], "participant": person["id"],
            "patient": patient,
        }  # fmt: skip

    async def _waiter(self) -> dict[str, str]:
        """Who waits for it, with a session of theirs."""
        found = await self._open()
        session = await self._session(ActorKind.PATIENT, found["patient"])
        path = f"/meetings/{found['id']}/place"
        person = await self._house.person("pat")
        person.client.cookies["__Host-housecall"] = session["session"]
        await person.ask("POST", path, status=200)
        return {**found, **session}

    async def _admitted(self) -> dict[str, str]:
        found = await self._waiter()
        path = f"/meetings/{found['id']}/participants/{found['participant']}/admit"
        await self._house.owner.ask("POST", path, status=200)
        return found

    async def _recordable(self) -> dict[str, str]:
        """A visit that goes on, and a program that may record it."""
        found = await self._open()
        clinic = self._house.clinic
        workspace = await clinic.find_workspace("clinic")
        async with clinic.store.writing(workspace.id) as tx:
            query = select(Meeting).where(Meeting.id == UUID(found["id"]))
            meeting = (await tx.session.scalars(query)).one()
            meeting.status, meeting.live_at = Status.LIVE.value, tx.now
        self._count += 1
        scopes = ["meetings.read", "meetings.record", "patients.read"]
        made = await self._ask("/keys", {"name": f"r{self._count}", "scopes": scopes})
        return {"meetingId": found["id"], "key": made["secret"]}

    async def _returned(self) -> dict[str, str]:
        """What somebody comes back with who has agreed at a provider."""
        path = "/conferencing/zoom/connection"
        begun = await self._house.owner.ask("POST", path, status=201)
        cookie = self._house.owner.client.cookies["__Host-housecall-connecting"]
        return {**self._fake.agree(begun["url"]), "cookie": cookie}

    async def _connected(self) -> dict[str, str]:
        provider = ELSEWHERE[self._count % len(ELSEWHERE)]
        self._count += 1
        await connect(self._house, self._fake, provider)
        return {"provider": provider.value}

    async def _file(self) -> dict[str, str]:
        patient = await self._thing("patients")
        kind = {"content-type": "application/octet-stream"}
        path = f"/patients/{patient}/files"
        made = await self._house.owner.client.post(path, content=picture(), headers=kind)
        assert made.status_code == 201, made.text
        return {"id": patient, "file": made.json()["id"]}

    async def _document(self) -> dict[str, str]:
        return {"id": (await self._file())["file"]}

    async def _encounter(self) -> dict[str, str]:
        return {"id": (await self._recordable())["meetingId"]}

    async def _receipt(self) -> dict[str, str]:
        """What a patient has said."""
        found = await self._open()
        session = await self._session(ActorKind.PATIENT, found["patient"])
        person = await self._house.person("pat")
        person.client.cookies["__Host-housecall"] = session["session"]
        shown = await person.ask("GET", "/consent/policy", status=200)  # others publish some
        body = {
            "meetingId": found["id"], "scopes": ["audio"], "policyVersion": shown["version"],
            "policyHash": shown["hash"], "language": shown["language"],
        }  # fmt: skip
        return {"id": (await person.ask("POST", "/video/consent-log", body, 201))["id"]}

    async def _event(self) -> dict[str, str]:
        found = await self._house.owner.client.get("/fhir/AuditEvent?_count=1")
        return {"id": found.json()["entry"][0]["resource"]["id"]}

    async def _carrier(self) -> dict[str, Any]:
        return {
            "provider": "webhook", "sender": "Us", "secret": SECRET, "account": None,
            "privateKey": None, "url": "https://sms.example/",
        }  # fmt: skip

    async def _own_carrier(self) -> dict[str, str]:
        body = await self._carrier()
        await self._house.owner.ask("PUT", "/texts/carrier", body, 200)
        workspace = await self._house.owner.ask("GET", "/workspace", status=200)
        return {"workspace": workspace["id"]}

    async def _hq_waiting(self) -> dict[str, str]:
        """Somebody in the waiting room of the workspace that is served."""
        owner = self._south.owner
        patient = await owner.ask("POST", "/patients", {"name": "Pat"}, 201)
        starts = (self._house.clinic.store.now() + timedelta(minutes=5)).isoformat()
        wanted = {"startsAt": starts, "patientId": patient["id"]}
        made = await owner.ask("POST", "/meetings", wanted, 201)
        link = await owner.ask("POST", f"/patients/{patient['id']}/links", {}, 201)
        person = await self._south.person("pat")
        token = link["url"].partition("#l=")[2]
        await person.ask("POST", "/sessions/link", {"token": token}, 201)
        await person.ask("POST", f"/meetings/{made['id']}/place", status=200)
        return {"workspace": self._member, "meeting": made["id"]}

    async def _hq_taken(self) -> dict[str, str]:
        found = await self._hq_waiting()
        path = f"/hq/visits/{found['workspace']}/{found['meeting']}"
        await self._house.owner.ask("POST", path, status=201)
        return found

    async def _agreement(self, side: Side) -> dict[str, str]:
        """With a workspace that is not there any more."""
        clinic = self._house.clinic
        workspace = await clinic.find_workspace("clinic")
        async with clinic.store.writing(workspace.id) as tx:
            row = HqLink(
                id=tx.new_id(), side=side.value, other_id=tx.new_id(), other_slug="east",
                other_title="East", state=State.OFFERED.value, created_at=tx.now,
                changed_at=tx.now,
            )  # fmt: skip
            tx.session.add(row)
            return {"id": str(row.id)}

    async def _callee(self) -> dict[str, str]:
        return {"kind": "patient", "id": await self._thing("patients")}

    async def _guest(self) -> dict[str, str]:
        return {"token": await self._token("/guests", {"kind": "family", "name": "G"})}

    async def _invited(self) -> dict[str, str]:
        return {"token": await self._token("/staff", self._somebody())}

    async def _thing(self, what: str) -> str:
        """The id of a new one."""
        match what:
            case "patients":
                body: dict[str, Any] = {
                    "name": "Pat", "email": "pat@new.example", "phone": "+34600112233",
                }  # fmt: skip
                return str((await self._ask("/patients", body))["id"])
            case "calendar":
                tomorrow = self._house.clinic.store.now() + timedelta(days=1)
                body = {"date": f"{tomorrow:%Y-%m-%d}", "time": "09:00", "overlapping": True}
                return str((await self._ask("/calendar/events", body))["id"])
            case "keys":
                self._count += 1
                body = {"name": f"k{self._count}", "scopes": ["staff.read"]}
                return str((await self._ask("/keys", body))["key"]["id"])
            case "meetings":
                return str((await self._ask("/meetings", {"startsAt": self._soon()}))["id"])
            case "guests" | "mail":
                body = {"kind": "family", "name": "G", "email": "g@new.example"}
                made = await self._ask("/guests", body)
                return str(made["guest"]["id"] if what == "guests" else made["link"]["mailId"])
        return str((await self._ask("/staff", self._somebody()))["staff"]["id"])

    async def _consent(self) -> dict[str, Any]:
        """An owner's, in a visit of theirs."""
        shown = built_in()[0]
        return {
            "meetingId": await self._thing("meetings"), "participantId": None, "method": "click",
            "policyVersion": shown.version, "policyHash": shown.hash, "language": shown.language,
        }  # fmt: skip

    async def _invitation(self) -> dict[str, str]:
        """To a new visit, and the token that answers it."""
        patient = await self._thing("patients")
        body = {"startsAt": self._soon(), "patientId": patient}
        id = str((await self._ask("/meetings", body))["id"])
        sent = await self._ask(f"/meetings/{id}/invite", {})
        clinic = self._house.clinic
        workspace = await clinic.find_workspace("clinic")
        async with clinic.store.reading(workspace.id) as tx:
            query = select(Mail).where(Mail.id == UUID(sent["items"][0]["mailId"]))
            mail = (await tx.session.scalars(query)).one()
        return {"id": id, "token": read_letter(mail).answer}

    def _overmorrow(self) -> str:
        return f"{self._house.clinic.store.now() + timedelta(days=2):%Y-%m-%d}"

    def _soon(self) -> str:
        return (self._house.clinic.store.now() + timedelta(hours=1)).isoformat()

    def _somebody(self) -> dict[str, str]:
        self._count += 1
        name = f"s{self._count}"
        return {"email": f"{name}@new.example", "name": name, "role": "clinician"}

    async def _ask(self, path: str, body: dict[str, Any]) -> Any:
        return await self._house.owner.ask("POST", path, body, 201)

    async def _token(self, path: str, body: dict[str, Any]) -> str:
        url: str = (await self._ask(path, body))["link"]["url"]
        return url.partition("#l=")[2]

    async def _opened(self) -> dict[str, str]:
        """A link of staff that somebody has opened, and the code that goes with it."""
        somebody = self._somebody()
        token = await self._token("/staff", somebody)
        opened = await self._house.owner.ask("POST", "/links/open", {"token": token}, 200)
        email = somebody["email"]
        return {"token": token, "email": email, "password": PASSWORD, "code": code(opened)}

    async def _credentials(self) -> dict[str, str]:
        person, code = await self._newcomer()
        return {"workspace": "clinic", "email": person.email, "password": PASSWORD, "code": code}

    async def _newcomer(self) -> tuple[Person, str]:
        """Somebody new. The code of this step is used up: the next one is good already."""
        somebody = self._somebody()
        person = await self._house.person(somebody["name"])
        await person.accept((await self._ask("/staff", somebody))["link"]["url"])
        step = int(self._house.clinic.store.now().timestamp()) // STEP + 1
        return person, code_at(person.secret, step)

    async def _own_password(self) -> dict[str, str]:
        """What somebody new changes theirs with, and their session."""
        person, code = await self._newcomer()
        body = {"current": PASSWORD, "code": code, "password": PASSWORD[::-1]}
        return {**body, **await self._session(ActorKind.STAFF, person.id)}

    async def _running(self) -> dict[str, str]:
        """A session of the owner's, and another one of theirs that asks."""
        asks = await self._session()
        await self._session()
        listed = await self._house.owner.ask("GET", "/sessions", status=200)
        return {**asks, "id": next(one["id"] for one in listed["items"] if not one["current"])}

    async def _session(
        self, kind: ActorKind = ActorKind.STAFF, id: str | None = None, slug: str = "clinic"
    ) -> dict[str, str]:
        """The owner's, or somebody's."""
        clinic = self._house.clinic
        workspace = await clinic.find_workspace(slug)
        async with clinic.store.writing(workspace.id) as tx:
            subject = (kind, UUID(id or self._house.owner.id))
            return {"session": str(begin_session(tx, workspace.id, subject, tx.now + LONGEST))}


def code(opened: dict[str, str]) -> str:
    return code_at(b32decode(opened["secret"]), int(datetime.now(UTC).timestamp()) // STEP)
