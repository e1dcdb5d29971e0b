"""Names of rooms say whose they are, and nothing else passes for one."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api.rules.rooms import RANDOM_BYTES, make_room, workspace_of_room


@given(st.uuids(), st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES))
def test_a_name_says_whose_it_is(workspace: UUID, random: bytes) -> None:
    name = make_room(workspace, random)
    assert workspace_of_room(name) == workspace
    assert workspace_of_room(name[:-1]) is None
    assert workspace_of_room(name + "=") is None


@given(st.text() | st.text().map("hcv_".__add__))
def test_any_text_is_none_or_the_one_way_of_writing(text: str) -> None:
    workspace = workspace_of_room(text)
    assert workspace is None or text.startswith("hcv_")


def test_other_rooms_are_nobody_s() -> None:
    assert workspace_of_room("visit") is None
