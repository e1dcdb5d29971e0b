from sfu.pulse import SILENT, WATCH, Pulse


def looks_until_lost(pulse: Pulse, waited: float = 0.0) -> int:
    """How many looks it takes; between two the process has waited so long for a core."""
    count = 1
    while pulse.look(count * waited):
        count += 1
    return count


def test_silence_is_noticed_within_a_second() -> None:
    looks = looks_until_lost(Pulse())

    assert (looks - 1) * WATCH >= 0.8
    assert looks * WATCH <= 1.0


def test_a_sign_of_life_begins_the_count_anew() -> None:
    pulse = Pulse()
    for _ in range(SILENT):
        assert pulse.look(0.0)
    pulse.beat()

    assert looks_until_lost(pulse) == SILENT + 1


def test_a_process_that_gets_no_core_is_given_more_time() -> None:
    looks = looks_until_lost(Pulse(), waited=WATCH * 0.9)

    assert 5 < looks * WATCH < 10


def test_one_that_waits_a_little_is_not_starved() -> None:
    assert looks_until_lost(Pulse(), waited=WATCH * 0.4) == SILENT + 1
