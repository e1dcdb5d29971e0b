"""One workspace serves those who wait with others: who has agreed, who is next, who takes whom."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.rules.auditing import Outcome
from api.rules.hq import STEP, Clinician, Place, Priority, ordered
from api.rules.plans import Plan
from api.store.models import AuditEntry, HqLink, MeetingParticipant, Workspace
from tests.api.conftest import NOON, Clock, Database
from tests.api.floor import Floor
from tests.api.house import House, Person
from tests.api.rest.test_meetings import meeting_of, patient_in, patient_of, set_plan

pytestmark = pytest.mark.anyio

SOON = {"startsAt": "2027-03-04T12:05:00Z", "duration": 20}


@dataclass
class Waiting:
    """A patient of the served workspace, in its waiting room."""

    house: House
    patient: str
    person: Person
    meeting: str

    async def here(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.house.owner.ask(
            "GET", f"/meetings/{self.meeting}", status=200
        )
        return found

    async def admission(self) -> str:
        people = (await self.here())["participants"]
        return str(next(one["admission"] for one in people if one["kind"] == "patient"))


@dataclass
class Pair:
    """`hq` serves `served`."""

    hq: House
    served: House
    floor: Floor
    workspace: str  # the served one's id
    agreement: str  # its id there
    member: str  # the other side's

    async def wait(self, name: str = "Pat", **fields: Any) -> Waiting:
        """Somebody more knocks."""
        patient = await patient_of(self.served, name=name, **fields)
        meeting = (await meeting_of(self.served, patientId=patient, **SOON))["id"]
        person = await patient_in(self.served, patient)
        await person.ask("POST", f"/meetings/{meeting}/place", status=200)
        return Waiting(self.served, patient, person, meeting)

    def path(self, waiting: Waiting, more: str = "") -> str:
        return f"/hq/visits/{self.workspace}/{waiting.meeting}{more}"

    async def queue(self, person: Person | None = None) -> dict[str, Any]:
        asked = person or self.hq.owner
        found: dict[str, Any] = await asked.ask("GET", "/hq/queue", status=200)
        return found

    async def meetings(self, person: Person | None = None) -> list[str]:
        return [one["meetingId"] for one in (await self.queue(person))["items"]]


async def acts(clinic: Clinic, slug: str, *actions: str) -> list[AuditEntry]:
    workspace = await clinic.find_workspace(slug)
    async with clinic.store.reading(workspace.id) as tx:
        query = select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.seq)
        return list((await tx.session.scalars(query)).all())


async def agree(hq: House, served: House) -> Pair:
    offered = await served.owner.ask("POST", "/hq/served-by", {"workspace": "clinic"}, 201)
    (member,) = (await hq.owner.ask("GET", "/hq/members", status=200))["items"]
    await hq.owner.ask("POST", f"/hq/members/{member['id']}/accept", status=200)
    return Pair(
        hq, served, Floor(hq.clinic), member["workspaceId"], offered["id"], member["id"]
    )  # fmt: skip


@pytest.fixture
async def pair(north: House, south: House) -> Pair:
    return await agree(north, south)


async def test_nobody_is_seen_before_both_have_agreed(north: House, south: House) -> None:
    Floor(north.clinic)
    offered = await south.owner.ask("POST", "/hq/served-by", {"workspace": "clinic"}, 201)
    assert offered["state"] == "offered"
    (member,) = (await north.owner.ask("GET", "/hq/members", status=200))["items"]
    assert (member["workspace"], member["state"]) == ("south", "offered")
    waiting = await Pair(north, south, Floor(north.clinic), member["workspaceId"], "", "").wait()
    taken = f"/hq/visits/{member['workspaceId']}/{waiting.meeting}"
    assert (await north.owner.ask("GET", "/hq/queue", status=200))["items"] == []
    await north.owner.ask("POST", taken, status=404)

    await north.owner.ask("POST", f"/hq/members/{member['id']}/accept", status=200)

    assert len((await north.owner.ask("GET", "/hq/queue", status=200))["items"]) == 1
    (there,) = (await south.owner.ask("GET", "/hq/served-by", status=200))["items"]
    assert (there["workspace"], there["state"]) == ("clinic", "agreed")
    for slug in ("clinic", "south"):
        told = await acts(north.clinic, slug, "hq.offer", "hq.offered", "hq.accept", "hq.agreed")
        assert len(told) == 2, slug


@pytest.mark.parametrize("by", ["served", "hq"])
async def test_either_ends_it_at_once_and_both_logs_say_so(pair: Pair, by: str) -> None:
    waiting = await pair.wait()
    assert await pair.meetings() == [waiting.meeting]
    who, path = (
        (pair.served, f"/hq/served-by/{pair.agreement}")
        if by == "served"
        else (pair.hq, f"/hq/members/{pair.member}")
    )

    await who.owner.ask("DELETE", path, status=204)
    await who.owner.ask("DELETE", path, status=204)

    assert await pair.meetings() == []
    assert (await pair.hq.owner.ask("POST", pair.path(waiting)))["status"] in (403, 404)
    for house, link in ((pair.hq, "/hq/members"), (pair.served, "/hq/served-by")):
        (one,) = (await house.owner.ask("GET", link, status=200))["items"]
        assert one["state"] == "ended"
    for slug in ("clinic", "south"):
        assert len(await acts(pair.hq.clinic, slug, "hq.end", "hq.ended")) == 1, slug


async def test_an_end_that_the_other_side_has_not_heard_of_counts_even_so(pair: Pair) -> None:
    """What the served workspace's own row says holds."""
    waiting = await pair.wait()
    store = pair.hq.clinic.store
    async with store.writing(UUID(pair.workspace)) as tx:
        (row,) = (await tx.session.scalars(select(HqLink))).all()
        row.state = "ended"

    refused = await pair.hq.owner.ask("POST", pair.path(waiting), status=403)
    assert refused["title"] == "not_served"
    assert await pair.meetings() == []
    (member,) = (await pair.hq.owner.ask("GET", "/hq/members", status=200))["items"]
    assert member["state"] == "ended"
    (told,) = [e for e in await acts(pair.hq.clinic, "south", "hq.refuse") if e.object_id is None][
        :1
    ]
    assert told.outcome == Outcome.REFUSED


