"""Signing in and sessions as OWASP's ASVS 5.0 asks for them (V6, V7): each test is named by its
requirement. Which others there are, `docs/asvs.md` says."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.rules.bearers import SECRET_BYTES
from api.rules.sessions import LONGEST
from api.store.models import Mail
from tests.api.conftest import Clock
from tests.api.house import PASSWORD, House, Person
from tests.api.letters import Read, read_letter

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
NEW = "a bicycle, two lamps and a river"
TABLE = re.compile(r"^\| (\d\.\d+\.\d+) \|.*\| `(tests/[\w/.]+)::(test_\w+)` \|$", re.MULTILINE)


async def change(person: Person, status: int = 204, **other: str) -> Any:
    body = {"current": PASSWORD, "code": person.code(), "password": NEW} | other
    return await person.ask("PUT", "/password", body, status)


async def elsewhere(house: House, person: Person, clock: Clock) -> Person:
    """The same one in another browser."""
    clock.go(minutes=1)  # a code serves once
    other = await house.person(person.name)
    other.secret, other.id = person.secret, person.id
    await other.sign_in()
    return other


async def told(house: House, kind: str) -> list[Read]:
    """The letters about somebody's access that are to be sent."""
    return [read_letter(mail) for mail in await waiting(house, kind)]


async def waiting(house: House, kind: str) -> list[Mail]:
    (workspace,) = await house.clinic.workspaces()
    async with house.clinic.store.reading(workspace.id) as tx:
        query = select(Mail).where(Mail.state == "waiting", Mail.kind == kind)
        return list(await tx.session.scalars(query.order_by(Mail.id)))


async def renew(house: House, person: Person, name: str) -> Person:
    """By a new link, with the name that is given as the address, too."""
    again = await house.owner.ask("POST", f"/staff/{person.id}/links", status=201)
    other = await house.person(name, "198.51.100.9")
    await other.accept(again["link"]["url"])
    return other


async def test_6_2_2_and_6_2_3_a_password_is_changed_with_the_one_of_now_and_a_code(
    north: House, clock: Clock
) -> None:
    carl = await north.staff("carl", "clinician")
    assert (await change(carl, 403))["title"] == "wrong_password"  # the code was used
    clock.go(minutes=1)
    assert (await change(carl, 403, current=NEW))["title"] == "wrong_password"
    assert (await change(carl, 400, password="password1234"))["title"] == "weak_password"
    assert (await change(carl, 400, password="carl carl carl carl"))["title"] == "weak_password"
    await change(carl)

    clock.go(minutes=1)
    await carl.sign_in(401)
    await carl.sign_in(password=NEW)
    log = (await north.owner.ask("GET", "/audit?limit=200", status=200))["items"]
    told = [(i["action"], i["reason"]) for i in log if i["action"].startswith("password")]
    assert told == [
        ("password.refuse", "wrong_code"),
        ("password.refuse", "wrong_password"),
        ("password.change", None),
    ]


async def test_6_2_8_a_password_is_taken_as_it_is(north: House, clock: Clock) -> None:
    long = f" {NEW}, " + "ß and so on " * 8 + "X "
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    await change(carl, password=long)
    for other in (long.strip(), long.lower(), long[:72], long[:-2] + "Y "):
        clock.go(minutes=1)
        await carl.sign_in(401, password=other)
    clock.go(minutes=1)
    await carl.sign_in(password=long)


