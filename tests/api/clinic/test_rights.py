"""What a token lets each part in a visit do: the table of the mission."""

import pytest

from api.clinic.rights import RIGHTS, grant_of
from api.rules.participation import Part

SPEAKS = {"may_publish", "may_subscribe", "may_publish_data"}
TABLE = {
    Part.CLINICIAN: SPEAKS | {"room_admin", "room_record"},
    Part.ASSISTANT: SPEAKS,
    Part.PATIENT: SPEAKS,
    Part.INTERPRETER: SPEAKS,
    Part.FAMILY: SPEAKS,
    Part.SPECIALIST: SPEAKS,
    Part.OBSERVER: {"may_subscribe"},  # and is seen: nobody is hidden from a patient
}


@pytest.mark.parametrize("part", Part)
def test_each_part_has_the_rights_of_the_table(part: Part) -> None:
    grant = grant_of(part, "ward", may_record=True)
    assert {right for right in RIGHTS if getattr(grant, right)} == TABLE[part]
    assert (grant.room_join, grant.room) == (True, "ward")


@pytest.mark.parametrize("part", Part)
def test_without_recordings_in_the_plan_nobody_has_the_right_to_them(part: Part) -> None:
    assert not grant_of(part, "ward", may_record=False).room_record
