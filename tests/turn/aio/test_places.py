"""Where the loops find sockets and connections."""

import pytest

from turn.aio.places import Places, port_at
from turn.passing import DOOR, RELAY, STREAM


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"])
def test_a_socket_to_peers_is_found_by_its_port(host: str) -> None:
    places = Places()
    places.add(7, RELAY, 5, (host, 4000))

    assert places.relays[port_at((host, 4000))] == places.of[7] + 1
    assert places.number(places.of[7]) == 7
    assert places.remove(7) == (RELAY, 5)
    assert not places.relays.any()


def test_there_is_room_for_more() -> None:
    places = Places()
    for number in range(200):
        places.add(number, STREAM if number % 2 else DOOR, -1 if number % 2 else 3 * number)

    assert sorted(places.of.values()) == sorted(set(places.of.values()))
    assert places.files[3 * 198] == places.of[198]
    assert places.growths > 0
    assert len(places.sources) == len(places.rows) >= 200
