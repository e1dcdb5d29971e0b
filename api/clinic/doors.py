"""Who may be in which visit's room now: asked for each join, at once, without the database.

A token says who somebody is; whether the door is open for them is said here, so that an old token
opens nothing. What is not known yet is read before the join (`Doors.load`), by whoever stands
around the media server.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from api.rules.rooms import workspace_of_room
from signaling.admission import Admission, Refused

REMEMBERED = 20_000  # rooms

OVER = "meeting_over: this visit is over"
NOT_ADMITTED = "not_admitted: wait until you are let in"
FULL = "room_full_for_plan: the visit has as many people as the plan of the clinic allows"
ELSEWHERE = "other_workspace: the token is of another clinic"
NOT_KNOWN = "unavailable: the visit cannot be looked up now, try again in a moment"


@dataclass(frozen=True, slots=True)
class Entry:
    """Of one room, as one version of its visit has it."""

    meeting: UUID
    version: int
    admitted: frozenset[str]  # identities
    seats: int | None
    is_over: bool


Read = Callable[[UUID, str], Awaitable[Entry | None]]  # of a workspace, by the room's name


class Doors:
    def __init__(self, read: Read) -> None:
        """`read` raises Unavailable."""
        self._read = read
        self._entries: OrderedDict[str, Entry] = OrderedDict()

    def set(self, room: str, entry: Entry) -> None:
        """Of two versions the later one counts, whichever comes first."""
        known = self._entries.get(room)
        if known is None or known.version <= entry.version:
            self._entries[room] = entry
        self._entries.move_to_end(room)
        if len(self._entries) > REMEMBERED:
            self._entries.popitem(last=False)

    def entry(self, room: str) -> Entry | None:
        return self._entries.get(room)

    async def load(self, room: str) -> None:
        """Know a visit's room before somebody joins it. Raises Unavailable."""
        workspace = workspace_of_room(room)
        if workspace is None or room in self._entries:
            return
        entry = await self._read(workspace, room)
        if entry is not None:
            self.set(room, entry)

    def check(self, admitted: Admission, present: Collection[str]) -> None:
        """The guard of the conference. Raises Refused."""
        workspace = workspace_of_room(admitted.room)
        if workspace is None:
            return
        entry = self._entries.get(admitted.room)
        if _is_program(admitted):
            if entry is not None and entry.is_over:
                raise Refused(403, OVER)
            return
        if entry is None:
            raise Refused(503, NOT_KNOWN)
        said = admitted.claims.attributes.get("ws")
        if said is not None and said != str(workspace):
            raise Refused(401, ELSEWHERE)
        if entry.is_over:
            raise Refused(403, OVER)
        if admitted.claims.identity not in entry.admitted:
            raise Refused(403, NOT_ADMITTED)
        if entry.seats is not None and len(present) >= entry.seats:
            raise Refused(403, FULL)


def _is_program(admitted: Admission) -> bool:
    """A recorder or an agent: only who has an API key's secret makes tokens for them."""
    grant, kind = admitted.grant, admitted.claims.kind
    return grant.recorder or grant.agent or kind in ("agent", "egress")
