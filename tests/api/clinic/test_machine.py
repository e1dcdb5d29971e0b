"""Visits and their waiting room, whatever people do in whatever order.

Each step is carried out by the clinic on a database and by a conference; a model of a few sets says
who may be in the room, and old tokens are tried all the time.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from livekit.protocol import models

from api.clinic import entry, guests, lobby, meetings, participants, patients
from api.clinic.caller import Caller, Visit
from api.clinic.clinic import Clinic, get
from api.clinic.errors import Refusal
from api.clinic.guests import GuestKind
from api.clinic.meetings import Change, Wanted
from api.clinic.participants import Invitee
from api.clinic.passwords import Passwords
from api.clinic.patients import Fields
from api.clinic.presence import identity_of
from api.clinic.setup import make_workspace, new_staff
from api.clinic.states import status_of
from api.clinic.timekeeping import Timekeeper
from api.rules import plans
from api.rules.auditing import HERE, ActorKind, Log
from api.rules.participation import Kind, Part
from api.rules.plans import SEATS, Plan
from api.rules.private import Private
from api.rules.roles import ALLOWED, Role
from api.rules.visits import Status
from api.rules.waiting import Admission, Move
from api.store.engine import make_engine, sqlite_url
from api.store.ledger import Ledger
from api.store.models import Meeting, MeetingParticipant, Workspace
from api.store.store import Store
from tests.api.conftest import CHEAP, RING, Clock, Database, on
from tests.api.floor import Floor
from tests.harness.postgres import Postgres
from tests.signaling.stage import Client

T = TypeVar("T")
# Shrinking takes longer than a test may; a failure names its steps all the same.
SHORT = settings(
    phases=[Phase.generate],
    max_examples=10, stateful_step_count=25, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
LONG = settings(SHORT, max_examples=150, stateful_step_count=50)

people = st.integers(0, 4)
waiters = st.integers(2, 4)  # of them those who are let in


@dataclass
class Someone:
    caller: Caller
    identity: str
    is_host: bool


class Visits(RuleBasedStateMachine):
    make: Callable[[], tuple[Database, Callable[[], None]]]

    @initialize(plan=st.sampled_from([Plan.STANDARD, Plan.ADVANCED, Plan.ENTERPRISE]))
    def begin(self, plan: Plan) -> None:
        self.runner = asyncio.Runner()
        self.database, self.drop = type(self).make()
        self.clock = Clock()
        self.people: list[Someone] = []
        self.allowed: set[str] = set()  # identities for whom the door is open
        self.tokens: list[tuple[str, str, float]] = []  # identity, token, when it was made
        self.clients: dict[str, Client] = {}
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
        for row in staff:
            self._add(ActorKind.STAFF, row.id, Role.CLINICIAN)
        async with self.as_(0) as visit:
            empty = ("email", "phone", "birth_date", "language", "reference")
            named: Fields = {"name": Private("P"), "restricted": False, **dict.fromkeys(empty)}
            found = [await patients.create(visit, named) for _ in range(2)]
            guest, *_ = await guests.invite(
                visit, GuestKind.FAMILY, "G", None, timedelta(minutes=15)
            )
        for patient in found:
            self._add(ActorKind.PATIENT, patient.id)
        self._add(ActorKind.GUEST, guest.id)
        invitees = [
            Invitee(Kind.PATIENT, found[1].id, Part.PATIENT),
            Invitee(Kind.GUEST, guest.id, Part.FAMILY),
        ]
        starts = self.clock() + timedelta(minutes=20)
        async with self.as_(0) as visit:
            wanted = Wanted(starts, 30, found[0].id, tuple(invitees))
            self.id = (await meetings.create(visit, wanted)).id
        await self._set_plan(plan)

    def _add(self, kind: ActorKind, id: UUID, role: Role | None = None) -> None:
        may = ALLOWED[role] if role else frozenset()
        caller = Caller(self.workspace, kind, id, role, may)
        self.people.append(Someone(caller, identity_of(kind.value, id), role is not None))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @asynccontextmanager
    async def as_(self, number: int) -> AsyncIterator[Visit]:
        caller = self.people[number].caller
        async with self.clinic.store.writing(self.workspace, caller.actor, HERE) as tx:
            yield Visit(self.clinic, tx, caller)

    async def look(self) -> tuple[Meeting, dict[str, MeetingParticipant]]:
        async with self.clinic.store.reading(self.workspace) as tx:
            meeting = await get(tx, Meeting, self.id, "meeting")
            found = await participants.of(tx, meeting)
        return meeting, {identity_of(p.kind, p.subject_id): p for p in found}

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self._check_log())
            self.runner.close()
            self.drop()

    async def _check_log(self) -> None:
        async with self.clinic.store.reading(self.workspace) as tx:
            report = await self.clinic.store.ledger.verify(tx.session, self.workspace, Log.AUDIT)
        await self.clinic.store.close()
        assert report.problems == []

    # --- what people do

    @rule(who=waiters)
    def knock(self, who: int) -> None:
        with suppress(Refusal):
            self.run(self._do(who, lambda visit: lobby.knock(visit, self.id)))

    @rule(who=waiters)
    def go_away(self, who: int) -> None:
        self.run(self._do(who, lambda visit: lobby.leave(visit, self.id)))
        self.allowed.discard(self.people[who].identity)

    @rule(host=st.integers(0, 1), who=waiters, what=st.sampled_from(list(Move)))
    def move(self, host: int, who: int, what: Move) -> None:
        if what in (Move.KNOCK, Move.LEAVE):
            return
        identity = self.people[who].identity
        _, found = self.run(self.look())
        person = found[identity].id
        try:
            self.run(self._do(host, lambda visit: lobby.move(visit, self.id, person, what)))
        except Refusal:
            return
        (self.allowed.add if what is Move.ADMIT else self.allowed.discard)(identity)

    @rule(host=st.integers(0, 1))
    def admit_all(self, host: int) -> None:
        _, found = self.run(self.look())
        waiting = {i for i, p in found.items() if Admission(p.admission).is_waiting}
        with suppress(Refusal):
            self.run(self._do(host, lambda visit: lobby.admit_all(visit, self.id)))
            self.allowed |= waiting

    @rule(who=people)
    def ask_for_token(self, who: int) -> None:
        someone = self.people[who]
        may = someone.identity in self.allowed or someone.is_host
        try:
            ticket = self.run(self._do(who, lambda visit: entry.ticket(visit, self.id)))
        except Refusal:
            return
        assert may, "a token before being let in"
        self.allowed.add(someone.identity)
        self.tokens.append((someone.identity, ticket.token, self.clock().timestamp()))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def try_token(self, data: st.DataObject) -> None:
        """Any that there ever was: the door opens for whoever may come in, and nobody else."""
        identity, token, made = data.draw(st.sampled_from(self.tokens))
        meeting, _ = self.run(self.look())
        status, seats = self._seen(meeting)
        inside = self.floor.identities(meeting.room)
        is_fresh = self.clock().timestamp() - made <= 660
        is_on = not Status(meeting.status).is_over
        has_seat = seats is None or len(inside - {identity}) < seats
        expected = is_fresh and is_on and identity in self.allowed and has_seat
        refused = self.run(self.floor.refuses(token))
        assert (refused == "") == expected, (refused, status, identity in self.allowed, seats)

    @rule(who=people)
    def hang_up(self, who: int) -> None:
        identity = self.people[who].identity
        meeting, _ = self.run(self.look())
        room = self.floor.stage.conference.rooms.get(meeting.room)
        if room is not None and (participant := room.identities.get(identity)) is not None:
            participant.end(models.DisconnectReason.CLIENT_INITIATED, self.floor.stage.now)
            self.run(self.floor.settle())

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        self._change({"locked": locked})

    @rule(minutes=st.integers(5, 90))
    def make_longer(self, minutes: int) -> None:
        self._change({"minutes": minutes})

    @rule(minutes=st.integers(-30, 60))
    def move_it(self, minutes: int) -> None:
        self._change({"starts_at": self.clock() + timedelta(minutes=minutes)})

    @rule()
    @precondition(lambda self: self.clock.now.minute % 3 == 0)
    def end(self) -> None:
        self.run(self._do(0, lambda visit: meetings.end(visit, self.id)))

    @rule(minutes=st.integers(1, 20))
    def let_time_go(self, minutes: int) -> None:
        self.clock.go(minutes=minutes)
        self.floor.stage.wait(minutes * 60)
        self.run(self.floor.settle())
        self.run(Timekeeper(self.clinic).look(self.workspace))
        self.run(self.floor.settle())

    @rule(plan=st.sampled_from(Plan))
    def change_plan(self, plan: Plan) -> None:
        self.run(self._set_plan(plan))
        self._change({})

    @rule()
    def restart(self) -> None:
        """What the doors know is read anew."""
        meeting, _ = self.run(self.look())
        self.clinic.doors._entries.clear()
        self.run(self.clinic.doors.load(meeting.room))

    # --- what always holds

    @invariant()
    def nobody_is_inside_who_was_not_let_in(self) -> None:
        if not hasattr(self, "runner"):
            return
        meeting, found = self.run(self.look())
        inside = self.floor.identities(meeting.room)
        assert inside <= self.allowed
        assert {i for i, p in found.items() if p.admission == Admission.ADMITTED} == self.allowed
        assert inside == {i for i, p in found.items() if p.is_present}
        waiting = any(Admission(p.admission).is_waiting for p in found.values())
        status, _ = self._seen(meeting)
        assert not (status.is_over and inside)
        assert waiting or status is not Status.LOBBY
        assert not waiting or status not in (Status.SCHEDULED, Status.OPEN)
        assert meeting.plan is None or meeting.live_at is not None
        assert meeting.version >= self.version
        assert self.was_over in (None, meeting.status)
        self.version = meeting.version
        if Status(meeting.status).is_over:
            self.was_over = Status(meeting.status)

    def _seen(self, meeting: Meeting) -> tuple[Status, int | None]:
        entry = self.clinic.doors.entry(meeting.room)
        begun = plans.plan_of(meeting.plan) if meeting.plan else None
        seats = SEATS[plans.in_force(self.plan, begun)]
        assert entry is None or entry.is_over or entry.seats == seats
        return status_of(meeting, self.clock()), seats

    def _change(self, fields: dict[str, Any]) -> None:
        with suppress(Refusal):
            meeting = self.run(
                self._do(0, lambda visit: meetings.change(visit, self.id, None, Change(fields)))
            )
            if meeting.status == Status.SCHEDULED:
                self.allowed.clear()  # whoever was let in comes at its new time

    async def _do(self, who: int, what: Callable[[Visit], Coroutine[Any, Any, T]]) -> T:
        async with self.as_(who) as visit:
            done = await what(visit)
        await self.floor.settle()
        return done

    async def _set_plan(self, plan: Plan) -> None:
        async with self.clinic.store.writing(self.workspace) as tx:
            row = await tx.session.get(Workspace, self.workspace)
            assert row is not None
            row.plan = plan.value
        self.plan = plan


Make = Callable[[], tuple[Database, Callable[[], None]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """A database for each try."""
    numbers = count()

    def on_sqlite() -> tuple[Database, Callable[[], None]]:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return Database(sqlite_url(path), sqlite_url(path)), path.unlink

    def on_postgresql() -> tuple[Database, Callable[[], None]]:
        server: Postgres = request.getfixturevalue("postgres")
        name = server.create(request.getfixturevalue("postgres_template"))
        return on(server, name), lambda: server.drop(name)

    return on_sqlite if request.param == "sqlite" else on_postgresql


def of(make: Make) -> type[Visits]:
    return type("VisitsOf", (Visits,), {"make": staticmethod(make)})


def test_nobody_comes_in_before_they_are_let_in(make: Make) -> None:
    run_state_machine_as_test(of(make), settings=SHORT)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_nobody_comes_in_whatever_happens_for_long(make: Make) -> None:
    run_state_machine_as_test(of(make), settings=LONG)