async def test_who_was_ended_can_be_offered_anew_and_accepts_anew(pair: Pair) -> None:
    await pair.hq.owner.ask("DELETE", f"/hq/members/{pair.member}", status=204)
    offered = await pair.served.owner.ask("POST", "/hq/served-by", {"workspace": "clinic"}, 201)
    assert (offered["id"], offered["state"]) == (pair.agreement, "offered")
    waiting = await pair.wait()
    assert await pair.meetings() == []

    await pair.hq.owner.ask("POST", f"/hq/members/{pair.member}/accept", status=200)

    assert await pair.meetings() == [waiting.meeting]


@pytest.mark.parametrize("lacking", ["clinic", "south"])
async def test_both_need_the_plan(pair: Pair, lacking: str) -> None:
    waiting = await pair.wait()
    await set_plan(pair.hq, Plan.ADVANCED, lacking)

    answer = await pair.hq.owner.ask("POST", pair.path(waiting), status=403)

    assert answer["title"] == "plan_required"
    assert "enterprise" in answer["detail"]
    if lacking == "clinic":
        assert (await pair.hq.owner.ask("GET", "/hq/queue", status=403))["title"] == "plan_required"
    else:
        assert await pair.meetings() == []


async def test_an_offer_needs_the_plan_and_another_workspace(north: House, south: House) -> None:
    owner = south.owner
    assert (await owner.ask("POST", "/hq/served-by", {"workspace": "south"}, 409))[
        "title"
    ] == "is_itself"
    assert (await owner.ask("POST", "/hq/served-by", {"workspace": "east"}, 409))[
        "title"
    ] == "unknown_hq"
    await set_plan(south, Plan.STANDARD, "south")
    refused = await owner.ask("POST", "/hq/served-by", {"workspace": "clinic"}, 403)
    assert refused["title"] == "plan_required"


