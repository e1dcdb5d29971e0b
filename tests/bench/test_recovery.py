from bench.recovery import first_after, longest_gap


def test_the_first_picture_after_a_moment_counts() -> None:
    assert first_after([10.0, 20.0, 30.0], 20.0) == 30.0


def test_a_gap_is_between_two_pictures() -> None:
    assert longest_gap([0.0, 33.0, 533.0, 566.0]) == 500.0
    assert longest_gap([5.0]) == 0.0
