"""Who was given a relayed address, and who was not: for whoever keeps a log of it.

Bounded, whatever comes: nobody has to take notes, and who has no right password is noted a few
times a second, all such together.
"""

from dataclasses import dataclass

MOST = 256  # notes that nobody has taken
UNPROVEN = 5  # a second

GRANTED = 0


@dataclass(slots=True)
class Note:
    user: str  # whose quota it counts for; "" when the password was not right
    client: str  # the host that it came from
    code: int  # GRANTED, or the error code of the answer


class Notes:
    def __init__(self) -> None:
        self._notes: list[Note] = []
        self._second = 0.0
        self._left = UNPROVEN

    def add(self, user: str, client: str, code: int) -> None:
        if len(self._notes) < MOST:
            self._notes.append(Note(user, client, code))

    def add_unproven(self, client: str, code: int, now: float) -> None:
        if now - self._second >= 1.0:
            self._second, self._left = now, UNPROVEN
        if self._left:
            self._left -= 1
            self.add("", client, code)

    def take(self) -> list[Note]:
        taken, self._notes = self._notes, []
        return taken
