"""How people come in: by password and code, by link; and how they are put out."""

from datetime import timedelta

import pytest

from api.clinic.presence import identity_of
from api.clinic.setup import first_start
from signaling.ratelimit import RateLimiter
from tests.api.conftest import Clock
from tests.api.house import PASSWORD, House, Person

pytestmark = pytest.mark.anyio


async def acts(owner: Person) -> list[tuple[str, str, str | None]]:
    """What the audit log tells."""
    page = await owner.ask("GET", "/audit?limit=200", status=200)
    return [(item["action"], item["outcome"], item["reason"]) for item in page["items"]]


async def test_the_first_start_makes_an_owner(north: House) -> None:
    who = await north.owner.ask("GET", "/sessions/current", status=200)

    assert (who["workspace"], who["name"], who["role"]) == ("clinic", "olga", "owner")
    assert await first_start(north.clinic) is None  # once
    assert await acts(north.owner) == [
        ("workspace.create", "done", None),
        ("staff.invite", "done", None),
        ("staff.accept", "done", None),
        ("session.begin", "done", None),
    ]


async def test_the_cookie_is_for_this_site_and_no_script(north: House) -> None:
    cookie = (await north.staff("carl", "clinician")).last.headers["set-cookie"]

    assert cookie.startswith("__Host-housecall=hcs_")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie


async def test_a_link_serves_once_and_ends(north: House, clock: Clock) -> None:
    body = {"email": "a@north.example", "name": "a", "role": "assistant"}
    link = (await north.owner.ask("POST", "/staff", body, 201))["link"]["url"]
    anna, late = await north.person("anna"), await north.person("late")
    await anna.accept(link)

    answer = await late.ask("POST", "/links/open", {"token": link.partition("#l=")[2]}, 401)
    assert answer["title"] == "link_not_good"

    again = await north.owner.ask("POST", f"/staff/{anna.id}/links", status=201)
    clock.go(hours=24)
    await late.ask("POST", "/links/open", {"token": again["link"]["url"].partition("#l=")[2]}, 401)
    await anna.sign_in()  # what is not used changes nothing


async def test_a_new_link_replaces_password_and_authenticator(north: House, clock: Clock) -> None:
    anna = await north.staff("anna", "assistant")
    old = anna.secret
    again = await north.owner.ask("POST", f"/staff/{anna.id}/links", status=201)
    other = await north.person("anna")
    await other.accept(again["link"]["url"])
    clock.go(minutes=1)

    await anna.ask("GET", "/sessions/current", status=401)
    assert other.secret != old
    await anna.sign_in(401)
    await other.sign_in(201)


async def test_signing_in_needs_all_three(north: House, clock: Clock) -> None:
    anna = await north.staff("anna", "assistant")
    clock.go(minutes=1)
    wrong = [
        {"password": "wrong horse"}, {"code": "000000"}, {"code": ""},
        {"email": "nobody@north.example"},
    ]  # fmt: skip
    for change in wrong:
        answer = await anna.sign_in(401, **change)
        assert answer["title"] == "wrong_credentials"
    await anna.sign_in(201, email=" ANNA@north.example ")
    await anna.sign_in(401)  # a code serves once

    refusals = [act for act in await acts(north.owner) if act[0] == "session.refuse"]
    assert [reason for _, _, reason in refusals] == [
        "wrong_password", "wrong_code", "wrong_code", "unknown_account", "wrong_code",
    ]  # fmt: skip


async def test_the_audit_log_never_holds_what_was_typed(north: House, clock: Clock) -> None:
    anna = await north.person("anna")
    await anna.sign_in(401, email="my-password@x.example", password="or-this-one", code="123456")
    text = await north.owner.ask("GET", "/audit/export", status=200)

    assert "my-password" not in text
    assert "or-this-one" not in text
    assert "session.refuse" in text


async def test_guessing_has_to_wait(north: House, clock: Clock) -> None:
    anna = await north.staff("anna", "assistant")
    guesser = await north.person("anna", "198.51.100.9")
    clock.go(minutes=1)
    for _ in range(10):
        await guesser.sign_in(401, password="wrong", code="000000")

    answer = await guesser.sign_in(429, password="wrong", code="000000")
    assert "wait" in answer["detail"]
    assert int(guesser.last.headers["retry-after"]) > 0
    await anna.sign_in(201)  # from elsewhere
    clock.go(seconds=30)
    await guesser.sign_in(401, password="wrong", code="000000")


