from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sfu.runs import runs


@given(st.lists(st.integers(0, 3)))
def test_runs_are_the_groups_of_equal_values(values: list[int]) -> None:
    starts, lengths = runs(np.array(values, np.int64))

    groups = [(key, len(list(group))) for key, group in groupby(values)]
    assert [values[start] for start in starts.tolist()] == [key for key, _ in groups]
    assert lengths.tolist() == [length for _, length in groups]
    assert starts.tolist() == [sum(lengths[:n]) for n in range(len(lengths))]
