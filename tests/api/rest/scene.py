"""A visit that is open, with what is asked of it in tests."""

from dataclasses import dataclass
from typing import Any

from tests.api.floor import Floor
from tests.api.house import House, Person
from tests.api.rest.test_meetings import meeting_of, patient_in, patient_of

NOW = {"startsAt": "2027-03-04T12:05:00Z", "duration": 20}


@dataclass
class Scene:
    """An open visit of a clinician's and a patient's."""

    house: House
    floor: Floor
    pat: Person
    patient: str
    id: str
    room: str

    @property
    def olga(self) -> Person:
        return self.house.owner

    @property
    def path(self) -> str:
        return f"/meetings/{self.id}"

    async def now(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.olga.ask("GET", self.path, status=200)
        return found

    async def of(self, role: str = "patient") -> dict[str, Any]:
        return next(p for p in (await self.now())["participants"] if p["role"] == role)

    async def move(self, what: str, status: int = 200, role: str = "patient") -> Any:
        id = (await self.of(role))["id"]
        return await self.olga.ask("POST", f"{self.path}/participants/{id}/{what}", status=status)

    async def knock(self, status: int = 200) -> Any:
        return await self.pat.ask("POST", f"{self.path}/place", status=status)

    async def token(self, person: Person, status: int = 201) -> Any:
        return await person.ask("POST", "/livekit/token", {"meetingId": self.id}, status)


async def open_scene(north: House, floor: Floor | None = None) -> Scene:
    """Nobody has come yet."""
    floor = floor or Floor(north.clinic)
    patient = await patient_of(north)
    made = await meeting_of(north, patientId=patient, **NOW)
    pat = await patient_in(north, patient)
    return Scene(north, floor, pat, patient, made["id"], made["room"])


async def two_meet(north: House) -> Scene:
    """A clinician and a patient are in."""
    scene = await open_scene(north)
    await scene.knock()
    await scene.move("admit")
    await scene.floor.come(scene.olga, scene.id)
    await scene.floor.come(scene.pat, scene.id)
    return scene