async def test_only_owners_agree_and_only_clinicians_take(pair: Pair) -> None:
    waiting = await pair.wait()
    dan = await pair.hq.staff("dan", "clinician")
    ann = await pair.hq.staff("ann", "assistant")
    await dan.ask("POST", f"/hq/members/{pair.member}/accept", status=403)
    await dan.ask("DELETE", f"/hq/members/{pair.member}", status=403)
    refused = await ann.ask("GET", "/hq/queue", status=403)
    assert refused["title"] == "clinicians_only"
    await ann.ask("POST", pair.path(waiting), status=403)
    await dan.ask("POST", pair.path(waiting), status=201)


async def test_the_queue_shows_what_it_takes_to_choose_and_nobody_s_name(pair: Pair) -> None:
    waiting = await pair.wait("Patricia Private", language="es-MX", email="pat@home.example")
    triage = {"priority": "urgent", "skill": "wounds"}
    path = f"/meetings/{waiting.meeting}/triage"
    await pair.served.owner.ask("PUT", path, triage, 200)
    assert await pair.served.owner.ask("GET", path, status=200) == triage
    devices = {"camera": True, "microphone": False}
    await waiting.person.ask("PUT", f"/meetings/{waiting.meeting}/place/devices", devices, 204)

    (here,) = (await pair.served.owner.ask("GET", "/waiting", status=200))["items"]
    assert here["triage"] == triage
    (shown,) = (await pair.queue())["items"]

    assert shown == {
        "workspaceId": pair.workspace, "title": "South", "meetingId": waiting.meeting,
        "since": "2027-03-04T12:00:00Z", "priority": "urgent", "language": "es-MX",
        "skill": "wounds", "speaks": True, "fits": False, "present": True, "devices": devices,
        "consent": False,
    }  # fmt: skip
    text = pair.hq.owner.last.text
    assert "Patricia" not in text
    assert waiting.patient not in text
    assert "pat@" not in text
    seen = await acts(pair.hq.clinic, "south", "hq.queue")
    assert [(one.actor_kind, one.actor_id) for one in seen] == [("hq", pair.hq.owner.id)]
    await pair.queue()
    assert len(await acts(pair.hq.clinic, "south", "hq.queue")) == 1


async def test_restricted_patients_are_for_their_own_team(pair: Pair) -> None:
    waiting = await pair.wait(restricted=True)

    assert await pair.meetings() == []
    await pair.hq.owner.ask("POST", pair.path(waiting), status=404)


async def test_next_goes_by_priority_time_language_and_skill(pair: Pair, clock: Clock) -> None:
    await pair.hq.owner.ask(
        "PUT", f"/hq/staff/{pair.hq.owner.id}", {"languages": ["fr"], "skills": ["Wounds"]}, 200
    )
    first = await pair.wait("first", language="en")
    clock.go(seconds=1)
    french = await pair.wait("french", language="fr-CA")
    clock.go(seconds=1)
    urgent = await pair.wait("urgent", language="en")
    unfit = await pair.wait("unfit")
    for one, triage in (
        (urgent, {"priority": "soon", "skill": "wounds"}),
        (unfit, {"priority": "urgent", "skill": "hearts"}),
    ):
        await pair.served.owner.ask("PUT", f"/meetings/{one.meeting}/triage", triage, 200)

    expected = [urgent, french, first]
    assert await pair.meetings() == [one.meeting for one in (*expected, unfit)]
    for one in expected:
        ticket = await pair.hq.owner.ask("POST", "/hq/queue/next", status=201)
        assert (ticket["meetingId"], ticket["workspaceId"]) == (one.meeting, pair.workspace)
    nobody = await pair.hq.owner.ask("POST", "/hq/queue/next", status=404)
    assert nobody["title"] == "nobody_waits"


