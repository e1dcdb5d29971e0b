"""The part of the machine that is about consent: answers, withdrawals, notes of what was said, new
texts, and what may be recorded by all that."""

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from api.clinic import consenting, policies, receipts, recording
from api.clinic.caller import Caller
from api.clinic.consenting import Method, Said
from api.clinic.errors import Refusal
from api.clinic.presence import identity_of
from api.clinic.states import status_of
from api.rules import plans
from api.rules.auditing import ActorKind
from api.rules.plans import Feature
from api.rules.roles import SCOPES
from api.rules.visits import Status
from api.store.models import Meeting
from recorder.consent import Scope, may_record, missing
from signaling.tokens import Claims, VideoGrant, mint
from tests.api.clinic.machine import SCRIBE, Machine, Word, hosts, people
from tests.signaling.stage import KEYS

LISTENING = (Scope.TRANSCRIPT, Scope.AI)
scopes = st.frozensets(st.sampled_from(Scope), min_size=1)


class Consents(Machine):
    @rule(who=people, scopes=scopes, gives=st.booleans(), back=st.integers(0, 1))
    def say(self, who: int, scopes: frozenset[Scope], gives: bool, back: int) -> None:
        """Oneself, to the text in force or to the one before it."""
        _, found = self.run(self.look())
        takes_part = self.people[who].identity in found
        self._say(who, who, None, scopes, gives, Method.CLICK, back, takes_part)

    @rule(gives=st.booleans())
    def all_say(self, gives: bool) -> None:
        """Those who are there, to everything."""
        _, found = self.run(self.look())
        for who, someone in enumerate(self.people):
            if someone.identity in found and found[someone.identity].is_present:
                self._say(who, who, None, frozenset(Scope), gives, Method.CLICK, 0, may=True)

    @rule(
        host=hosts, who=people, scopes=scopes, gives=st.booleans(),
        method=st.sampled_from(Method),
    )  # fmt: skip
    def note(
        self, host: int, who: int, scopes: frozenset[Scope], gives: bool, method: Method
    ) -> None:
        """What somebody has said, or has signed."""
        _, found = self.run(self.look())
        person = found.get(self.people[who].identity)
        if person is None:
            return
        is_host = self.people[host].identity in found
        may = host == who or (is_host and not (gives and method is Method.CLICK))
        self._say(host, who, person.id, scopes, gives, method, 0, may)

    def _say(
        self, speaker: int, who: int, person: UUID | None, scopes: frozenset[Scope], gives: bool,
        method: Method, back: int, may: bool,
    ) -> None:  # fmt: skip
        text = self.texts[-1 - min(back, len(self.texts) - 1)]
        said = Said(self.id, person, scopes, gives, text.version, text.hash, text.language, method)
        expected = may and (not gives or text == self.texts[-1])
        _, refused = self.attempt(speaker, lambda visit: consenting.say(visit, said))
        assert (refused is None) == expected, refused
        if expected:
            identity = self.people[who].identity
            self.said.append(Word(identity, scopes, gives, text.version))

    @rule()
    def publish(self) -> None:
        """A new text: from now on nobody has agreed."""
        words = {"en": f"Text {len(self.texts)}", "de": "Text"}
        made = self.run(self.do(self.owner, lambda visit: policies.publish(visit, words)))
        self.texts += [one for one in made if one.language == "en"]

    @rule(scopes=scopes)
    def record(self, scopes: frozenset[Scope]) -> None:
        """A program asks for its token; with one it is in, and nobody's place."""
        key = Caller(self.workspace, ActorKind.KEY, uuid4(), None, SCOPES)
        meeting, found = self.run(self.look())
        expected = self._refusal(meeting, {i for i, p in found.items() if p.is_present}, scopes)
        ticket, refused = self.attempt(
            key, lambda visit: recording.ticket(visit, self.id, sorted(scopes))
        )
        assert refused == expected
        if ticket is not None:
            client = self.run(self.floor.join(ticket.token))
            self.run(self.floor.leave(client))

    def _refusal(self, meeting: Meeting, present: set[str], wanted: frozenset[Scope]) -> str | None:
        if status_of(meeting, self.clock()) is not Status.LIVE:
            return "not_live"
        begun = plans.plan_of(meeting.plan) if meeting.plan else None
        if Feature.RECORDING not in plans.FEATURES[plans.in_force(self.plan, begun)]:
            return "plan_required"
        agreed = all(self._agrees(one, scope) for one in present for scope in wanted)
        return None if agreed else "consent_missing"

    def _agrees(self, identity: str, scope: Scope) -> bool:
        """The model: the last word counts, if it was a yes to the text in force."""
        said = [w for w in self.said if w.identity == identity and scope in w.scopes]
        return bool(said) and said[-1].is_given and said[-1].policy == self.texts[-1].version

    @rule()
    def listen(self) -> None:
        """A program comes by a token that only an operator's key could sign, and stays."""
        meeting, _ = self.run(self.look())
        video = VideoGrant(room_join=True, room=meeting.room, agent=True)
        claims = Claims(identity=SCRIBE, kind="agent", video=video)
        token = mint(claims, *next(iter(KEYS.items())), now=self.clock().timestamp())
        expected = self._may_listen() and not Status(meeting.status).is_over
        assert (self.run(self.floor.refuses(token)) == "") == expected

    def _may_listen(self) -> bool:
        """Nobody who is let in, or may come back, has not agreed."""
        agreed = (self._agrees(one, scope) for one in self.allowed for scope in LISTENING)
        return bool(self.allowed) and all(agreed)

    @invariant()
    def no_program_hears_who_has_not_agreed(self) -> None:
        if hasattr(self, "runner"):
            meeting, _ = self.run(self.look())
            assert SCRIBE not in self.floor.identities(meeting.room) or self._may_listen()

    @rule(who=people)
    def view(self, who: int) -> None:
        """Staff see what may be recorded of whom, others their own."""
        with suppress(Refusal):
            found = self.run(self.do(who, lambda visit: consenting.standings(visit, self.id)))
            for one in found.people:
                identity = identity_of(one.person.kind, one.person.subject_id)
                assert one.scopes == [s for s in Scope if self._agrees(identity, s)]
            own = self.people[who]
            shown = [word for word in self.said if own.is_host or word.identity == own.identity]
            assert len(found.receipts) == len(shown)
            assert own.is_host or len(found.people) == 1

    @invariant()
    def what_was_said_stays_and_decides(self) -> None:
        if not hasattr(self, "runner"):
            return
        rows, said, policy, found = self.run(self._read_consent())
        kept = [
            Word(
                identity_of(row.kind, row.subject_id),
                frozenset(Scope(scope) for scope in row.scopes.split()), row.given,
                row.policy_version,
            )
            for row in rows
        ]  # fmt: skip
        assert kept == self.said
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert policy == self.texts[-1].version
        present = [identity for identity, person in found.items() if person.is_present]
        for scope in Scope:
            for identity in found:
                agrees = self._agrees(identity, scope)
                assert may_record(said, identity, scope=scope, policy=policy) == agrees
            silent = [one for one in present if not self._agrees(one, scope)]
            assert missing(said, present, scope=scope, policy=policy) == silent

    async def _read_consent(self) -> Any:
        async with self.clinic.store.reading(self.workspace) as tx:
            rows = await receipts.rows_of(tx, self.id)
            said = await receipts.receipts_of(tx, self.id)
            policy = await policies.version_in_force(tx)
        return rows, said, policy, (await self.look())[1]
