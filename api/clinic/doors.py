"""Who may be in which visit's room now: asked for each join, at once, without the database.

A token says who somebody is; whether the door is open for them is said here, so that an old token
opens nothing. What is not known yet is read before the join (`Doors.load`), by whoever stands
around the media server.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from api.clinic.agreement import Agreement
from api.clinic.rights import exceeds, is_person, says_the_same
from api.rules.participation import Part
from api.rules.rooms import workspace_of_room
from signaling.admission import Admission, Refused
from signaling.participant import is_agent
from signaling.tokens import Claims, VideoGrant

REMEMBERED = 20_000  # rooms
AGENTS = "livekit.AgentDispatchService/"
SEND_FOR = AGENTS + "CreateDispatch"
NOT_ASKED = Agreement()

OVER = "meeting_over: this visit is over"
NOT_ADMITTED = "not_admitted: wait until you are let in"
FULL = "room_full_for_plan: the visit has as many people as the plan of the clinic allows"
ELSEWHERE = "other_workspace: the token is of another clinic"
MORE = "more_than_their_part: ask for a new token, with the rights that your part in it has"
TOO_MUCH = "more_than_their_part: nobody in a visit gets more rights than their part in it has"
FIXED = "said_by_the_clinic: workspace, role and meeting of somebody in a visit stay"
NOT_AGREED = (
    "consent_missing: a program hears people only while everybody who is let in has agreed to a "
    "transcript and to notes by a program"
)
NO_AGENTS = "not_by_people: whoever runs the server sends programs into a visit, by an API key"
NOT_KNOWN = "unavailable: the visit cannot be looked up now, try again in a moment"


@dataclass(frozen=True, slots=True)
class Entry:
    """Of one room, as one version of its visit has it."""

    meeting: UUID
    version: int
    admitted: Mapping[str, Part]  # by identity
    seats: int | None
    is_over: bool
    listening: Agreement = NOT_ASKED  # of all who are let in

    @property
    def order(self) -> tuple[int, int]:
        """A word on consent changes no visit."""
        return self.version, self.listening.number


Read = Callable[[UUID, str], Awaitable[Entry | None]]  # of a workspace, by the room's name


class Doors:
    def __init__(self, read: Read) -> None:
        """`read` raises Unavailable."""
        self._read = read
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._policies: dict[UUID, int] = {}  # published since the start, by workspace

    def set(self, room: str, entry: Entry) -> None:
        """Of two versions the later one counts, whichever comes first."""
        known = self._entries.get(room)
        if known is None or known.order <= entry.order:
            self._entries[room] = entry
        self._entries.move_to_end(room)
        if len(self._entries) > REMEMBERED:
            self._entries.popitem(last=False)

    def entry(self, room: str) -> Entry | None:
        return self._entries.get(room)

    def may_listen(self, room: str) -> bool:
        """Whether a program may hear who is in a visit's room: all have agreed, to the text in
        force."""
        entry, workspace = self._entries.get(room), workspace_of_room(room)
        if entry is None or workspace is None:
            return False
        said = entry.listening
        return said.is_given and said.policy >= self._policies.get(workspace, 0)

    def publish(self, workspace: UUID, policy: int) -> list[str]:
        """There is a new text, to which nobody has agreed yet: the rooms for which that is
        another answer."""
        agreed = [
            room for room in self._entries
            if workspace_of_room(room) == workspace and self.may_listen(room)
        ]  # fmt: skip
        self._policies[workspace] = max(policy, self._policies.get(workspace, 0))
        return [room for room in agreed if not self.may_listen(room)]

    async def load(self, room: str) -> None:
        """Know a visit's room before somebody joins it. Raises Unavailable."""
        workspace = workspace_of_room(room)
        if workspace is None or room in self._entries:
            return
        entry = await self._read(workspace, room)
        if entry is not None:
            self.set(room, entry)

    def check(self, admitted: Admission, present: Collection[str]) -> None:
        workspace = workspace_of_room(admitted.room)
        if workspace is None:
            return
        entry = self._entries.get(admitted.room)
        if _is_program(admitted):
            if entry is None:
                raise Refused(503, NOT_KNOWN)
            if entry.is_over:
                raise Refused(403, OVER)
            if is_agent(admitted.claims, admitted.grant):
                self._check_listening(admitted.room)
            return
        said = admitted.claims.attributes.get("ws")
        if entry is not None and said is not None and said != str(workspace):
            raise Refused(401, ELSEWHERE)
        part = _part(entry, admitted.claims)
        if exceeds(admitted.grant, part):
            raise Refused(403, MORE)
        if entry is not None and entry.seats is not None and len(present) >= entry.seats:
            raise Refused(403, FULL)

    def check_change(self, room: str, before: Claims, after: Claims) -> None:
        entry = self._entries.get(room)
        if workspace_of_room(room) is None or not is_person(before.identity):
            return
        if exceeds(after.video or VideoGrant(), _part(entry, before)):
            raise Refused(403, TOO_MUCH)
        if not says_the_same(before.attributes, after.attributes):
            raise Refused(403, FIXED)

    def calls_agents(self, room: str) -> bool:
        """Nobody in a visit has asked for a program that happens to be there."""
        return workspace_of_room(room) is None

    def check_request(self, path: str, claims: Claims) -> None:
        """May the bearer of a token for a visit's room ask the server API for something there? Who
        takes part no longer may not, and nobody may do what only an operator's key should, which
        sends for no program that would not be let in. `path`: of the method. Raises Refused."""
        grant = claims.video
        if grant is None or workspace_of_room(grant.room) is None:
            return
        if not is_person(claims.identity):
            if path == SEND_FOR:
                self._check_listening(grant.room)
            return
        part = _part(self._entries.get(grant.room), claims)
        if exceeds(grant, part):
            raise Refused(403, MORE)
        if path.startswith(AGENTS):
            raise Refused(403, NO_AGENTS)

    def _check_listening(self, room: str) -> None:
        """Raises Refused."""
        if room not in self._entries:
            raise Refused(503, NOT_KNOWN)
        if not self.may_listen(room):
            raise Refused(403, NOT_AGREED)


def _part(entry: Entry | None, claims: Claims) -> Part:
    """Of somebody who is let in. Raises Refused."""
    if entry is None:
        raise Refused(503, NOT_KNOWN)
    if entry.is_over:
        raise Refused(403, OVER)
    part = entry.admitted.get(claims.identity)
    if part is None:
        raise Refused(403, NOT_ADMITTED)
    return part


def _is_program(admitted: Admission) -> bool:
    """A recorder or an agent: only who has an API key's secret makes tokens for them, and never
    one for somebody of the clinic."""
    grant, kind = admitted.grant, admitted.claims.kind
    is_one = grant.recorder or grant.agent or kind in ("agent", "egress")
    return is_one and not is_person(admitted.claims.identity)
