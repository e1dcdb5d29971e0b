"""Change one's own password: with the old one and a new code, so that nobody does it who has found
a browser open."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from api.clinic import warning
from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import end_links, end_sessions, get
from api.clinic.errors import Forbidden, Refusal
from api.clinic.signin import spend, step_of
from api.rules.accounts import Happening
from api.rules.auditing import Act, ActorKind, Outcome
from api.rules.credentials import password_problem
from api.store.models import SignIn, Staff

WRONG = "The password or the code is wrong. Enter the password of now, and a code not used yet."

Enter = Callable[[], AbstractAsyncContextManager[Visit]]  # a transaction of the same caller's


async def change_password(enter: Enter, current: str, code: str, password: str) -> None:
    """Other sessions end, and links that would set a password. Raises Forbidden, Refusal,
    TooMany."""
    async with enter() as visit:
        staff = await _staff(visit)
        clinic, hash = visit.clinic, staff.password
        email = staff.email.text if staff.email else ""
        spend(clinic, f"{visit.caller.workspace}:{email}", visit.tx.origin)
        workspace = await workspace_of(visit)
        name = staff.name.text if staff.name else ""
        about = [email, name, workspace.title, workspace.slug]
    # What is slow is done in no transaction.
    is_right = await clinic.passwords.is_right(hash, current)
    if not is_right:
        new_hash = None
    else:
        problem = password_problem(password, email=email)
        problem = problem or await clinic.passwords.guessing_problem(password, about)
        if problem is not None:
            raise Refusal("weak_password", problem)
        new_hash = await clinic.passwords.hash(password)
    async with enter() as visit:
        staff = await _staff(visit)
        step = step_of(visit.clinic, staff, code, visit.tx.now)
        if new_hash is None or step is None or staff.password != hash:
            why = "wrong_code" if new_hash is not None else "wrong_password"
            visit.tx.tell(Act("password.refuse", "staff", str(staff.id), Outcome.REFUSED, why))
            raise Forbidden("wrong_password", WRONG)
        staff.password, staff.totp_step = new_hash, step
        ended = await end_sessions(visit.tx, staff.id, SignIn.id != visit.caller.session)
        await end_links(visit.tx, (ActorKind.STAFF, staff.id))
        detail = {"sessions": ended}
        visit.tx.tell(Act("password.change", "staff", str(staff.id), detail=detail))
        await warning.tell_changed(visit.clinic, visit.tx, staff, Happening.PASSWORD)


async def _staff(visit: Visit) -> Staff:
    """Raises Forbidden."""
    if visit.staff_id is None:
        raise Forbidden("forbidden", "Only staff have a password.")
    return await get(visit.tx, Staff, visit.staff_id, "member of staff")
