"""What was shown to whom the last time: who looks at the same again and again is told to the audit
log once, and again when there is something else to see."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from api.rules.auditing import Act

if TYPE_CHECKING:
    from api.clinic.caller import Visit

REMEMBERED = 10_000  # lists, each of one session or key


class Shown:
    def __init__(self) -> None:
        self._last: OrderedDict[tuple[UUID, str], tuple[str, ...]] = OrderedDict()

    def tell(
        self, visit: "Visit", action: str, ids: Iterable[object], with_them: Iterable[object] = ()
    ) -> None:
        """That these are shown. Nobody is no news to anybody. `with_them`: what else is new to see
        of the same."""
        caller, told = visit.caller, tuple(str(id) for id in ids)
        key = (caller.session or caller.id, action)
        shown = told + tuple(str(id) for id in with_them)
        if self._last.get(key, ()) == shown:
            return
        if told:
            visit.tx.tell(Act(action, detail={"ids": list(told)}))

        async def remember() -> None:
            self._last[key] = shown
            self._last.move_to_end(key)
            if len(self._last) > REMEMBERED:
                self._last.popitem(last=False)

        visit.tx.afterwards.append(remember)
