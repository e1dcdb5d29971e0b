from sfu.aio.slices import Slice


class Clock:
    now = 5.0

    def __call__(self) -> float:
        return self.now


def test_a_slice_begins_with_the_first_question_and_ends_with_the_turn() -> None:
    clock = Clock()
    one = Slice(0.001, clock)
    clock.now = 6.0
    assert one.has_time()
    clock.now = 6.0009
    assert one.has_time()
    clock.now = 6.0011
    assert not one.has_time()

    one.end()
    assert one.has_time()