async def test_6_2_9_a_password_may_be_long(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    await change(carl, 422, password=NEW * 9)
    long = (NEW * 9)[:256]
    await change(carl, password=long)
    clock.go(minutes=1)
    await carl.sign_in(password=long)


async def test_6_2_10_a_password_does_not_end_by_itself(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(days=3650)
    await carl.sign_in()


async def test_6_3_1_guesses_by_a_change_of_password_have_to_wait(
    north: House, clock: Clock
) -> None:
    carl = await north.staff("carl", "clinician")
    for _ in range(10):
        await change(carl, 403, current="another one, no doubt")
    assert (await change(carl, 429))["title"] == "too_many_tries"
    assert int(carl.last.headers["retry-after"]) > 0


async def test_6_3_5_half_of_a_sign_in_is_told_unless_it_is_made_good(
    north: House, clock: Clock
) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    await carl.sign_in(401, password=NEW, code="000000")
    assert await told(north, "tries") == []  # anybody may try a password
    for _ in range(2):  # one letter is enough
        await carl.sign_in(401, code="000000")
    (mail,) = await waiting(north, "tries")
    assert mail.next_at - clock.now == timedelta(minutes=10)
    letter = read_letter(mail)
    assert letter.message["To"] == carl.email
    assert "right password" in letter.text
    assert "192.0.2.1" in letter.text
    for word in (PASSWORD, NEW, carl.id):
        assert word not in letter.text

    await carl.sign_in()  # it was oneself
    assert await told(north, "tries") == []


async def test_6_3_5_half_of_a_sign_in_elsewhere_is_told(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    thief = await north.person("carl", "198.51.100.9")
    await thief.sign_in(401, code="000000")
    await carl.sign_in()
    (letter,) = await told(north, "tries")
    assert "198.51.100.9" in letter.text


async def test_6_3_5_who_signs_in_after_several_wrong_tries_is_written_to(
    north: House, clock: Clock
) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    for _ in range(4):
        await carl.sign_in(401, password=NEW)
    await carl.sign_in()
    assert await told(north, "tries") == []
    clock.go(minutes=5)
    for _ in range(4):
        await carl.sign_in(401, password=NEW)
    await carl.sign_in(401, code="000000")
    await carl.sign_in()
    (letter,) = await told(north, "tries")
    assert "several wrong tries" in letter.text


async def test_6_3_7_a_new_password_is_told(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    await change(carl)
    (letter,) = await told(north, "account")
    assert letter.message["To"] == carl.email
    assert letter.message["Subject"] == "Your access was changed"
    assert "password" in letter.text
    assert "192.0.2.1" in letter.text
    for word in (PASSWORD, NEW, carl.id):
        assert word not in letter.text


async def test_6_3_7_a_new_authenticator_is_told(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    assert await told(north, "account") == []  # who begins has changed nothing
    await renew(north, carl, "carl")
    (letter,) = await told(north, "account")
    assert "authenticator" in letter.text
    assert "198.51.100.9" in letter.text


async def test_6_3_7_another_address_is_told_at_both(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    await renew(north, carl, "mallory")
    letters = await told(north, "account")
    reached = {str(letter.message["To"]) for letter in letters}
    assert reached == {"carl@north.example", "mallory@north.example"}
    for letter in letters:
        assert "e-mail address" in letter.text
        assert "mallory" not in letter.text


async def test_6_3_7_who_was_invited_hears_of_another_address(north: House) -> None:
    body = {"email": "anna@north.example", "name": "Anna", "role": "assistant"}
    link = (await north.owner.ask("POST", "/staff", body, 201))["link"]["url"]
    await (await north.person("mallory")).accept(link)
    assert len(await told(north, "account")) == 2


async def test_6_3_7_no_change_waits_for_mail(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    north.clinic.mail.sender = None
    clock.go(minutes=1)
    await change(carl)
    assert await told(north, "account") == []


async def test_6_3_8_nobody_learns_who_works_here(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    wrong = [{"email": "nobody@north.example"}, {"password": NEW}, {"code": "000000"}]
    answers = [await carl.sign_in(401, **one) for one in wrong]
    assert answers[0] == answers[1] == answers[2]


async def test_6_5_5_a_code_is_good_for_a_minute_at_most(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    clock.go(minutes=1)
    code = carl.code()
    clock.go(seconds=60)
    await carl.sign_in(401, code=code)
    await carl.sign_in()


async def test_7_2_3_and_7_2_4_who_signs_in_anew_has_another_session_alone(
    north: House, clock: Clock
) -> None:
    carl = await north.staff("carl", "clinician")
    before = carl.client.cookies["__Host-housecall"]
    clock.go(minutes=1)
    await carl.sign_in()
    assert carl.client.cookies["__Host-housecall"] != before
    assert SECRET_BYTES * 8 >= 128
    thief = await north.person("mallory")
    thief.client.cookies["__Host-housecall"] = before
    assert (await thief.ask("GET", "/sessions/current", status=401))["title"] == "signed_off"
    await carl.ask("GET", "/sessions/current", status=200)


async def test_7_3_2_a_session_ends_after_half_a_day_whatever_one_does(
    north: House, clock: Clock
) -> None:
    carl = await north.staff("carl", "clinician")
    north.clinic.presence.join(f"staff-{carl.id}")  # a call keeps it from idling, no more
    begun = clock.now
    clock.now = begun + LONGEST - timedelta(seconds=1)
    await carl.ask("GET", "/sessions/current", status=200)
    clock.now = begun + LONGEST
    assert (await carl.ask("GET", "/sessions/current", status=401))["title"] == "too_long"


async def test_7_4_3_a_new_password_ends_all_other_sessions(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    other = await elsewhere(north, carl, clock)
    clock.go(minutes=1)
    await change(carl)
    assert (await other.ask("GET", "/sessions/current", status=401))["title"] == "signed_off"
    await carl.ask("GET", "/sessions/current", status=200)


async def test_7_4_5_an_owner_ends_somebody_s_sessions(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    other = await elsewhere(north, carl, clock)
    await carl.ask("DELETE", f"/staff/{north.owner.id}/sessions", status=403)
    await north.owner.ask("DELETE", f"/staff/{carl.id}/sessions", status=204)
    for person in (carl, other):
        await person.ask("GET", "/sessions/current", status=401)
    clock.go(minutes=1)
    await carl.sign_in()


async def test_7_5_2_one_sees_and_ends_one_s_own_sessions(north: House, clock: Clock) -> None:
    carl = await north.staff("carl", "clinician")
    other = await elsewhere(north, carl, clock)
    listed = (await carl.ask("GET", "/sessions", status=200))["items"]
    assert [one["current"] for one in listed] == [False, True]  # the newest first
    await north.owner.ask("DELETE", f"/sessions/{listed[0]['id']}", status=404)
    await carl.ask("DELETE", f"/sessions/{listed[0]['id']}", status=204)
    await carl.ask("DELETE", f"/sessions/{listed[0]['id']}", status=404)
    await other.ask("GET", "/sessions/current", status=401)

    other = await elsewhere(north, carl, clock)
    await carl.ask("DELETE", "/sessions", status=204)
    assert "__Host-housecall" not in carl.client.cookies
    await other.ask("GET", "/sessions/current", status=401)
    key = {"name": "k", "scopes": ["staff.read"]}
    secret = (await north.owner.ask("POST", "/keys", key, 201))["secret"]
    program = await north.person("program")
    for method, path in (("GET", "/sessions"), ("DELETE", "/sessions"), ("PUT", "/password")):
        body = None if method != "PUT" else {"current": "x", "code": "1", "password": NEW}
        answer = await program.ask(method, path, body, 403, authorization=f"Bearer {secret}")
        assert answer["title"] == "forbidden"


def test_each_requirement_of_the_page_has_its_test() -> None:
    found = TABLE.findall((ROOT / "docs" / "asvs.md").read_text())
    assert {number.partition(".")[0] for number, _, _ in found} == {"6", "7"}
    assert len(found) > 25
    names: dict[str, set[str]] = {}
    for _, file, name in found:
        if file not in names:
            tree = ast.parse((ROOT / file).read_text())
            names[file] = {getattr(node, "name", "") for node in tree.body}
        assert name in names[file], name
