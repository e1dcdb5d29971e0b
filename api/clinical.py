"""The clinic's server within the program: database, keys, and what goes on by itself.

The media server never waits for it. While the database is away the API answers 503, and it is
looked for again every few seconds.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from starlette.routing import Mount

from api.clinic.announcing import forget_addresses
from api.clinic.attendance import Attendance, nobody_is_there
from api.clinic.auditing import retain
from api.clinic.clinic import Clinic
from api.clinic.mailroom import Mailroom, Textroom
from api.clinic.passwords import Passwords
from api.clinic.providers.registry import Providers
from api.clinic.reminding import Reminder
from api.clinic.resealing import reseal
from api.clinic.rooms import Media, Servers
from api.clinic.setup import first_start
from api.clinic.signer import Signer
from api.clinic.sweeping import sweep
from api.clinic.timekeeping import Timekeeper
from api.convener import Convener, registered_with
from api.datafolder import FILES, DataFolder, read_key_file
from api.doorway import watch
from api.files.vault import Vault
from api.joins import Joins
from api.mail import Postman
from api.mailserver import mail_server
from api.middleware import App, Receive, Scope, Send
from api.plan import Plan
from api.relay import Relay
from api.rest.v1.app import make_api
from api.rest.v1.problems import RETRY, problem
from api.selfcheck.building import make_watch
from api.selfcheck.watch import Watch
from api.settings import Settings
from api.store.anchors import Anchors
from api.store.engine import make_engine, parse_url, sqlite_url
from api.store.errors import StoreError, Unavailable
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger
from api.store.migrate import check_role, check_schema, migrate, revision
from api.store.migrations import HEAD
from api.store.store import Store, kind, undisturbed
from api.texts import Texter
from api.textserver import text_carrier
from api.welcome import page_address
from signaling.aio.websocket import SignalingApp
from signaling.ratelimit import RateLimiter

SEARCH = 3.0  # seconds between two looks for a database that is away
LAST_ENTRIES = 1.0  # seconds for those that the end of the server causes
REQUESTS_PER_SECOND, REQUESTS_BURST = 50.0, 500  # of one session or key
ANSWERS = 2.0  # seconds for the database to answer whether it is there
STATUS = "/api/v1/status"  # which asks for no database
DAY = 86_400.0  # seconds between two cuts of old logs

logger = logging.getLogger(__name__)


class Clinical:
    def __init__(self, clinic: Clinic, anchors: Anchors, plan: Plan) -> None:
        self.clinic = clinic
        self.joins = Joins(clinic.store, clinic.presence, plan.keys, self._only_workspace)
        self.attendance = Attendance(clinic)
        self._timekeeper = Timekeeper(clinic)
        self._reminder = Reminder(clinic)
        self._keys = plan.keys
        clinic.signer = Signer(*next(iter(plan.keys.items())))
        server = mail_server(plan.settings.clinic.mail)
        self._postman = None if server is None else Postman(clinic, server)
        self._texter = Texter(clinic)
        self.quiet_room = f"selfcheck-{secrets.token_hex(8)}"  # nobody can guess it
        self.lookout: Watch | None = None
        self.setup: str | None = None
        self._anchors = anchors
        self._settings = plan.settings
        self._ready = asyncio.Event()  # the database has answered, and has the tables
        self._asked: asyncio.Future[bool] | None = None
        self._only: UUID | None = None
        page = page_address(plan.settings, plan.binds, plan.settings.port)
        self._api: App = make_api(clinic, page)

    @classmethod
    async def start(cls, plan: Plan) -> "Clinical":
        """Raises StoreError when the database is there and cannot be used."""
        clinic, anchors = open_clinic(plan.settings)
        clinical = cls(clinic, anchors, plan)
        try:
            await clinical._prepare()
        except Unavailable as error:
            logger.warning("%s: calls go on, the clinic's API answers 503 until it does", error)
        return clinical

    @property
    def route(self) -> Mount:
        return Mount("/api/v1", self._gate)

    def connect(self, media: Media, servers: Servers) -> None:
        """To where the calls are. `servers`: STUN and TURN for an identity."""
        self.clinic.rooms.media = media
        self.clinic.servers = servers

    def look_at_oneself(self, plan: Plan, signaling: SignalingApp, relay: Relay | None) -> None:
        """Once a minute, from the start of `keep` on."""
        self.joins.quiet = self.quiet_room
        server = mail_server(plan.settings.clinic.mail)
        node = DataFolder(plan.settings.data).server_name()
        self.lookout = make_watch(
            plan, self.clinic, signaling, relay, self.quiet_room, server, node
        )

    def watch(self, app: App) -> App:
        """Know who may come in before they do."""
        return watch(
            app, self.clinic.doors, self._keys, lambda: self.clinic.store.now().timestamp()
        )

    async def keep(self) -> None:
        """Until cancelled: look for the database, write what has waited, cut off old entries."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._anchors.keep())
            for keep in self._keeping():
                tasks.create_task(self._once_ready(keep))
            if self.lookout is not None:
                tasks.create_task(self.lookout.keep())
            tasks.create_task(self._watch())

    def _keeping(self) -> Iterator[Callable[[], Awaitable[None]]]:
        """What reads and writes the tables, which may have to be made first."""
        yield self.joins.keep
        yield self.attendance.keep
        yield self._keep_time
        if self.clinic.providers.registered:
            yield Convener(self.clinic).keep
        if self._postman is not None:
            yield self._postman.keep
        yield self._texter.keep

    async def _once_ready(self, keep: Callable[[], Awaitable[None]]) -> None:
        await self._ready.wait()
        await keep()

    async def answers(self) -> bool:
        """Whether the database does, with tables of this version."""
        if not self._ready.is_set():
            return False
        if self._asked is None or self._asked.done():
            self._asked = asyncio.ensure_future(self._ask())
        done, _ = await asyncio.wait({self._asked}, timeout=ANSWERS)
        return bool(done) and self._asked.result()

    async def _ask(self) -> bool:
        try:
            return await revision(self.clinic.store.engine) == HEAD
        except Exception:  # whatever it is
            return False

    def dismiss(self) -> None:
        """Nobody waits for news any longer: the server ends."""
        self.clinic.news.close()

    async def close(self) -> None:
        flushing = asyncio.ensure_future(self.joins.flush())
        await asyncio.wait({flushing}, timeout=LAST_ENTRIES)
        self._anchors.save()
        if self.lookout is not None:
            await self.lookout.close(ANSWERS)
        if self._asked is not None:
            await asyncio.wait({self._asked}, timeout=ANSWERS)
        await self.clinic.store.close()

    async def _gate(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_status = scope["path"].endswith(STATUS)
        if self._ready.is_set() or is_status:
            return await undisturbed(self._serve(scope, receive, send, is_status))
        await self._send_away(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, is_status: bool) -> None:
        if not is_status:
            try:
                await self.attendance.write_until_now()
            except Unavailable:
                return await self._send_away(scope, receive, send)
        await self._api(scope, receive, send)

    async def _send_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        sentence = "The database does not answer. Calls go on; try again in a moment."
        await problem(503, "unavailable", sentence, wait=RETRY)(scope, receive, send)

    async def _prepare(self) -> None:
        await prepare(self.clinic.store, self._settings)
        if (bearer := await first_start(self.clinic)) is not None:
            self.setup = str(bearer)
        for workspace in await self.clinic.workspaces():
            await nobody_is_there(self.clinic, workspace.id)
        self._ready.set()

    async def _keep_time(self) -> None:
        """What the time brings to visits."""
        while True:
            sleep = SEARCH
            try:
                sleep = await undisturbed(self._look())
            except Unavailable:
                pass
            except Exception as error:  # care goes on without it
                logger.error("the visits' times cannot be kept: %s", kind(error))
            await asyncio.sleep(sleep)

    async def _look(self) -> float:
        """Seconds until the next time. Raises Unavailable."""
        await self.attendance.write_until_now()
        found = await self.clinic.workspaces()
        waits = [await self._timekeeper.look(workspace.id) for workspace in found]
        waits += [await self._reminder.look(workspace.id) for workspace in found]
        return max(0.05, min((wait.total_seconds() for wait in waits), default=SEARCH))

    async def _watch(self) -> None:
        while not self._ready.is_set():
            await asyncio.sleep(SEARCH)
            try:
                await undisturbed(self._prepare())
            except Unavailable:
                continue
            except Exception as error:  # calls go on without it
                why = error if isinstance(error, StoreError) else kind(error)
                logger.error("the clinic's database cannot be used: %s", why)
                return
            if self.setup is not None:
                logger.warning("the clinic has no owner yet: `housecall workspace` makes a link")
        await self._reseal()
        while True:
            try:
                await undisturbed(self._cut_logs())
            except Exception as error:  # care goes on without it
                logger.error("old entries of the logs could not be cut off: %s", kind(error))
            await asyncio.sleep(DAY)

    async def _reseal(self) -> None:
        """After a change of keys."""
        if len(self.clinic.keyring.names) == 1:
            return
        try:
            for workspace in await undisturbed(self.clinic.workspaces()):
                await undisturbed(reseal(self.clinic, workspace.id))
        except Exception as error:  # care goes on without it
            logger.error("secrets could not be sealed with the newest key: %s", kind(error))

    async def _cut_logs(self) -> None:
        for workspace in await self.clinic.workspaces():
            await retain(self.clinic, workspace.id)
            await forget_addresses(self.clinic, workspace.id)
            if lost := await sweep(self.clinic, workspace.id):
                logger.error("%d files of patients are not in the data folder any more", lost)

    async def _only_workspace(self) -> UUID | None:
        """Whose a room is that says nothing of it: the only workspace's, if there is but one."""
        if self._only is None:
            found = await self.clinic.workspaces()
            if len(found) != 1:
                return None
            self._only = found[0].id
        return self._only


def open_clinic(settings: Settings) -> tuple[Clinic, Anchors]:
    """Connects to nothing yet. Raises StoreError, DataFolderError, SettingsError."""
    folder = DataFolder(settings.data)
    keyring = Keyring.parse(secret_keys(settings, folder))
    anchors = Anchors(folder)
    url = settings.clinic.database
    engine = make_engine(parse_url(url) if url else sqlite_url(folder.path / "housecall.db"))
    store = Store(engine, Ledger(keyring), lambda: datetime.now(UTC), anchors.note)
    server = mail_server(settings.clinic.mail)
    mailroom = Mailroom(None if server is None else server.sender)
    textroom = Textroom(text_carrier(settings.clinic.sms))
    clinic = Clinic(store, keyring, Passwords(), time.monotonic, mailroom, textroom)
    clinic.providers = Providers(store.now, registered_with(settings.clinic.providers))
    clinic.vault = Vault(folder.path / FILES)
    clinic.file_space = settings.clinic.file_space * 10**9
    clinic.asking = RateLimiter(rate=REQUESTS_PER_SECOND, burst=REQUESTS_BURST)
    return clinic, anchors


def secret_keys(settings: Settings, folder: DataFolder) -> dict[str, str]:
    """The operator's, or one of our own in the data folder. Raises DataFolderError."""
    if settings.clinic.keys:
        return dict(settings.clinic.keys)
    if settings.clinic.key_file:
        return read_key_file(Path(settings.clinic.key_file))
    return folder.secret_keys(new_key)


async def prepare(store: Store, settings: Settings) -> None:
    """Bring the tables to this version where we may, and see that all is as it must be.

    Raises StoreError.
    """
    if store.is_sqlite:
        found = await revision(store.engine)
        if found is None or found < HEAD:
            await migrate(store.engine)
    elif settings.clinic.database_owner:
        await migrate_as_owner(settings)
    await check_role(store.engine)
    await check_schema(store.engine)


async def migrate_as_owner(settings: Settings) -> None:
    """Raises StoreError."""
    if not settings.clinic.database_owner:
        raise StoreError("clinic.database_owner is missing: the role that owns the tables")
    owner = make_engine(parse_url(settings.clinic.database_owner))
    try:
        await migrate(owner, parse_url(settings.clinic.database).username)
    finally:
        await owner.dispose()
