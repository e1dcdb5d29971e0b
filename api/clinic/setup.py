"""Workspaces and their owners: the first start, and the operator's command."""

import re
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import Clinic, end_links, make_link
from api.clinic.errors import Forbidden
from api.rules.auditing import Act, ActorKind
from api.rules.bearers import Bearer
from api.rules.conferencing import NAMES
from api.rules.ids import RANDOM_BYTES, make_id
from api.rules.plans import PROVIDERS, Plan, least, plan_of
from api.rules.roles import Role
from api.rules.sessions import LINK_OF_STAFF
from api.store.errors import StoreError
from api.store.models import Staff, Workspace
from api.store.store import Transaction

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
FIRST = "clinic"  # the workspace that is made when there is none


async def first_start(clinic: Clinic) -> Bearer | None:
    """The link that sets up the first owner; None once there is one."""
    found = await clinic.workspaces()
    if not found:
        return await invite_owner(clinic, await make_workspace(clinic, FIRST, FIRST.title()))
    if len(found) > 1 or await _has_owner(clinic, found[0].id):
        return None
    return await invite_owner(clinic, found[0].id)


async def make_workspace(
    clinic: Clinic, slug: str, title: str, plan: Plan = Plan.ENTERPRISE
) -> UUID:
    """Its plan is the operator's to say: whoever runs the server may all. Raises StoreError,
    Conflict."""
    if not SLUG.fullmatch(slug):
        raise StoreError(
            f"{slug!r} cannot name a workspace: use 1 to 64 small letters, digits and hyphens"
        )
    id = make_id(clinic.store.now().timestamp(), secrets.token_bytes(RANDOM_BYTES))
    async with clinic.store.writing(id) as tx:
        tx.session.add(
            Workspace(
                id=id, slug=slug, title=title, plan=plan.value, created_at=tx.now, audit_days=None
            )
        )
        await tx.session.flush()
        tx.tell(Act("workspace.create", "workspace", str(id)))
    return id


async def change_workspace(visit: Visit, fields: Mapping[str, Any]) -> Workspace:
    """Raises Forbidden."""
    workspace = await workspace_of(visit)
    provider = fields.get("conferencing")
    if provider is not None and provider not in PROVIDERS[plan_of(workspace.plan)]:
        raise Forbidden(
            "plan_required",
            f"For {NAMES[provider]} the clinic needs the plan {least(provider).value} or more.",
        )
    for name, value in fields.items():
        setattr(workspace, name, value)
    told = {name: value for name, value in fields.items() if name != "waiting_message"}
    told["fields"] = sorted(fields)
    visit.tx.tell(Act("workspace.change", "workspace", str(workspace.id), detail=told))
    return workspace


async def set_plan(clinic: Clinic, workspace: UUID, plan: Plan) -> None:
    """Visits that go on keep the one that they began with."""
    async with clinic.store.writing(workspace) as tx:
        row = (await tx.session.scalars(select(Workspace))).one()
        row.plan = plan.value
        tx.tell(Act("workspace.plan", "workspace", str(workspace), detail={"plan": plan.value}))


async def invite_owner(clinic: Clinic, workspace: UUID) -> Bearer:
    """A link for the owner who has not come yet, or else for a new one. Earlier ones end."""
    async with clinic.store.writing(workspace) as tx:
        query = select(Staff).where(Staff.role == Role.OWNER.value, Staff.password.is_(None))
        owner = await tx.session.scalar(query.limit(1))
        if owner is None:
            owner = new_staff(tx, Role.OWNER)
            await tx.session.flush()
        subject = (ActorKind.STAFF, owner.id)
        await end_links(tx, subject)
        bearer, _ = make_link(tx, workspace, subject, LINK_OF_STAFF)
        tx.tell(Act("staff.invite", "staff", str(owner.id), detail={"role": Role.OWNER.value}))
    return bearer


def new_staff(tx: Transaction, role: Role) -> Staff:
    staff = Staff(
        id=tx.new_id(),
        email=None,
        name=None,
        role=role.value,
        password=None,
        totp=None,
        totp_step=None,
        created_at=tx.now,
        disabled_at=None,
    )
    tx.session.add(staff)
    return staff


async def _has_owner(clinic: Clinic, workspace: UUID) -> bool:
    async with clinic.store.reading(workspace) as tx:
        query = select(Staff.id).where(Staff.role == Role.OWNER.value, Staff.password.is_not(None))
        return await tx.session.scalar(query.limit(1)) is not None