async def test_who_takes_is_the_host_and_the_patient_is_let_in(pair: Pair) -> None:
    waiting = await pair.wait()
    ticket = await pair.hq.owner.ask("POST", pair.path(waiting), status=201)
    client = await pair.floor.join(ticket["token"])
    await pair.floor.come(waiting.person, waiting.meeting)

    here = await waiting.here()
    assert here["status"] == "live"
    own = next(one for one in here["participants"] if one["kind"] == "hq")
    assert (own["role"], own["name"], own["present"]) == ("clinician", "olga", True)
    assert ticket["identity"] == f"hq-{pair.hq.owner.id}"
    assert await pair.meetings() == []
    assert [one["meetingId"] for one in (await pair.queue())["taken"]] == [waiting.meeting]
    (there,) = await acts(pair.hq.clinic, "south", "hq.taken")
    (ours,) = await acts(pair.hq.clinic, "clinic", "hq.take")
    assert (there.object_id, there.actor_kind, there.actor_id) == (
        waiting.meeting, "hq", pair.hq.owner.id,
    )  # fmt: skip
    assert (ours.object_id, ours.detail) == (waiting.meeting, {"workspace": pair.workspace})

    await pair.floor.leave(client)
    again = await pair.hq.owner.ask("POST", pair.path(waiting), status=201)
    await pair.floor.join(again["token"])
    await pair.hq.owner.ask("DELETE", pair.path(waiting), status=204)
    assert (await waiting.here())["status"] == "ended"
    assert (await pair.queue())["taken"] == []


async def test_what_was_taken_opens_nothing_else_there(pair: Pair) -> None:
    waiting, other = await pair.wait(), await pair.wait("Quinn")
    await pair.hq.owner.ask("POST", pair.path(waiting), status=201)
    owner = pair.hq.owner

    for method, path in (
        ("DELETE", pair.path(other)),
        ("POST", pair.path(other, "/put-back")),
        ("POST", pair.path(other, "/admit")),
        ("GET", f"/meetings/{waiting.meeting}"),
        ("DELETE", f"/meetings/{waiting.meeting}"),
        ("GET", f"/patients/{waiting.patient}"),
    ):
        assert (await owner.ask(method, path))["status"] == 404, (method, path)
    assert await other.admission() == "waiting"


async def test_another_one_is_told_who_has_taken_it_and_of_nobody_else(pair: Pair) -> None:
    waiting = await pair.wait("Patricia Private")
    dan = await pair.hq.staff("dan", "clinician")
    await dan.ask("POST", pair.path(waiting), status=201)

    refused = await pair.hq.owner.ask("POST", pair.path(waiting), status=409)

    assert refused["title"] == "taken"
    assert "dan has taken" in refused["detail"]
    assert "Patricia" not in refused["detail"]
    (told,) = await acts(pair.hq.clinic, "clinic", "hq.refuse")
    assert (told.reason, told.object_id) == ("taken", waiting.meeting)


async def test_who_was_let_in_by_the_clinic_itself_waits_no_more(pair: Pair) -> None:
    waiting = await pair.wait()
    await pair.served.owner.ask("POST", f"/meetings/{waiting.meeting}/admit", status=200)

    refused = await pair.hq.owner.ask("POST", pair.path(waiting), status=409)

    assert refused["title"] == "not_waiting"


async def test_who_is_put_back_waits_for_somebody_else(pair: Pair) -> None:
    waiting = await pair.wait()
    ticket = await pair.hq.owner.ask("POST", pair.path(waiting), status=201)
    await pair.floor.join(ticket["token"])

    await pair.hq.owner.ask("POST", pair.path(waiting, "/put-back"), status=204)
    await pair.floor.settle()

    assert await waiting.admission() == "put_back"
    assert await pair.meetings() == [waiting.meeting]
    assert pair.floor.identities((await waiting.here())["room"]) == set()
    assert await pair.floor.refuses(ticket["token"]) == "403 not_admitted"
    for slug in ("clinic", "south"):
        assert len(await acts(pair.hq.clinic, slug, "hq.put_back")) == 1
    dan = await pair.hq.staff("dan", "clinician")
    await dan.ask("POST", pair.path(waiting), status=201)


