"""What becomes of visits at other providers: moved, called off, invited to, and asked for again."""

from typing import Any

import pytest
from sqlalchemy import select

from api.clinic.signer import Signer
from api.convener import Convener
from api.rules.plans import Provider
from api.store.models import Conference, Connection
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.providers import (
    ELSEWHERE,
    GOOGLE,
    TEAMS,
    ZOOM,
    Asked,
    Fake,
    Reply,
    answers,
    connect,
    use,
)
from tests.api.rest.test_conferencing import AT_ONE, visit_at
from tests.api.rest.test_inviting import letters
from tests.api.rest.test_meetings import patient_in, patient_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def fake(north: House) -> Fake:
    """All three."""
    fake = Fake()
    use(north.clinic, fake)
    return fake


def times_of(fake: Fake, provider: Provider) -> tuple[str, str]:
    """What the provider knows of the only visit there: its beginning, and its end or length."""
    (found,) = fake.meetings[provider].values()
    match provider:
        case Provider.GOOGLE_MEET:
            return found["start"]["dateTime"], found["end"]["dateTime"]
        case Provider.MICROSOFT_TEAMS:
            return found["startDateTime"], found["endDateTime"]
    return found["start_time"], str(found["duration"])


@pytest.mark.parametrize("provider", ELSEWHERE)
async def test_another_time_and_an_end_reach_the_provider(
    north: House, fake: Fake, provider: Provider
) -> None:
    await connect(north, fake, provider)
    made = await visit_at(north.owner, provider.value)
    path = f"/meetings/{made['id']}"
    moved = {"startsAt": "2027-03-28T01:30:00+01:00", "duration": 45}
    seen = await north.owner.ask("PATCH", path, moved, 200)

    assert seen["joinUrl"] == made["joinUrl"]
    end = "45" if provider is ZOOM else "2027-03-28T01:15:00Z"
    assert times_of(fake, provider) == ("2027-03-28T00:30:00Z", end)
    gone = await north.owner.ask("DELETE", path, status=200)
    assert (gone["status"], gone["joinUrl"]) == ("cancelled", None)
    assert gone["conference"]["state"] == "gone"
    assert fake.meetings[provider] == {}
    await north.owner.ask("DELETE", path, status=200)
    assert fake.wrong == []


async def test_a_change_that_the_provider_does_not_take_yet_is_told_and_repeated(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, ZOOM)
    made = await visit_at(north.owner, "zoom")
    path = f"/meetings/{made['id']}"
    fake.troubles[ZOOM] = answers(500)
    seen = await north.owner.ask("PATCH", path, {"startsAt": "2027-03-04T15:00:00Z"}, 200)
    assert (seen["conference"]["state"], seen["conference"]["reason"]) == ("ready", "broken")
    assert seen["joinUrl"] == made["joinUrl"]
    fake.troubles.clear()
    clock.go(seconds=30)
    await Convener(north.clinic).go_round()
    assert times_of(fake, ZOOM) == ("2027-03-04T15:00:00Z", "20")

    fake.troubles[ZOOM] = answers(0)
    use(north.clinic, fake, longest=0.2)
    gone = await north.owner.ask("DELETE", path, status=200)
    assert gone["status"] == "cancelled"
    fake.troubles.clear()
    clock.go(seconds=30)
    await Convener(north.clinic).go_round()
    assert fake.meetings[ZOOM] == {}


async def test_what_somebody_deletes_there_is_told_and_can_be_made_anew(
    north: House, fake: Fake
) -> None:
    await connect(north, fake, GOOGLE)
    made = await visit_at(north.owner, "google_meet")
    fake.meetings[GOOGLE].clear()
    path = f"/meetings/{made['id']}"
    seen = await north.owner.ask("PATCH", path, {"duration": 30}, 200)
    told = seen["conference"]
    assert (told["state"], told["reason"], seen["joinUrl"]) == ("failed", "gone", None)

    again = await north.owner.ask("PATCH", path, {"conferencing": "google_meet"}, 200)
    assert (again["conference"]["state"], again["conference"]["reason"]) == ("ready", None)
    assert again["joinUrl"] != made["joinUrl"]


async def test_a_visit_that_goes_elsewhere_leaves_nothing_behind(north: House, fake: Fake) -> None:
    await connect(north, fake, ZOOM, TEAMS)
    made = await visit_at(north.owner, "zoom")
    path = f"/meetings/{made['id']}"
    seen = await north.owner.ask("PATCH", path, {"conferencing": "microsoft_teams"}, 200)
    assert (seen["provider"], fake.meetings[ZOOM]) == ("microsoft_teams", {})
    assert len(fake.meetings[TEAMS]) == 1
    same = await north.owner.ask("PATCH", path, {"conferencing": "microsoft_teams"}, 200)
    assert same["joinUrl"] == seen["joinUrl"]
    back = await north.owner.ask("PATCH", path, {"conferencing": "auto"}, 200)
    assert (back["provider"], back["conferencing"]) == ("livekit", "auto")
    assert fake.meetings[TEAMS] == {}


