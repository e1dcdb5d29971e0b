"""Visits elsewhere, whatever people do and providers answer, in whatever order: once the providers
are well again, each has the visits that are to be there, at their times, and nothing else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

from api.clinic import meetings
from api.clinic.caller import Caller, Visit
from api.clinic.clinic import Clinic
from api.clinic.meetings import Change, Wanted
from api.clinic.passwords import Passwords
from api.clinic.providers import conferences
from api.clinic.providers.connecting import place
from api.clinic.setup import make_workspace, new_staff
from api.convener import Convener
from api.rules.auditing import HERE, ActorKind
from api.rules.plans import AUTO, Provider
from api.rules.roles import ALLOWED, Role
from api.store.engine import make_engine, sqlite_url
from api.store.ledger import Ledger
from api.store.migrate import migrate
from api.store.models import Connection, Meeting, Workspace
from api.store.store import Store
from tests.api.conftest import CHEAP, RING, Clock
from tests.api.providers import ELSEWHERE, ZOOM, Asked, Fake, Reply, Trouble, answers, use

T = TypeVar("T")
SHORT = settings(
    phases=[Phase.generate],
    max_examples=12, stateful_step_count=20, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
LONG = settings(SHORT, max_examples=200, stateful_step_count=40)
PLACES = [None, *Provider]
indexes = st.integers(0, 5)


def making(trouble: Trouble) -> Trouble:
    """For a new one alone: what a provider refuses for good stays as it was there."""
    return lambda asked: trouble(asked) if asked.method == "POST" else None


# What surely was not done; and what may have been, for those who make one thing of two requests.
SURE = {"429": answers(429, {}, retry_after="40"), "403": making(answers(403, {}))}
ILLS = ["429", "403", "500", "nonsense", "deaf", "deaf", "deaf", "well"]
UNSURE = {"500": answers(500), "nonsense": making(answers(200, b"{")), **SURE}


class Elsewhere(RuleBasedStateMachine):
    folder: ClassVar[Path]
    number: ClassVar[int] = 0

    @initialize(default=st.sampled_from([*PLACES, *ELSEWHERE]))
    def begin(self, default: Provider | None) -> None:
        type(self).number += 1
        self.runner = asyncio.Runner()
        self.clock, self.fake, self.ids = Clock(), Fake(), list[UUID]()
        self.run(self._begin(default))

    async def _begin(self, default: Provider | None) -> None:
        engine = make_engine(sqlite_url(self.folder / f"{self.number}.db"))
        await migrate(engine)
        store = Store(engine, Ledger(RING), self.clock)
        self.clinic = Clinic(store, RING, Passwords(CHEAP), lambda: self.clock().timestamp())
        use(self.clinic, self.fake)
        self.workspace = await make_workspace(self.clinic, "clinic", "Clinic")
        async with store.writing(self.workspace) as tx:
            staff = new_staff(tx, Role.OWNER)
            await tx.session.flush()
            for provider in ELSEWHERE:
                self._connect(tx, provider, staff.id)
            row = (await tx.session.scalars(select(Workspace))).one()
            row.conferencing = default.value if default else None
        self.caller = Caller(
            self.workspace, ActorKind.STAFF, staff.id, Role.OWNER, ALLOWED[Role.OWNER]
        )

    def _connect(self, tx: Any, provider: Provider, staff: UUID) -> None:
        id = tx.new_id()
        access, refresh = f"a-{provider.value}", f"r-{provider.value}"
        self.fake.access[access], self.fake.renewing[refresh] = provider, provider
        sealed = [RING.seal(token.encode(), place(id)) for token in (access, refresh)]
        tx.session.add(
            Connection(
                id=id, provider=provider.value, access=sealed[0], refresh=sealed[1],
                expires_at=tx.now + timedelta(days=30), connected_at=tx.now, connected_by=staff,
                lost_at=None,
            )
        )  # fmt: skip

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Visit]:
        async with self.clinic.store.writing(self.workspace, self.caller.actor, HERE) as tx:
            yield Visit(self.clinic, tx, self.caller)

    @rule(wanted=st.sampled_from(PLACES), hours=st.integers(40, 60))
    def make(self, wanted: Provider | None, hours: int) -> None:
        async def act() -> None:
            async with self.visit() as visit:
                starts = self.clock() + timedelta(hours=hours)
                made = await meetings.create(visit, Wanted(starts, 20, provider=wanted))
            self.ids.append(made.id)

        self.run(act())

    @rule(index=indexes, minutes=st.integers(5, 60), seconds=st.integers(0, 59))
    def move(self, index: int, minutes: int, seconds: int) -> None:
        async def act(id: UUID) -> None:
            async with self.visit() as visit:
                starts = self.clock() + timedelta(hours=50, seconds=seconds)
                await meetings.change(
                    visit, id, None, Change({"starts_at": starts, "minutes": minutes})
                )

        self._if_on(index, act)

    @rule(index=indexes, wanted=st.sampled_from([AUTO, *Provider]))
    def go_elsewhere(self, index: int, wanted: str) -> None:
        async def act(id: UUID) -> None:
            async with self.visit() as visit:
                await meetings.change(visit, id, None, Change(conferencing=wanted))

        self._if_on(index, act)

    @rule(index=indexes)
    def call_off(self, index: int) -> None:
        async def act(id: UUID) -> None:
            async with self.visit() as visit:
                await meetings.end(visit, id)

        self._if_on(index, act)

    def _if_on(self, index: int, act: Any) -> None:
        async def tried() -> None:
            if index < len(self.ids):
                async with self.visit() as visit:
                    found = await meetings.find(visit, self.ids[index])
                if not found.cancelled_at:
                    await act(self.ids[index])

        self.run(tried())

    @rule(provider=st.sampled_from(ELSEWHERE), name=st.sampled_from(ILLS))
    def fall_ill(self, provider: Provider, name: str) -> None:
        self.fake.troubles.pop(provider, None)
        if provider is ZOOM and name in SURE:
            self.fake.troubles[provider] = SURE[name]
        elif provider is not ZOOM and name in UNSURE:
            self.fake.troubles[provider] = UNSURE[name]
        elif provider is not ZOOM and name == "deaf":
            self.fake.troubles[provider] = self._deaf

    def _deaf(self, asked: Asked) -> Reply:
        """It does what was asked for, and says that it has failed."""
        troubles, self.fake.troubles = self.fake.troubles, {}
        self.fake._api(asked)
        self.fake.troubles = troubles
        return Reply(500)

    @rule(what=st.sampled_from(["end", "move", "go elsewhere"]), wanted=st.sampled_from(PLACES))
    def meanwhile(self, what: str, wanted: Provider | None) -> None:
        """Somebody changes the newest visit while a provider is asked the next time."""

        async def act() -> None:
            async with self.visit() as visit:
                newest = select(Meeting).order_by(Meeting.created_at.desc(), Meeting.id.desc())
                found = (await visit.tx.session.scalars(newest.limit(1))).one()
                if found.cancelled_at is not None:
                    return
                match what:
                    case "end":
                        await meetings.end(visit, found.id)
                    case "move":
                        change = Change({"minutes": found.minutes + 5})
                        await meetings.change(visit, found.id, None, change)
                    case _:
                        change = Change(conferencing=wanted or AUTO)
                        await meetings.change(visit, found.id, None, change)

        self.fake.meanwhile = act

    @rule(seconds=st.integers(1, 100))
    def wait(self, seconds: int) -> None:
        self.clock.go(seconds=seconds)
        self.run(Convener(self.clinic).go_round())

    def teardown(self) -> None:
        if not hasattr(self, "clinic"):
            return
        self.fake.troubles.clear()
        self.fake.meanwhile = None
        for _ in range(3):
            self.clock.go(minutes=31)
            self.run(Convener(self.clinic).go_round())
        self.run(self._compare())
        self.run(self.clinic.store.close())
        self.runner.close()

    async def _compare(self) -> None:
        expected: dict[Provider, Counter[tuple[str, int]]] = {p: Counter() for p in ELSEWHERE}
        async with self.clinic.store.reading(self.workspace) as tx:
            visit = Visit(self.clinic, tx, self.caller)
            for meeting in await tx.session.scalars(select(Meeting)):
                row = await conferences.current(visit.tx, meeting)
                if row is None or row.state == "failed":
                    continue
                assert row.state == "ready", row.reason
                begins = meeting.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
                expected[Provider(row.provider)][begins, meeting.minutes] += 1
        assert {
            p: Counter(map(self._times, self.fake.meetings[p].values())) for p in ELSEWHERE
        } == (expected)
        assert self.fake.wrong == []

    @staticmethod
    def _times(found: dict[str, Any]) -> tuple[str, int]:
        if "start_time" in found:
            return found["start_time"], found["duration"]
        begins = found["start"]["dateTime"] if "start" in found else found["startDateTime"]
        ends = found["end"]["dateTime"] if "end" in found else found["endDateTime"]
        length = datetime.fromisoformat(ends) - datetime.fromisoformat(begins)
        return begins, int(length.total_seconds() // 60)


def test_providers_have_what_is_to_be_there(tmp_path: Path) -> None:
    Elsewhere.folder = tmp_path
    run_state_machine_as_test(Elsewhere, settings=SHORT)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_providers_have_what_is_to_be_there_at_length(tmp_path: Path) -> None:
    Elsewhere.folder = tmp_path
    run_state_machine_as_test(Elsewhere, settings=LONG)
