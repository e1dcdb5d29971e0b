"""How many media processes there are, and on which UDP ports.

The rule is LiveKit's: `rtc.udp_port` is one port or a range, and each port has a process.
"""

from collections.abc import Sequence

MOST = 256  # processes; a range as of LiveKit's `port_range_start` is a mistake here


def udp_ports(value: int | str) -> list[int]:
    """7882, or "7882-7885" with both ends. Raises ValueError with a sentence."""
    first, dash, last = (part.strip() for part in str(value).partition("-"))
    ends = (first, last) if dash else (first, first)
    if not all(end.isascii() and end.isdecimal() and int(end) <= 65535 for end in ends):
        raise ValueError(f"rtc.udp_port: {value} is neither a port nor a range of ports")
    ports = range(int(ends[0]), int(ends[1]) + 1)
    if not ports or (dash and not ports[0]):
        raise ValueError(f"rtc.udp_port: {value} is no range: the lower port comes first")
    if len(ports) > MOST:
        raise ValueError(
            f"rtc.udp_port: {value} would be {len(ports)} media processes: give one port for each "
            "core that media may use"
        )
    return list(ports)


def place_workers(asked: int | None, ports: Sequence[int], cores: int) -> list[int]:
    """The UDP port of each media process; none: media stays in the main process.

    `asked`: the operator's number, None for our choice. Raises ValueError with a sentence.
    """
    if asked is None:
        return list(ports) if cores > 1 else []
    if ports[0] == 0:  # each takes a free one
        return [0] * asked
    if asked > len(ports):
        raise ValueError(
            f"{asked} media processes need {asked} UDP ports: set rtc.udp_port to "
            f"{ports[0]}-{ports[0] + asked - 1}"
        )
    return list(ports[:asked])