async def test_elsewhere_there_is_no_waiting_room_and_nobody_is_said_to_be_missing(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, TEAMS)
    patient = await patient_of(north)
    made = await visit_at(north.owner, "microsoft_teams", patientId=patient)
    path = f"/meetings/{made['id']}"
    clock.go(minutes=50)
    await north.owner.sign_in()
    pat = await patient_in(north, patient)
    for person, method, where, body in (
        (north.owner, "POST", "/livekit/token", {"meetingId": made["id"]}),
        (pat, "POST", f"{path}/place", None),
        (north.owner, "POST", f"{path}/admit", None),
    ):
        assert (await person.ask(method, where, body, 409))["title"] == "other_provider"
    assert (await pat.ask("GET", path, status=200))["joinUrl"] == made["joinUrl"]
    clock.go(minutes=70)
    await north.owner.sign_in()
    assert (await north.owner.ask("GET", path, status=200))["status"] == "ended"


async def test_what_has_begun_elsewhere_is_ended_not_called_off(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, TEAMS)
    made = await visit_at(north.owner, "microsoft_teams")
    clock.go(minutes=61)
    await north.owner.sign_in()
    ended = await north.owner.ask("DELETE", f"/meetings/{made['id']}", status=200)
    assert ended["status"] == "ended"


async def test_calls_at_once_are_always_here(north: House, fake: Fake) -> None:
    north.clinic.signer = Signer("key", "secret")
    await connect(north, fake, ZOOM)
    await north.owner.ask("PATCH", "/workspace", {"conferencing": "zoom"}, 200)
    body = {"kind": "patient", "id": await patient_of(north)}
    await north.owner.ask("POST", "/calls/generate-token", body, 201)
    assert fake.counts["make zoom"] == 0


async def test_a_request_that_comes_twice_makes_one_conference(north: House, fake: Fake) -> None:
    await connect(north, fake, ZOOM)
    body = AT_ONE | {"conferencing": "zoom"}
    one, two = [
        await north.owner.ask("POST", "/meetings", body, 201, idempotency_key="k") for _ in range(2)
    ]
    assert one == two
    assert fake.counts["make zoom"] == 1


async def test_an_answer_that_is_lost_makes_no_second_conference(
    north: House, fake: Fake, clock: Clock
) -> None:
    """Where the provider lets us name it; elsewhere it is not asked for again."""
    for provider in ELSEWHERE:
        await connect(north, fake, provider)
        use(north.clinic, fake, longest=0.3)
        fake.troubles[provider] = deaf(fake, provider)
        made = await visit_at(north.owner, provider.value)
        assert made["conference"]["reason"] == "silent"
        fake.troubles.clear()
        clock.go(seconds=31)
        await Convener(north.clinic).go_round()
        seen = await north.owner.ask("GET", f"/meetings/{made['id']}", status=200)
        expected = "failed" if provider is ZOOM else "ready"
        assert seen["conference"]["state"] == expected
        assert fake.counts[f"make {provider.value}"] == 1
        assert len(fake.meetings[provider]) == 1


def deaf(fake: Fake, provider: Provider) -> Any:
    """It does what was asked for, and its answer never comes."""

    def trouble(asked: Asked) -> Reply:
        del fake.troubles[provider]
        fake._api(asked)
        fake.troubles[provider] = trouble
        return Reply(0)

    return trouble


async def test_a_conference_that_google_makes_later_is_waited_for(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, GOOGLE)
    fake.pending = 2
    made = await visit_at(north.owner, "google_meet")
    assert made["conference"]["state"] == "ready"

    fake.pending = 100
    made = await visit_at(north.owner, "google_meet")
    assert (made["conference"]["state"], made["conference"]["reason"]) == ("waiting", "broken")
    fake.pending = 0
    clock.go(seconds=30)
    await Convener(north.clinic).go_round()
    seen = await north.owner.ask("GET", f"/meetings/{made['id']}", status=200)
    assert seen["conference"]["state"] == "ready"
    assert fake.counts["make google_meet"] == 2


async def test_what_a_gone_process_has_left_is_taken_up(
    north: House, fake: Fake, clock: Clock
) -> None:
    """It had asked, and was killed before it could write down the answer."""
    await connect(north, fake, GOOGLE, ZOOM)
    (workspace,) = await north.clinic.workspaces()
    ids = {}
    for provider in (GOOGLE, ZOOM):
        fake.troubles[provider] = answers(401)
        ids[provider] = (await visit_at(north.owner, provider.value))["id"]
    async with north.clinic.store.writing(workspace.id) as tx:
        for row in await tx.session.scalars(select(Conference)):
            row.claimed_at, row.next_at = tx.now, tx.now
        for account in await tx.session.scalars(select(Connection)):
            account.lost_at = None
    fake.troubles.clear()
    convener = Convener(north.clinic)
    await convener.go_round()
    assert fake.counts["make google_meet"] == 0  # the other one may still be at it

    clock.go(minutes=3)
    await convener.go_round()
    states = {}
    for provider, id in ids.items():
        seen = await north.owner.ask("GET", f"/meetings/{id}", status=200)
        states[provider] = (seen["conference"]["state"], seen["conference"]["reason"])
    assert states == {GOOGLE: ("ready", None), ZOOM: ("failed", "unknown")}


