import pytest

from api.rules.workers import place_workers, udp_ports


@pytest.mark.parametrize(
    ("value", "ports"),
    [
        (7882, [7882]),
        ("7882", [7882]),
        (0, [0]),
        ("7882-7885", [7882, 7883, 7884, 7885]),
        (" 7882 - 7883 ", [7882, 7883]),
        ("7882-7882", [7882]),
    ],
)
def test_a_port_or_a_range_with_both_ends(value: int | str, ports: list[int]) -> None:
    assert udp_ports(value) == ports


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("many", "neither a port"),
        ("-1", "neither a port"),
        ("7882-", "neither a port"),
        ("70000", "neither a port"),
        ("", "neither a port"),
        ("٧٨٨٢", "neither a port"),
        ("7885-7882", "no range"),
        ("0-3", "no range"),
        ("50000-60000", "10001 media processes"),
    ],
)
def test_what_is_none_is_told(value: str, what: str) -> None:
    with pytest.raises(ValueError, match=r"rtc\.udp_port: .*" + what):
        udp_ports(value)


@pytest.mark.parametrize(
    ("asked", "ports", "cores", "placed"),
    [
        (None, [7882], 2, [7882]),
        (None, [7882], 1, []),
        (None, [7882, 7883], 16, [7882, 7883]),
        (None, [7882, 7883], 1, []),
        (0, [7882, 7883], 16, []),
        (1, [7882, 7883], 16, [7882]),
        (2, [7882, 7883], 1, [7882, 7883]),
        (3, [0], 2, [0, 0, 0]),
    ],
)
def test_one_process_for_each_port(
    asked: int | None, ports: list[int], cores: int, placed: list[int]
) -> None:
    assert place_workers(asked, ports, cores) == placed


def test_more_processes_than_ports_are_told_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"3 media processes .* rtc\.udp_port to 7882-7884"):
        place_workers(3, [7882], 4)
