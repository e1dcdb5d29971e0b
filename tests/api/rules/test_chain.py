"""Whatever is done to a log afterwards is found."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.chain import Entry, Fault, Finding, Mark, Walk, append, canonical, origin

START = origin("audit_log", "a clinic")


def make(contents: Iterable[dict[str, Any]], start: Mark = START) -> list[Entry]:
    entries = []
    for content in contents:
        entries.append(append(start, content))
        start = Mark(entries[-1].seq, entries[-1].hash)
    return entries


def judge(entries: list[Entry], kept: Iterable[Mark] = (), start: Mark = START) -> list[Finding]:
    walk = Walk(start, kept)
    for entry in entries:
        walk.feed(entry)
    return walk.finish()


def mark(entry: Entry) -> Mark:
    return Mark(entry.seq, entry.hash)


FIVE = make({"action": f"step {n}"} for n in range(5))
HEAD = mark(FIVE[-1])


def test_what_nobody_touched_is_whole() -> None:
    assert judge(FIVE, [HEAD, mark(FIVE[2])]) == []


def test_an_edit_is_found() -> None:
    edited = [*FIVE[:2], replace(FIVE[2], content={"action": "nothing"}), *FIVE[3:]]

    assert judge(edited, [HEAD]) == [Finding(3, Fault.EDITED)]


def test_an_edit_with_a_new_hash_is_found() -> None:
    changed = append(mark(FIVE[1]), {"action": "nothing"})

    assert judge([*FIVE[:2], changed, *FIVE[3:]], [HEAD]) == [Finding(4, Fault.MOVED)]


def test_a_removal_is_found() -> None:
    assert judge(FIVE[:2] + FIVE[3:], [HEAD]) == [Finding(4, Fault.REMOVED)]


def test_removing_the_first_entries_is_found() -> None:
    assert judge(FIVE[2:], [HEAD]) == [Finding(3, Fault.REMOVED)]


def test_a_swap_is_found() -> None:
    swapped = [FIVE[0], FIVE[2], FIVE[1], *FIVE[3:]]

    assert {f.fault for f in judge(swapped, [HEAD])} >= {Fault.REMOVED, Fault.MOVED}


def test_an_end_that_is_cut_off_is_found() -> None:
    assert judge(FIVE[:3], [HEAD]) == [Finding(5, Fault.CUT_OFF)]


def test_a_log_written_anew_is_found() -> None:
    anew = make({"action": "all was well"} for _ in range(7))

    assert judge(anew, [HEAD]) == [Finding(5, Fault.REWRITTEN)]


def test_a_log_goes_on_from_where_it_was_cut_on_purpose() -> None:
    assert judge(FIVE[2:], [HEAD, mark(FIVE[0])], start=mark(FIVE[1])) == []


def test_the_log_of_another_clinic_is_not_ours() -> None:
    assert judge(FIVE, start=origin("audit_log", "another"))[0] == Finding(1, Fault.MOVED)


def test_one_meaning_has_one_way_of_writing() -> None:
    assert canonical({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()
    with pytest.raises(TypeError):
        canonical({"a": {"b": 0.1}})
    with pytest.raises(TypeError):
        canonical({"a": {1: 2}})


TEXTS = st.text(max_size=8)
CONTENTS = st.lists(
    st.dictionaries(TEXTS, TEXTS | st.integers() | st.none(), max_size=3), min_size=2, max_size=8
)


@given(CONTENTS, st.data())
def test_any_change_is_found(contents: list[dict[str, Any]], data: st.DataObject) -> None:
    entries = make(contents)
    head = mark(entries[-1])
    order = data.draw(st.permutations(range(len(entries))))
    count = data.draw(st.integers(0, len(entries)))
    touched = [entries[i] for i in order[:count]]

    assert (judge(touched, [head]) == []) == (touched == entries)