async def test_a_program_that_may_make_visits_alone_is_told_of_its_link(
    north: House, fake: Fake
) -> None:
    await connect(north, fake, ZOOM)
    wanted = {"name": "ehr", "scopes": ["meetings.change"]}
    key = (await north.owner.ask("POST", "/keys", wanted, 201))["secret"]
    ehr = await north.person("ehr")
    host = [{"kind": "staff", "id": north.owner.id, "role": "clinician"}]
    body = AT_ONE | {"conferencing": "zoom", "participants": host}
    made = await ehr.ask("POST", "/meetings", body, 201, authorization=f"Bearer {key}")
    assert made["conference"]["state"] == "ready"


async def test_a_silent_provider_is_waited_for_once(north: House, fake: Fake, clock: Clock) -> None:
    await connect(north, fake, TEAMS)
    use(north.clinic, fake, longest=0.2)
    fake.troubles[TEAMS] = answers(0)
    first = await visit_at(north.owner, "microsoft_teams")
    asked = len(fake.asked)
    second = await visit_at(north.owner, "microsoft_teams")
    for one in (first, second):
        told = one["conference"]
        assert (told["state"], told["reason"]) == ("waiting", "silent")
    assert len(fake.asked) == asked
    fake.troubles.clear()
    clock.go(seconds=30)
    await Convener(north.clinic).go_round()
    assert fake.counts["make microsoft_teams"] == 2


async def test_who_makes_a_series_does_not_wait_for_all_of_it(north: House, fake: Fake) -> None:
    await connect(north, fake, ZOOM)
    passed = 0.0

    def slow() -> None:
        nonlocal passed
        passed += 4.0

    fake.on_made, north.clinic.monotonic = slow, lambda: passed
    body = {
        "date": "2027-03-22", "time": "09:00", "conferencing": "zoom",
        "recurrence": {"frequency": "daily", "count": 8},
    }  # fmt: skip
    made = await north.owner.ask("POST", "/calendar/events", body, 201)
    assert len(made["occurrences"]) == 8
    assert fake.counts["make zoom"] == 3  # ten seconds are over
    await Convener(north.clinic).go_round()
    assert fake.counts["make zoom"] == 8


async def visit_with_patient(house: House, provider: str) -> tuple[str, dict[str, Any]]:
    patient = await patient_of(house, email="pat@home.example")
    made = await visit_at(house.owner, provider, patientId=patient)
    return f"/meetings/{made['id']}", made


async def test_invitations_lead_to_the_provider_s_link(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, TEAMS)
    path, made = await visit_with_patient(north, "microsoft_teams")
    await north.owner.ask("POST", f"{path}/invite", {}, 201)
    (letter,) = await letters(north)

    assert made["joinUrl"] in letter.text
    assert "#l=" not in letter.text
    assert str(letter.event["url"]) == made["joinUrl"]
    assert letter.answer
    clock.go(seconds=1)
    await north.owner.ask("PATCH", path, {"startsAt": "2027-03-04T15:00:00Z"}, 200)
    (_, moved) = await letters(north)
    assert (moved.message["Subject"], moved.event["sequence"]) == ("A change", 1)
    assert "2027-03-04 15:00" in moved.text
    assert made["joinUrl"] in moved.text


async def test_nobody_is_invited_to_where_there_is_no_link_yet(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, TEAMS)
    fake.troubles[TEAMS] = answers(500)
    path, _ = await visit_with_patient(north, "microsoft_teams")
    sent = await north.owner.ask("POST", f"{path}/invite", {}, 201)
    assert [one["reason"] for one in sent["items"]] == ["no_link"]
    fake.troubles.clear()
    clock.go(seconds=30)
    await Convener(north.clinic).go_round()
    sent = await north.owner.ask("POST", f"{path}/invite", {}, 201)
    assert [one["reason"] for one in sent["items"]] == [None]


async def test_who_was_invited_gets_the_new_link_when_there_is_one(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, ZOOM)
    path, _ = await visit_with_patient(north, "livekit")
    await north.owner.ask("POST", f"{path}/invite", {}, 201)
    (first,) = await letters(north)
    fake.troubles[ZOOM] = answers(429, {}, retry_after="60")
    seen = await north.owner.ask("PATCH", path, {"conferencing": "zoom"}, 200)
    assert (seen["conference"]["state"], len(await letters(north))) == ("waiting", 1)

    fake.troubles.clear()
    clock.go(seconds=60)
    await Convener(north.clinic).go_round()
    seen = await north.owner.ask("GET", path, status=200)
    (_, second) = await letters(north)
    assert second.message["Subject"] == "A change"
    assert seen["joinUrl"] in second.text
    assert second.event["sequence"] == seen["sequence"] == 1
    old = await north.owner.ask("POST", "/meetings/verify-token", {"token": first.link}, 200)
    assert old["valid"] is False

    clock.go(seconds=1)
    await north.owner.ask("PATCH", path, {"conferencing": "livekit"}, 200)
    (*_, third) = await letters(north)
    assert third.link
    assert third.event["sequence"] == 2
