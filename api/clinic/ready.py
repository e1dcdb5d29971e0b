"""What the pages of those who wait have found: whether camera and microphone work."""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

REMEMBERED = 20_000  # people who wait


@dataclass(frozen=True, slots=True)
class Devices:
    camera: bool
    microphone: bool


class Readiness:
    """In memory: a page says it again when it asks for its place after a restart."""

    def __init__(self) -> None:
        self._devices: OrderedDict[UUID, Devices] = OrderedDict()

    def note(self, participant: UUID, devices: Devices) -> None:
        self._devices[participant] = devices
        self._devices.move_to_end(participant)
        if len(self._devices) > REMEMBERED:
            self._devices.popitem(last=False)

    def of(self, participant: UUID) -> Devices | None:
        return self._devices.get(participant)