async def test_a_visit_that_was_taken_comes_to_its_end_though_the_agreement_has(
    pair: Pair,
) -> None:
    waiting = await pair.wait()
    ticket = await pair.hq.owner.ask("POST", pair.path(waiting), status=201)
    await pair.floor.join(ticket["token"])
    await pair.floor.come(waiting.person, waiting.meeting)
    await pair.served.owner.ask("DELETE", f"/hq/served-by/{pair.agreement}", status=204)

    refused = await pair.hq.owner.ask("POST", pair.path(waiting))
    assert refused["status"] in (403, 404)
    await pair.hq.owner.ask("DELETE", pair.path(waiting), status=204)
    assert (await waiting.here())["status"] == "ended"


async def test_a_call_there_keeps_its_clinician_signed_in_here(pair: Pair, clock: Clock) -> None:
    waiting = await pair.wait()
    ticket = await pair.hq.owner.ask("POST", pair.path(waiting), status=201)
    pair.hq.clinic.presence.join(ticket["identity"])
    clock.go(minutes=40)

    await pair.hq.owner.ask("GET", "/hq/members", status=200)


@pytest.mark.parametrize("pairs", [10, pytest.param(50, marks=pytest.mark.long)])
async def test_of_each_pair_that_races_exactly_one_wins(
    pair: Pair, pairs: int, database: Database
) -> None:
    """Issue 8: 50 pairs of clinicians racing, on both databases: 50 single winners."""
    dan = await pair.hq.staff("dan", "clinician")
    people = (pair.hq.owner, dan)
    waiting = [await pair.wait(f"P{n}") for n in range(pairs)]
    won = dict.fromkeys((person.name for person in people), 0)

    async def take(person: Person, one: Waiting) -> int:
        answer = await person.client.request("POST", pair.path(one))
        if answer.status_code == 409:
            assert answer.json()["title"] == "taken"
        won[person.name] += answer.status_code == 201
        return answer.status_code

    for at, one in enumerate(waiting):
        order = people if at % 2 else people[::-1]
        answers = await asyncio.gather(*(take(person, one) for person in order))
        assert sorted(answers) == [201, 409]

    workspace = await pair.hq.clinic.find_workspace("south")
    async with pair.hq.clinic.store.reading(workspace.id) as tx:
        query = select(MeetingParticipant.meeting_id).where(MeetingParticipant.kind == "hq")
        taken = (await tx.session.scalars(query)).all()
    assert sorted(map(str, taken)) == sorted(one.meeting for one in waiting)
    assert len(await acts(pair.hq.clinic, "south", "hq.taken")) == pairs
    print(json.dumps({"database": database.url.get_backend_name(), "pairs": pairs, "won": won}))


async def test_two_who_ask_for_the_next_get_two(pair: Pair) -> None:
    dan = await pair.hq.staff("dan", "clinician")
    waiting = [await pair.wait(f"P{n}") for n in range(2)]

    tickets = await asyncio.gather(
        *(one.ask("POST", "/hq/queue/next", status=201) for one in (pair.hq.owner, dan))
    )

    assert {one["meetingId"] for one in tickets} == {one.meeting for one in waiting}


async def test_no_transaction_of_it_sees_two_workspaces(pair: Pair) -> None:
    waiting = await pair.wait()
    ours = await pair.hq.clinic.find_workspace("clinic")
    async with pair.hq.clinic.store.reading(ours.id) as tx:
        assert (await tx.session.scalars(select(MeetingParticipant))).all() == []
        assert [one.id for one in await tx.session.scalars(select(Workspace))] == [ours.id]
    assert await waiting.admission() == "waiting"


def test_who_waits_for_long_becomes_as_urgent_as_who_comes_with_more() -> None:
    routine = Place(uuid4(), NOON)
    urgent = Place(uuid4(), NOON + 2 * STEP, Priority.URGENT)
    for late, first in ((timedelta(0), routine), (-timedelta(seconds=1), urgent)):
        assert ordered([routine, urgent], Clinician(), NOON + 2 * STEP + late)[0] == first
