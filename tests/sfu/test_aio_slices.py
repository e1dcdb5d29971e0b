from sfu.aio.slices import Slice


class Clock:
    now = 5.0

    def __call__(self) -> float:
        return self.now


class Stage:
    def __init__(self) -> None:
        self.clock = Clock()
        self.noted: list[float] = []
        self.slice = Slice(self.noted.append, 4.0, 30.0, self.clock)

    def work(self, seconds: float) -> None:
        self.slice.begin()
        self.clock.now += seconds
        self.slice.end()


def test_the_first_question_begins_it() -> None:
    stage = Stage()
    stage.clock.now += 100
    assert stage.slice.has_time()
    stage.clock.now += 3
    assert stage.slice.has_time()
    stage.clock.now += 1
    assert not stage.slice.has_time()


def test_all_work_until_the_next_drain_counts_and_what_lies_between_does_not() -> None:
    stage = Stage()
    stage.work(2)
    stage.clock.now += 100
    assert stage.slice.has_time()
    stage.clock.now += 2
    assert not stage.slice.has_time()

    stage.slice.renew()
    assert stage.noted == [4.0]
    assert stage.slice.has_time()


def test_answers_of_such_work_belong_to_it_and_media_does_not() -> None:
    stage = Stage()
    stage.slice.resume()
    stage.clock.now += 100
    stage.slice.end()
    stage.slice.renew()
    assert stage.noted == []

    stage.work(1)
    stage.slice.resume()
    stage.clock.now += 1
    stage.slice.renew()
    assert stage.noted == [2.0]


def test_a_caller_that_comes_again_shows_that_the_loop_has_turned() -> None:
    stage = Stage()
    for caller in ("tick", "channel"):
        stage.slice.turn(caller)
        stage.clock.now += 2
        stage.slice.end()
    assert not stage.slice.has_time()

    stage.slice.turn("tick")
    assert stage.noted == [4.0]
    assert stage.slice.has_time()


def time_for(stage: Stage) -> float:
    """How long a slice may last now."""
    before = stage.clock.now
    while stage.slice.has_time():
        stage.clock.now += 1
    stage.slice.end()
    return stage.clock.now - before


def test_who_has_much_else_to_do_does_more_of_this_too_up_to_a_limit() -> None:
    stage = Stage()
    stage.slice.renew()
    for others, expected in ((10, 4), (60, 15), (1000, 30), (0, 4)):
        stage.clock.now += others
        stage.slice.renew()
        assert time_for(stage) == expected
