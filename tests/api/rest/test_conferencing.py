"""Visits at other providers: where they go, what happens when a provider does not do its part, and
what becomes of them later."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from api.convener import Convener
from api.rules.plans import PROVIDERS, Plan, Provider, least
from tests.api.conftest import Clock
from tests.api.house import House, Person
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
from tests.api.rest.test_meetings import patient_of, set_plan

pytestmark = pytest.mark.anyio

AT_ONE: dict[str, Any] = {"startsAt": "2027-03-04T13:00:00Z", "duration": 20}
HOSTS = {GOOGLE: "meet.google.com", TEAMS: "teams.microsoft.com", ZOOM: "us02web.zoom.us"}


@pytest.fixture
async def fake(north: House) -> Fake:
    """All three, and nothing wrong asked of them in the end."""
    fake = Fake()
    use(north.clinic, fake)
    return fake


async def visit_at(person: Person, provider: str, status: int = 201, **more: Any) -> dict[str, Any]:
    body = AT_ONE | {"conferencing": provider} | more
    made: dict[str, Any] = await person.ask("POST", "/meetings", body, status)
    return made


@pytest.mark.parametrize("provider", list(Provider))
@pytest.mark.parametrize("plan", list(Plan))
async def test_the_table_of_plans_and_providers(
    north: House, fake: Fake, plan: Plan, provider: Provider
) -> None:
    await connect(north, fake, *ELSEWHERE)
    await set_plan(north, plan)
    has = provider in PROVIDERS[plan]
    made = await visit_at(north.owner, provider.value, 201 if has else 403)

    if not has:
        assert made["title"] == "plan_required"
        assert least(provider).value in made["detail"]
        return
    assert (made["provider"], made["conference"]["reason"]) == (provider.value, None)
    is_here = provider is Provider.LIVEKIT
    assert made["conference"]["waitingRoom"] is is_here
    assert made["conference"]["recording"] is (is_here and plan in (Plan.ADVANCED, Plan.ENTERPRISE))
    assert urlsplit(made["joinUrl"]).hostname == HOSTS.get(provider, "north.example")
    assert made["conference"]["state"] == ("here" if is_here else "ready")
    assert fake.wrong == []


async def test_what_a_workspace_can_have_is_told(north: House, fake: Fake) -> None:
    await connect(north, fake, ZOOM, GOOGLE)
    await set_plan(north, Plan.STANDARD)
    told = await north.owner.ask("GET", "/conferencing", status=200)

    assert (told["plan"], told["default"], told["auto"]) == ("standard", None, "livekit")
    shown = {
        one["provider"]: (one["inPlan"], one["leastPlan"], one["connected"], one["usable"])
        for one in told["providers"]
    }
    assert shown == {
        "livekit": (True, "standard", True, True),
        "google_meet": (True, "free", True, True),
        "microsoft_teams": (True, "standard", False, False),
        "zoom": (False, "advanced", True, False),
    }
    assert all(one["registered"] for one in told["providers"])
    del north.clinic.providers.registered[TEAMS]
    told = await north.owner.ask("GET", "/conferencing", status=200)
    assert [one["registered"] for one in told["providers"]] == [True, True, False, True]
    await (await north.staff("ada", "auditor")).ask("GET", "/conferencing", status=200)


async def test_the_default_goes_first_and_is_replaced_where_it_cannot_be_had(
    north: House, fake: Fake
) -> None:
    owner = north.owner
    await connect(north, fake, ZOOM, GOOGLE)
    await owner.ask("PATCH", "/workspace", {"conferencing": "zoom"}, 200)
    made = await visit_at(owner, "auto")
    assert (made["provider"], made["conference"]["insteadOf"]) == ("zoom", None)

    gone = await owner.ask("DELETE", "/conferencing/zoom/connection", status=200)
    assert gone["revoked"] is True
    for wish in ("auto", "zoom"):
        made = await visit_at(owner, wish)
        told = made["conference"]
        assert (made["provider"], told["insteadOf"], told["reason"]) == (
            "livekit", "zoom", "not_connected",
        )  # fmt: skip
        assert told["detail"] == "Zoom is not connected: the owner can connect it."
        assert made["joinUrl"].startswith("https://north.example/#m=")

    await set_plan(north, Plan.STANDARD)
    made = await visit_at(owner, "auto")
    assert (made["provider"], made["conference"]["reason"]) == ("livekit", "not_in_plan")
    refused = await owner.ask("PATCH", "/workspace", {"conferencing": "zoom"}, 403)
    assert refused["title"] == "plan_required"
    cleared = await owner.ask("PATCH", "/workspace", {"conferencing": None}, 200)
    assert cleared["conferencing"] is None


async def test_a_free_workspace_has_google_meet_and_no_limit_of_ours_there(
    north: House, fake: Fake
) -> None:
    await set_plan(north, Plan.FREE)
    refused = await visit_at(north.owner, "auto", 409)
    assert (refused["title"], "Google Meet" in refused["detail"]) == (
        "provider_not_connected",
        True,
    )

    await connect(north, fake, GOOGLE)
    people = [
        {"kind": "patient", "id": await patient_of(north, f"P{n}"), "role": "patient"}
        for n in range(3)
    ]
    made = await visit_at(north.owner, "auto", participants=people)
    assert (made["provider"], len(made["participants"])) == ("google_meet", 4)


# What a provider may answer in place of what was asked for: what is said of it, and whether it is
# asked again.
TROUBLES = {
    "401": (answers(401, {"error": "x"}), "unauthorized", True),
    "403": (answers(403, {"error": {"errors": [{"reason": "forbidden"}]}}), "refused", False),
    "404": (answers(404, {"code": 1001}), "refused", False),  # there was nothing to delete yet
    "429": (answers(429, {}, retry_after="120"), "rate_limited", True),
    "500": (answers(500, b"<h1>oops</h1>"), "broken", True),
    "503": (answers(503, {}, retry_after="3600"), "broken", True),
    "garbage": (answers(200, b"\xff\xfe{{{"), "garbage", False),
    "empty": (answers(201, {}), "garbage", False),
    "a list": (answers(201, [1]), "garbage", False),
    "redirect": (answers(302, None, location="http://169.254.169.254/"), "garbage", False),
    "endless": (answers(201, b"[" * 400_000), "garbage", False),
    "phishing": (
        answers(
            201,
            {
                "id": "1", "join_url": "https://zoom.us.evil.example/j/1",
                "joinWebUrl": "https://teams.microsoft.com@evil.example/",
                "hangoutLink": "javascript:alert(1)//meet.google.com",
            },
        ),
        "garbage",
        False,
    ),
    "silence": (answers(0), "silent", True),
}  # fmt: skip


@pytest.mark.parametrize("provider", ELSEWHERE)
@pytest.mark.parametrize("name", list(TROUBLES))
async def test_no_answer_of_a_provider_keeps_a_visit_from_being_made(
    north: House, fake: Fake, name: str, provider: Provider
) -> None:
    trouble, reason, is_retried = TROUBLES[name]
    if provider is GOOGLE and name in ("empty", "a list", "phishing"):
        trouble = with_status(trouble, 200)
    is_retried &= not (provider is ZOOM and reason in ("broken", "silent"))  # it may be made twice
    await connect(north, fake, provider)
    use(north.clinic, fake, longest=0.3 if name == "silence" else 5.0)
    fake.troubles[provider] = trouble

    made = await visit_at(north.owner, provider.value)
    told = made["conference"]
    assert (made["provider"], made["joinUrl"]) == (provider.value, None)
    assert told["state"] == ("waiting" if is_retried else "failed")
    assert (told["reason"], told["insteadOf"]) == (reason, None)
    assert told["detail"]
    assert (told["retryAt"] is not None) is is_retried
    assert told["fallbacks"] == ["livekit"]

    path, fallback = f"/meetings/{made['id']}", {"conferencing": told["fallbacks"][0]}
    taken = await north.owner.ask("PATCH", path, fallback, 200)
    assert (taken["provider"], taken["conference"]["state"]) == ("livekit", "here")
    assert taken["joinUrl"] == f"https://north.example/#m={made['id']}"


@pytest.mark.parametrize("name", list(TROUBLES))
async def test_without_a_wish_a_visit_goes_where_it_can(
    north: House, fake: Fake, name: str
) -> None:
    trouble, reason, _ = TROUBLES[name]
    await connect(north, fake, ZOOM, GOOGLE, TEAMS)
    use(north.clinic, fake, longest=0.3 if name == "silence" else 5.0)
    await north.owner.ask("PATCH", "/workspace", {"conferencing": "zoom"}, 200)
    fake.troubles[ZOOM] = trouble

    made = await visit_at(north.owner, "auto")
    told = made["conference"]
    assert (made["provider"], told["state"]) == ("livekit", "here")
    assert (told["insteadOf"], told["reason"]) == ("zoom", reason)
    assert "Zoom" in told["detail"]


def with_status(trouble: Any, status: int) -> Any:
    def changed(asked: Asked) -> Reply:
        reply: Reply = trouble(asked)
        return Reply(status, reply.content, reply.headers)

    return changed


async def test_one_provider_after_the_other_is_tried(north: House, fake: Fake) -> None:
    """Free has no rooms of ours; here nothing but Google Meet is left, and it is asked again."""
    await connect(north, fake, GOOGLE, TEAMS)
    await set_plan(north, Plan.FREE)
    fake.troubles[GOOGLE] = answers(500)
    made = await visit_at(north.owner, "auto")
    assert (made["provider"], made["conference"]["state"]) == ("google_meet", "waiting")
    assert made["conference"]["fallbacks"] == []

    await set_plan(north, Plan.ENTERPRISE)
    await north.owner.ask("PATCH", "/workspace", {"conferencing": "microsoft_teams"}, 200)
    fake.troubles[TEAMS] = answers(429, {}, retry_after="60")
    made = await visit_at(north.owner, "auto")
    assert (made["provider"], made["conference"]["insteadOf"]) == ("livekit", "microsoft_teams")


async def test_what_could_not_be_had_is_asked_for_again_and_not_too_soon(
    north: House, fake: Fake, clock: Clock
) -> None:
    await connect(north, fake, TEAMS)
    fake.troubles[TEAMS] = answers(429, {}, retry_after="120")
    made = await visit_at(north.owner, "microsoft_teams")
    assert made["conference"]["retryAt"] == "2027-03-04T12:02:00Z"
    asked = len(fake.asked)
    other = await visit_at(north.owner, "microsoft_teams")
    assert other["conference"]["reason"] == "rate_limited"
    convener = Convener(north.clinic)
    clock.go(seconds=119)
    await convener.go_round()
    assert len(fake.asked) == asked  # neither for the one nor for the other

    fake.troubles.clear()
    clock.go(seconds=1)
    await convener.go_round()
    for one in (made, other):
        seen = await north.owner.ask("GET", f"/meetings/{one['id']}", status=200)
        assert (seen["conference"]["state"], seen["conference"]["reason"]) == ("ready", None)
        assert urlsplit(seen["joinUrl"]).hostname == HOSTS[TEAMS]
        assert seen["version"] > one["version"]
    assert fake.counts["make microsoft_teams"] == 2


async def test_a_lost_account_is_told_and_all_goes_on_once_it_is_connected_again(
    north: House, fake: Fake
) -> None:
    await connect(north, fake, GOOGLE)
    fake.access.clear()
    fake.renewing.clear()
    made = await visit_at(north.owner, "google_meet")
    assert (made["conference"]["reason"], made["conference"]["state"]) == (
        "unauthorized",
        "waiting",
    )
    told = await north.owner.ask("GET", "/conferencing", status=200)
    (google,) = [one for one in told["providers"] if one["provider"] == "google_meet"]
    assert (google["connected"], google["usable"]) == (False, False)
    assert google["lostAt"] is not None
    assert (await visit_at(north.owner, "google_meet"))["provider"] == "livekit"

    await connect(north, fake, GOOGLE)
    await Convener(north.clinic).go_round()
    seen = await north.owner.ask("GET", f"/meetings/{made['id']}", status=200)
    assert (seen["provider"], seen["conference"]["state"]) == ("google_meet", "ready")
