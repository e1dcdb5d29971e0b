"""What the operator does with the clinic's database by the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from api.clinic.auditing import export as export_log
from api.clinic.clinic import Clinic
from api.clinic.errors import Refusal
from api.clinic.outbox import bounce
from api.clinic.resealing import keys_in_use, reseal
from api.clinic.setup import invite_owner, make_workspace, set_plan
from api.clinical import migrate_as_owner, open_clinic, prepare
from api.rules.auditing import Log
from api.rules.bounces import read_bounce
from api.rules.plans import Plan
from api.settings import Settings
from api.store.anchors import Anchors
from api.store.errors import StoreError
from api.store.migrate import check_schema, migrate

Answer = TypeVar("Answer")


def migrate_tables(settings: Settings) -> None:
    """Raises StoreError."""

    async def work(clinic: Clinic, _: Anchors) -> None:
        if clinic.store.is_sqlite:
            await migrate(clinic.store.engine)
        else:
            await migrate_as_owner(settings)

    _run(settings, work)


def invite(settings: Settings, slug: str, title: str | None) -> str:
    """The token for an owner. Raises StoreError."""

    async def work(clinic: Clinic, anchors: Anchors) -> str:
        await prepare(clinic.store, settings)
        found = {workspace.slug: workspace.id for workspace in await clinic.workspaces()}
        id = found.get(slug) or await make_workspace(clinic, slug, title or slug.title())
        token = await invite_owner(clinic, id)
        return str(token)

    return _run(settings, work)


def change_plan(settings: Settings, slug: str, plan: Plan) -> None:
    """Raises StoreError."""

    async def work(clinic: Clinic, _: Anchors) -> None:
        await prepare(clinic.store, settings)
        found = await clinic.find_workspace(slug)
        await set_plan(clinic, found.id, plan)

    _run(settings, work)


def verify(settings: Settings) -> Iterator[tuple[str, bool]]:
    """A sentence for each log, and whether it is a good one. Raises StoreError."""

    async def work(clinic: Clinic, anchors: Anchors) -> list[tuple[str, bool]]:
        await check_schema(clinic.store.engine)
        return await verify_all(clinic, anchors)

    yield from _run(settings, work)


async def verify_all(clinic: Clinic, anchors: Anchors) -> list[tuple[str, bool]]:
    """As `verify` has it. Raises StoreError."""
    lines = []
    for workspace in await clinic.workspaces():
        for log in Log:
            kept = anchors.of(workspace.id, log)
            async with clinic.store.reading(workspace.id) as tx:
                report = await clinic.store.ledger.verify(tx.session, workspace.id, log, kept)
            place = f"{log} of {workspace.slug}"
            lines += [(f"{place}: {problem}", False) for problem in report.problems]
            if not report.problems:
                lines.append((f"{place}: {report.entries} entries, all whole", True))
    known = {workspace.id for workspace in await clinic.workspaces()}
    lines += [(f"the workspace {id} is missing", False) for id in anchors.workspaces() - known]
    return lines


def export(settings: Settings, slug: str, log: Log) -> Iterator[str]:
    """Raises StoreError."""

    async def work(clinic: Clinic, _: Anchors) -> list[str]:
        await check_schema(clinic.store.engine)
        workspace = await clinic.find_workspace(slug)
        async with clinic.store.reading(workspace.id) as tx:
            return [line.decode().rstrip("\n") async for line in export_log(tx, log)]

    yield from _run(settings, work)


def reseal_all(settings: Settings) -> Iterator[str]:
    """A sentence for each key. Raises StoreError."""

    async def work(clinic: Clinic, _: Anchors) -> list[str]:
        await check_schema(clinic.store.engine)
        count, used = 0, set[str]()
        for workspace in await clinic.workspaces():
            count += await reseal(clinic, workspace.id)
            used |= await keys_in_use(clinic, workspace.id)
        first, *older = clinic.keyring.names
        lines = [f"{first}: the newest, seals and signs ({count} secrets were sealed anew)"]
        for name in older:
            needed = "has signed where a log was cut off: keep it until the next cut"
            lines.append(f"{name}: {needed if name in used else 'is not needed any more'}")
        return lines

    yield from _run(settings, work)


def take_bounce(settings: Settings, content: bytes) -> bool:
    """Whether it was a letter of ours that has come back. Raises StoreError."""
    found = read_bounce(content)
    if found is None:
        return False

    async def work(clinic: Clinic, _: Anchors) -> bool:
        await check_schema(clinic.store.engine)
        for workspace in await clinic.workspaces():
            if await bounce(clinic, workspace.id, found.letter, found.status):
                return True
        return False

    return _run(settings, work)


def _run(settings: Settings, work: Callable[[Clinic, Anchors], Awaitable[Answer]]) -> Answer:
    async def main() -> Answer:
        clinic, anchors = open_clinic(settings)
        try:
            return await work(clinic, anchors)
        except Refusal as refusal:
            raise StoreError(refusal.sentence) from None
        finally:
            await clinic.store.close()

    return asyncio.run(main())
