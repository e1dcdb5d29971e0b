import pytest

from simulcast.layers import HIGH, LOW, MEDIUM, Size, quality_for

PORTRAIT = (Size(180, 320), Size(360, 640), Size(720, 1280))


@pytest.mark.parametrize(
    ("wanted", "quality"),
    [
        (Size(0, 0), LOW),
        (Size(320, 180), LOW),
        (Size(355, 200), LOW),  # a tenth more than there is
        (Size(356, 200), MEDIUM),
        (Size(100, 360), MEDIUM),
        (Size(640, 361), MEDIUM),
        (Size(1280, 720), HIGH),
        (Size(3840, 2160), HIGH),
    ],
)
def test_the_smallest_layer_that_covers_is_taken(wanted: Size, quality: int) -> None:
    assert quality_for(wanted) == quality


def test_a_portrait_track_is_compared_as_it_stands() -> None:
    assert quality_for(Size(180, 320), PORTRAIT) == LOW
    assert quality_for(Size(320, 180), PORTRAIT) == MEDIUM


def test_equal_layers_count_as_the_highest_of_them() -> None:
    assert quality_for(Size(10, 10), (Size(640, 360), Size(640, 360), Size(1280, 720))) == MEDIUM


def test_a_single_layer_is_the_lowest_quality() -> None:
    assert quality_for(Size(1920, 1080), (Size(640, 480),)) == LOW
    assert quality_for(Size(1920, 1080), ()) == HIGH