async def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(
    north: House, clock: Clock
) -> None:
    clock.go(minutes=14)
    await north.owner.ask("GET", "/staff", status=200, housecall_unattended="?1")
    clock.go(minutes=1)
    answer = await north.owner.ask("GET", "/staff", status=401, housecall_unattended="?1")

    assert answer["title"] == "idle"


async def test_who_is_idle_is_signed_out_unless_in_a_call(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    north.clinic.presence.join(identity_of("staff", carl.id))
    clock.go(hours=2)
    await carl.ask("GET", "/sessions/current", status=200)
    clock.go(hours=2)
    north.clinic.presence.leave(identity_of("staff", carl.id))
    clock.go(minutes=14)
    await carl.ask("GET", "/sessions/current", status=200)
    clock.go(minutes=15)

    answer = await carl.ask("GET", "/sessions/current", status=401)
    assert answer["title"] == "idle"


async def test_signing_out_ends_the_session(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    cookie = dict(carl.client.cookies)
    await carl.ask("DELETE", "/sessions/current", status=204)
    await carl.ask("GET", "/sessions/current", status=401)
    carl.client.cookies.update(cookie)

    answer = await carl.ask("GET", "/sessions/current", status=401)
    assert answer["title"] == "signed_off"


async def test_who_is_disabled_is_out_at_once(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    await north.owner.ask("PATCH", f"/staff/{carl.id}", {"disabled": True}, 200)
    clock.go(minutes=1)

    await carl.ask("GET", "/sessions/current", status=401)
    await carl.sign_in(401)


async def test_a_weak_password_is_explained(north: House) -> None:
    body = {"email": "a@north.example", "name": "a", "role": "assistant"}
    url = (await north.owner.ask("POST", "/staff", body, 201))["link"]["url"]
    anna = await north.person("anna")
    token = url.partition("#l=")[2]
    await anna.ask("POST", "/links/open", {"token": token}, 200)
    answer = {"token": token, "email": anna.email, "name": "A", "password": "short", "code": "1"}

    assert "12 characters" in str(await anna.ask("POST", "/links/accept", answer, 422))
    answer["password"] = "aaaaaaaaaaaaaaaa"
    assert "repeats" in (await anna.ask("POST", "/links/accept", answer, 400))["detail"]
    answer["password"] = "password1234"
    assert "guessed" in (await anna.ask("POST", "/links/accept", answer, 400))["detail"]
    answer["password"] = PASSWORD
    for _ in range(5):
        await anna.ask("POST", "/links/accept", answer, 403)
    await anna.ask("POST", "/links/accept", answer, 401)  # enough guesses


async def test_a_patient_comes_by_a_link_and_a_date_of_birth(north: House, clock: Clock) -> None:
    body = {"name": "Pat Moss", "birthDate": "1980-02-29"}
    patient = await north.owner.ask("POST", "/patients", body, 201)
    link = await north.owner.ask("POST", f"/patients/{patient['id']}/links", {}, 201)
    token = link["url"].partition("#l=")[2]
    pat = await north.person("pat")

    assert (await pat.ask("POST", "/sessions/link", {"token": token}, 403))["title"] == (
        "birth_date_needed"
    )
    wrong = {"token": token, "birthDate": "1980-02-28"}
    assert (await pat.ask("POST", "/sessions/link", wrong, 403))["title"] == "wrong_birth_date"
    await pat.ask("POST", "/sessions/link", {"token": token, "birthDate": "1980-02-29"}, 201)
    await pat.ask("POST", "/sessions/link", {"token": token, "birthDate": "1980-02-29"}, 401)

    who = await pat.ask("GET", "/sessions/current", status=200)
    assert (who["kind"], who["name"], who["permissions"]) == ("patient", "Pat Moss", [])
    await pat.ask("GET", "/patients", status=403)


async def test_guesses_at_a_date_of_birth_use_a_link_up(north: House) -> None:
    body = {"name": "Pat Moss", "birthDate": "1980-02-29"}
    patient = await north.owner.ask("POST", "/patients", body, 201)
    link = await north.owner.ask("POST", f"/patients/{patient['id']}/links", {}, 201)
    token = link["url"].partition("#l=")[2]
    pat = await north.person("pat")
    for day in range(1, 6):
        await pat.ask(
            "POST", "/sessions/link", {"token": token, "birthDate": f"1980-01-0{day}"}, 403
        )

    await pat.ask("POST", "/sessions/link", {"token": token, "birthDate": "1980-02-29"}, 401)


async def test_a_guest_comes_once_and_goes_when_told(north: House, clock: Clock) -> None:
    guests = []
    for name in ("ines", "ivan"):
        body = {"kind": "interpreter", "name": name, "minutes": 5}
        invited = await north.owner.ask("POST", "/guests", body, 201)
        guests.append((invited["guest"]["id"], invited["link"]["url"].partition("#l=")[2]))
    ines, ivan = await north.person("ines"), await north.person("ivan")
    await ines.ask("POST", "/sessions/link", {"token": guests[0][1]}, 201)
    clock.go(minutes=5)
    await ivan.ask("POST", "/sessions/link", {"token": guests[1][1]}, 401)

    north.clinic.presence.join(identity_of("guest", guests[0][0]))
    assert (await ines.ask("GET", "/sessions/current", status=200))["name"] == "ines"
    await north.owner.ask("DELETE", f"/guests/{guests[0][0]}", status=204)
    await ines.ask("GET", "/sessions/current", status=401)
    assert (await north.owner.ask("GET", "/guests", status=200))["items"][0]["name"] == "ivan"


async def test_a_guest_s_link_is_good_for_a_quarter_of_an_hour_and_once(
    north: House, clock: Clock
) -> None:
    """Row 60: 1 to 30 minutes, 15 unless said; the log tells of it and of who came by it."""
    body = {"kind": "family", "name": "gus"}
    for wrong in (0, 31):
        await north.owner.ask("POST", "/guests", body | {"minutes": wrong}, 422)
    now = clock.now
    for more, minutes in (({}, 15), ({"minutes": 1}, 1), ({"minutes": 30}, 30)):
        invited = await north.owner.ask("POST", "/guests", body | more, 201)
        expected = (now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert invited["link"]["expiresAt"] == expected
    token = {"token": invited["link"]["url"].partition("#l=")[2]}
    gus, second = await north.person("gus"), await north.person("second")
    await gus.ask("POST", "/sessions/link", token, 201)
    await second.ask("POST", "/sessions/link", token, 401)

    log = (await north.owner.ask("GET", "/audit?limit=200", status=200))["items"]
    acts = [one["action"] for one in log if invited["guest"]["id"] in str(one)]
    assert acts == ["guest.invite", "session.begin", "link.refuse"]


async def test_another_site_cannot_use_the_cookie(north: House) -> None:
    body = {"name": "Pat"}
    for headers in ({"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = await north.owner.ask("POST", "/patients", body, 403, **headers)
        assert answer["title"] == "other_site"
    await north.owner.ask("POST", "/patients", body, 201, origin="https://north.example")


@pytest.mark.parametrize("token", ["", "x", "hcl_x", "hcs_", "hcl_" + "A" * 64, "hcs_" + "A" * 64])
async def test_what_is_no_token_is_refused(north: House, token: str) -> None:
    stranger = await north.person("mallory")
    await stranger.ask("POST", "/links/open", {"token": token}, 401)
    await stranger.ask("GET", "/patients", status=401, authorization=f"Bearer {token}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"token": "\\ud800"}',
        b'{"token": 1}',
        b'{"token": null}',
        b"\xff",
    ],
)
async def test_bodies_that_make_no_sense_are_refused_unrepeated(north: House, body: bytes) -> None:
    stranger = await north.person("mallory")
    answer = await stranger.client.post("/links/open", content=body)

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 500


async def test_who_asks_too_much_waits_and_others_do_not(north: House, clock: Clock) -> None:
    nora = await north.staff("nora", "clinician")
    north.clinic.asking = RateLimiter(rate=1.0, burst=2)
    for status in (200, 200, 429):
        await north.owner.ask("GET", "/staff", status=status)
    assert north.owner.last.json()["title"] == "too_many_requests"
    assert int(north.owner.last.headers["retry-after"]) == 1
    await nora.ask("GET", "/staff", status=200)
    clock.go(seconds=1)
    await north.owner.ask("GET", "/staff", status=200)
