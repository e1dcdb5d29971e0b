from sfu.feedback.remb import HIGHEST, LOWEST, START, ReceiveEstimate


def test_the_first_value_lets_all_layers_start() -> None:
    assert ReceiveEstimate().update(received=0.0, loss=0.0) == START


def test_it_grows_with_what_is_really_sent() -> None:
    estimate = ReceiveEstimate()
    for _ in range(30):
        estimate.update(received=3e6, loss=0.0)

    assert estimate.bitrate == 4.5e6


def test_a_drop_of_the_measured_rate_alone_takes_nothing_away() -> None:
    estimate = ReceiveEstimate()
    estimate.update(received=9e6, loss=0.0)
    before = estimate.bitrate

    assert estimate.update(received=1e3, loss=0.0) == before


def test_heavy_loss_halves_its_share() -> None:
    assert ReceiveEstimate().update(received=3e6, loss=0.2) == START * 0.9


def test_some_loss_changes_nothing() -> None:
    assert ReceiveEstimate().update(received=3e6, loss=0.05) == START


def test_it_stays_within_its_limits() -> None:
    estimate = ReceiveEstimate()
    for _ in range(50):
        estimate.update(received=1e9, loss=0.0)
    assert estimate.bitrate == HIGHEST
    for _ in range(50):
        estimate.update(received=0.0, loss=1.0)
    assert estimate.bitrate == LOWEST
