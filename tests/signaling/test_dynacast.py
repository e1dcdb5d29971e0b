from signaling.dynacast import ALL, NONE, Dynacast
from signaling.timers import Timers


def test_less_is_told_after_a_while_and_more_at_once() -> None:
    dynacast, timers = Dynacast(), Timers()

    assert not dynacast.want(NONE)
    assert dynacast.must_wait
    dynacast.wait(timers.at(5.0, lambda _: None))
    assert not dynacast.must_wait

    assert dynacast.settle()
    assert dynacast.told == NONE
    assert dynacast.want(ALL)
    assert not dynacast.want(ALL)


def test_who_comes_back_in_time_changes_nothing() -> None:
    dynacast, timers = Dynacast(), Timers()
    dynacast.want(0)
    dynacast.wait(timers.at(5.0, lambda _: None))

    assert not dynacast.want(ALL)
    assert timers.next_timeout() is None
    assert dynacast.told == ALL


def test_a_settled_wish_that_did_not_change_is_no_news() -> None:
    dynacast = Dynacast()
    dynacast.wanted = ALL
    assert not dynacast.settle()
