"""Visits, their waiting room and consent, whatever people do in whatever order.

Each step is carried out by the clinic on a database and by a conference; a model of a few sets says
who may be in the room, and of whom what may be recorded. Old tokens are tried all the time.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from livekit.protocol import models, room, rtc

from api.clinic import entry, lobby, meetings
from api.clinic.errors import Missing, Refusal
from api.clinic.meetings import Change
from api.clinic.participants import Invitee
from api.clinic.states import status_of
from api.clinic.timekeeping import Timekeeper
from api.rules import plans
from api.rules.plans import SEATS, Plan
from api.rules.visits import Status
from api.rules.waiting import Admission, Move
from api.store.engine import sqlite_url
from api.store.models import Meeting
from signaling.administration import Failure
from signaling.admission import Refused
from signaling.admission import Visit as Comer
from signaling.participant import Participant
from signaling.room import Room
from signaling.tokens import Claims, VideoGrant, mint
from tests.api.clinic.consents import Consents
from tests.api.clinic.machine import LATE, hosts, people, waiters
from tests.api.conftest import Database, on
from tests.harness.postgres import Postgres
from tests.signaling.stage import KEYS, wrap

# Shrinking takes longer than a test may; a failure names its steps all the same.
SHORT = settings(
    phases=[Phase.generate],
    max_examples=10, stateful_step_count=25, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
LONG = settings(SHORT, max_examples=150, stateful_step_count=50)
PROGRAMS = [
    {"recorder": True},
    {"hidden": True},
    {"agent": True},
    {"hidden": True, "recorder": True},
]


class Visits(Consents):
    @initialize(
        plan=st.sampled_from([Plan.STANDARD, Plan.ADVANCED, Plan.ENTERPRISE]), is_live=st.booleans()
    )
    def begin(self, plan: Plan, is_live: bool) -> None:
        self.start(plan)
        if is_live:
            self.meet(2)

    # --- what people do

    @rule(who=waiters)
    def knock(self, who: int) -> None:
        with suppress(Refusal):
            self.run(self.do(who, lambda visit: lobby.knock(visit, self.id)))

    @rule(who=waiters)
    def go_away(self, who: int) -> None:
        with suppress(Missing):  # who has not been added yet
            self.run(self.do(who, lambda visit: lobby.leave(visit, self.id)))
        self.allowed.discard(self.people[who].identity)

    @rule(host=hosts, who=waiters, what=st.sampled_from(list(Move)))
    def move(self, host: int, who: int, what: Move) -> None:
        if what in (Move.KNOCK, Move.LEAVE, Move.VANISH):
            return
        identity = self.people[who].identity
        _, found = self.run(self.look())
        if identity not in found:
            return
        person = found[identity].id
        try:
            self.run(self.do(host, lambda visit: lobby.move(visit, self.id, person, what)))
        except Refusal:
            return
        (self.allowed.add if what is Move.ADMIT else self.allowed.discard)(identity)

    @rule(host=hosts)
    def admit_all(self, host: int) -> None:
        _, found = self.run(self.look())
        waiting = {i for i, p in found.items() if Admission(p.admission).is_waiting}
        with suppress(Refusal):
            self.run(self.do(host, lambda visit: lobby.admit_all(visit, self.id)))
            self.allowed |= waiting

    @rule(who=people)
    def ask_for_token(self, who: int) -> None:
        someone = self.people[who]
        may = someone.identity in self.allowed or someone.is_host
        try:
            ticket = self.run(self.do(who, lambda visit: entry.ticket(visit, self.id)))
        except Refusal:
            return
        assert may, "a token before being let in"
        self.allowed.add(someone.identity)
        meeting, found = self.run(self.look())
        inside, (_, seats) = self.inside(meeting.room), self._seen(meeting)
        assert someone.identity in inside or seats is None or len(inside) < seats
        assert found[someone.identity].admission == Admission.ADMITTED
        self.tokens.append((someone.identity, ticket.token, self.clock().timestamp()))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def try_token(self, data: st.DataObject) -> None:
        """Any that there ever was: the door opens for whoever may come in, and nobody else."""
        self._try(*data.draw(st.sampled_from(self.tokens)))

    @rule(who=people)
    def come(self, who: int) -> None:
        """By a token of this moment."""
        before = len(self.tokens)
        self.ask_for_token(who)
        if len(self.tokens) > before:
            self._try(*self.tokens[-1])

    @rule(who=waiters)
    def meet(self, who: int) -> None:
        self.come(0)
        self.knock(who)
        self.move(0, who, Move.ADMIT)
        self.come(who)

    def _try(self, identity: str, token: str, made: float) -> None:
        meeting, _ = self.run(self.look())
        status, seats = self._seen(meeting)
        inside = self.inside(meeting.room)
        is_fresh = self.clock().timestamp() - made <= 660
        is_on = not Status(meeting.status).is_over
        has_seat = seats is None or len(inside - {identity}) < seats
        expected = is_fresh and is_on and identity in self.allowed and has_seat
        refused = self.run(self.floor.refuses(token))
        assert (refused == "") == expected, (refused, status, identity in self.allowed, seats)

    @rule(who=people, grant=st.sampled_from(PROGRAMS))
    def come_as_a_program(self, who: int, grant: dict[str, bool]) -> None:
        """By a token that only an operator's key could sign."""
        meeting, _ = self.run(self.look())
        video = replace(VideoGrant(room_join=True, room=meeting.room), **grant)  # type: ignore[arg-type]
        refused = self.run(self.floor.refuses(self._sign(self.people[who].identity, video)))
        assert refused, "a person in the place of a program"

    @rule(who=people, method=st.sampled_from(["MoveParticipant", "ForwardParticipant"]))
    def be_brought(self, who: int, method: str) -> None:
        """From another room into the visit's."""
        meeting, _ = self.run(self.look())
        identity = self.people[who].identity
        elsewhere = VideoGrant(room_join=True, room="hall")
        self.run(self.floor.join(self._sign(identity, elsewhere)))
        asked = room.MoveParticipantRequest(
            room="hall", identity=identity, destination_room=meeting.room
        )
        before = self.inside(meeting.room)
        with suppress(Failure):
            self.run(self.floor.administer(f"RoomService/{method}", asked))
            assert identity in self.allowed | before
        if "hall" in self._rooms:
            self.run(self.floor.end_calls("hall"))

    @rule(who=people, grant=st.sampled_from(PROGRAMS))
    def be_promoted(self, who: int, grant: dict[str, bool]) -> None:
        meeting, _ = self.run(self.look())
        identity = self.people[who].identity
        permission = models.ParticipantPermission(can_publish=True, can_subscribe=True)
        for right in grant:
            setattr(permission, right, True)
        asked = room.UpdateParticipantRequest(
            room=meeting.room, identity=identity, permission=permission
        )
        with pytest.raises(Failure):
            self.run(self.floor.administer("RoomService/UpdateParticipant", asked))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), query=st.sampled_from([{}, {"publish": "1"}]))
    def resume(self, data: st.DataObject, query: dict[str, str]) -> None:
        """Whoever was in, or was not, with any token there ever was."""
        _, token, _ = data.draw(st.sampled_from(self.tokens))
        asked = {"access_token": token, **query}
        if not query:
            asked["join_request"] = wrap(rtc.JoinRequest(reconnect=True))
        with suppress(Refused):
            self.floor.stage.enter(Comer(single=not query, query=asked))
        self.run(self.floor.settle())

    @rule(who=st.sampled_from(LATE))
    def add_somebody(self, who: int) -> None:
        self._change({}, add=(self.people[who].invitee,))

    @rule(who=waiters)
    def look_at_place(self, who: int) -> None:
        """As an open page does."""
        with suppress(Refusal):
            self.run(self.do(who, lambda visit: lobby.place(visit, self.id)))

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

    @rule(minutes=st.integers(-10, 20))
    def move_it(self, minutes: int) -> None:
        self._change({"starts_at": self.clock() + timedelta(minutes=minutes)})

    @rule()
    @precondition(lambda self: self.clock.now.minute > 25)
    def end(self) -> None:
        self.run(self.do(0, lambda visit: meetings.end(visit, self.id)))

    @rule(seconds=st.sampled_from([20, 61, 180, 700]))
    def let_time_go(self, seconds: int) -> None:
        """Whose page is closed is away after the second of them."""
        self.clock.go(seconds=seconds)
        self.floor.stage.wait(seconds)
        self.run(self.floor.settle())
        self.run(Timekeeper(self.clinic).look(self.workspace))
        self.run(self.floor.settle())

    @rule(plan=st.sampled_from(Plan))
    def change_plan(self, plan: Plan) -> None:
        self.run(self.set_plan(plan))
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
        inside = self.inside(meeting.room)
        assert inside <= self.allowed
        assert {i for i, p in found.items() if p.admission == Admission.ADMITTED} == self.allowed
        assert not any(p.is_hidden or p.is_recorder for p in self._persons(meeting.room))
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

    @property
    def _rooms(self) -> dict[str, Room]:
        return self.floor.stage.conference.rooms

    def _persons(self, name: str) -> list[Participant]:
        known = {someone.identity for someone in self.people}
        inside = self._rooms[name].participants.values() if name in self._rooms else ()
        return [one for one in inside if one.identity in known]

    def _sign(self, identity: str, video: VideoGrant) -> str:
        claims = Claims(identity=identity, video=video)
        return mint(claims, *next(iter(KEYS.items())), now=self.clock().timestamp())

    def _change(self, fields: dict[str, Any], add: tuple[Invitee, ...] = ()) -> None:
        change = Change(fields, add=add)
        with suppress(Refusal):
            meeting = self.run(
                self.do(0, lambda visit: meetings.change(visit, self.id, None, change))
            )
            if meeting.status == Status.SCHEDULED:
                self.allowed.clear()  # whoever was let in comes at its new time


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
