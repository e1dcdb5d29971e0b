from sfu.gather import Gather, GatherRule


def run(gather: Gather, rates: list[float]) -> list[bool]:
    """A second at each of these rates, in packets/s; what it says after each."""
    now, sent, said = 0.0, 0, []
    for rate in rates:
        for _ in range(100):
            now += 0.01
            sent += int(rate / 100)
            gather.note(sent, 0, now)
        said.append(gather.is_on)
    return said


def test_it_begins_with_waiting() -> None:
    assert Gather(GatherRule(), 0.0).is_on


def test_a_load_ends_it_and_less_begins_it_again() -> None:
    rates: list[float] = [1_000, 24_000, 26_000, 24_000, 21_000, 19_000, 24_000]
    assert run(Gather(GatherRule(), 0.0), rates) == [True, True, False, False, False, True, True]


def test_a_single_burst_changes_nothing() -> None:
    gather = Gather(GatherRule(), 0.0)
    gather.note(4_000, 0, 0.01)
    gather.note(4_000, 0, 0.30)
    assert gather.is_on


def test_both_rates_move_together() -> None:
    rates: list[float] = [900, 1_200, 1_300, 1_100, 900]
    rule = GatherRule(below=1_000)

    assert run(Gather(rule, 0.0), rates) == [True, True, False, False, True]


def test_it_can_be_left_out() -> None:
    assert run(Gather(GatherRule(seconds=0), 0.0), [100, 50_000, 100]) == [False, False, False]


def test_a_next_packet_is_sure_while_two_come_in_each_moment() -> None:
    gather = Gather(GatherRule(), 0.0)
    said, came, now = [gather.is_dense], 0, 0.0
    for rate in (1_900, 2_100, 0):
        for _ in range(100):
            now += 0.01
            came += rate // 100
            gather.note(0, came, now)
        said.append(gather.is_dense)

    assert said == [False, False, True, False]


def test_it_is_wide_while_each_packet_goes_to_many() -> None:
    gather = Gather(GatherRule(), 0.0)
    said, sent, came, now = [gather.is_wide], 0, 0, 0.0
    for viewers in (3, 60, 4):
        for _ in range(100):
            now += 0.01
            came += 3
            sent += 3 * viewers
            gather.note(sent, came, now)
        said.append(gather.is_wide)

    assert said == [False, False, True, False]


def test_a_pause_is_not_wide() -> None:
    gather = Gather(GatherRule(), 0.0)
    gather.note(0, 0, 1.0)
    assert not gather.is_wide
