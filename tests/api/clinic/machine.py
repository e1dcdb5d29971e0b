"""What the machine of visits and consent stands on: a clinic, its people, a room, and the model of
a few sets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from api.clinic import guests, meetings, participants, patients
from api.clinic.caller import Caller, Visit
from api.clinic.clinic import Clinic, get
from api.clinic.errors import Refusal
from api.clinic.guests import GuestKind
from api.clinic.meetings import Wanted
from api.clinic.participants import Invitee
from api.clinic.passwords import Passwords
from api.clinic.patients import Fields
from api.clinic.policies import Shown, built_in
from api.clinic.presence import identity_of
from api.clinic.setup import make_workspace, new_staff
from api.rules.auditing import HERE, ActorKind, Log
from api.rules.participation import Kind, Part
from api.rules.plans import Plan
from api.rules.private import Private
from api.rules.roles import ALLOWED, Role
from api.rules.visits import Status
from api.store.engine import make_engine
from api.store.ledger import Ledger
from api.store.models import Meeting, MeetingParticipant, Workspace
from api.store.store import Store
from recorder.consent import Scope
from tests.api.conftest import CHEAP, RING, Clock, Database
from tests.api.floor import Floor

T = TypeVar("T")

SCRIBE = "agent-scribe"  # a program that listens
LATE = (5, 6)  # a patient and a guest who take part when they are added
people = st.integers(0, 6)
waiters = st.integers(2, 6)  # of them those who are let in
hosts = st.integers(0, 1)  # the second one takes part when they ask for a token


@dataclass
class Someone:
    caller: Caller
    identity: str
    is_host: bool
    invitee: Invitee


@dataclass(frozen=True)
class Word:
    """What somebody has said to being recorded."""

    identity: str
    scopes: frozenset[Scope]
    is_given: bool
    policy: int


class Machine(RuleBasedStateMachine):
    make: Callable[[], tuple[Database, Callable[[], None]]]

    def start(self, plan: Plan) -> None:
        self.runner = asyncio.Runner()
        self.database, self.drop = type(self).make()
        self.clock = Clock()
        self.people: list[Someone] = []
        self.allowed: set[str] = set()  # identities for whom the door is open
        self.tokens: list[tuple[str, str, float]] = []  # identity, token, when it was made
        self.said: list[Word] = []
        self.texts: list[Shown] = [one for one in built_in() if one.language == "en"]
        self.was_over: Status | None = None
        self.version = 0
        self.run(self._begin(plan))

    async def _begin(self, plan: Plan) -> None:
        store = Store(make_engine(self.database.url), Ledger(RING), self.clock)
        self.clinic = Clinic(store, RING, Passwords(CHEAP), lambda: self.clock().timestamp())
        self.floor = Floor(self.clinic)
        self.workspace = await make_workspace(self.clinic, "clinic", "Clinic")
        staff = []
        async with store.writing(self.workspace) as tx:
            staff = [new_staff(tx, Role.CLINICIAN) for _ in range(2)]
            owner = new_staff(tx, Role.OWNER)
        self.owner = self._caller(ActorKind.STAFF, owner.id, Role.OWNER)
        for row in staff:
            self._add(Invitee(Kind.STAFF, row.id, Part.CLINICIAN), Role.CLINICIAN)
        async with self.as_(0) as visit:
            empty = ("email", "phone", "birth_date", "language", "reference")
            named: Fields = {"name": Private("P"), "restricted": False, **dict.fromkeys(empty)}
            found = [await patients.create(visit, named) for _ in range(3)]
            family = [
                (await guests.invite(visit, GuestKind.FAMILY, "G", None, timedelta(minutes=15)))[0]
                for _ in range(2)
            ]
        first, second, late = (Invitee(Kind.PATIENT, one.id, Part.PATIENT) for one in found)
        guest, late_guest = (Invitee(Kind.GUEST, one.id, Part.FAMILY) for one in family)
        for invitee in (first, second, guest, late, late_guest):
            self._add(invitee)
        starts = self.clock() + timedelta(minutes=10)  # it is open
        async with self.as_(0) as visit:
            wanted = Wanted(starts, 45, first.id, (second, guest))
            self.id = (await meetings.create(visit, wanted)).id
        await self.set_plan(plan)

    def _add(self, invitee: Invitee, role: Role | None = None) -> None:
        caller = self._caller(ActorKind(invitee.kind.value), invitee.id, role)
        identity = identity_of(invitee.kind.value, invitee.id)
        self.people.append(Someone(caller, identity, role is not None, invitee))

    def _caller(self, kind: ActorKind, id: UUID, role: Role | None = None) -> Caller:
        return Caller(self.workspace, kind, id, role, ALLOWED[role] if role else frozenset())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @asynccontextmanager
    async def as_(self, who: int | Caller) -> AsyncIterator[Visit]:
        """One of the people, or somebody else."""
        caller = who if isinstance(who, Caller) else self.people[who].caller
        async with self.clinic.store.writing(self.workspace, caller.actor, HERE) as tx:
            yield Visit(self.clinic, tx, caller)

    async def look(self) -> tuple[Meeting, dict[str, MeetingParticipant]]:
        async with self.clinic.store.reading(self.workspace) as tx:
            meeting = await get(tx, Meeting, self.id, "meeting")
            found = await participants.of(tx, meeting)
        return meeting, {identity_of(p.kind, p.subject_id): p for p in found}

    def inside(self, room: str) -> set[str]:
        """The people who are there."""
        return self.floor.identities(room) - {SCRIBE}

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self._check_log())
            self.runner.close()
            self.drop()

    async def _check_log(self) -> None:
        async with self.clinic.store.reading(self.workspace) as tx:
            verify = self.clinic.store.ledger.verify
            reports = [await verify(tx.session, self.workspace, log) for log in Log]
        await self.clinic.store.close()
        assert [report.problems for report in reports] == [[], []]
        assert reports[0].entries > len(self.said)

    async def do(self, who: int | Caller, what: Callable[[Visit], Coroutine[Any, Any, T]]) -> T:
        async with self.as_(who) as visit:
            done = await what(visit)
        await self.floor.settle()
        return done

    def attempt(
        self, who: int | Caller, what: Callable[[Visit], Coroutine[Any, Any, T]]
    ) -> tuple[T | None, str | None]:
        """What came of it, or why it was refused."""
        try:
            return self.run(self.do(who, what)), None
        except Refusal as refusal:
            return None, refusal.kind

    async def set_plan(self, plan: Plan) -> None:
        async with self.clinic.store.writing(self.workspace) as tx:
            row = await tx.session.get(Workspace, self.workspace)
            assert row is not None
            row.plan = plan.value
        self.plan = plan
