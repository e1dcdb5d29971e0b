"""Loops over connections: ChannelData one after another, as it comes and as it leaves."""

from turn.channeldata import END, FIRST
from turn.compiling import compiled, i64
from turn.lanes import NAME, Words
from turn.passing import HEADER, NONE, Octets, Tables, Taken, big_16, take_from_client


@compiled
def take_stream(
    tables: Tables, octets: Octets, begin: int, end: int, number: int, rate: float, now: float,
    key: Words, taken: Taken, first: int, last: int,
) -> tuple[int, int, int]:  # fmt: skip
    """ChannelData that has come by this connection, from the octet `begin` to `end`, as packets
    from `first` on and before `last`.

    Returns the packet and the octet behind them, and how many of them the core has to be asked for.
    A message that is not complete, or is none of these, and all behind it, is left.
    """
    count, left = first, 0
    for word in range(NAME):
        key[word] = 0
    key[NAME + 1] = number
    while count < last and end - begin >= HEADER and FIRST <= octets[begin] < END:
        whole = HEADER + big_16(octets, begin + 2)
        if begin + whole + -whole % 4 > end:
            break
        if not take_from_client(
            tables, octets, begin, whole, key, rate, now, taken, count
        ):  # fmt: skip
            taken.at[count], taken.sizes[count], taken.owners[count] = begin, whole, NONE
            left += 1
        begin += whole + -whole % 4
        count += 1
    return count, begin, left


@compiled
def is_for_others(octets: Octets, begin: int, end: int) -> bool:
    """What is left begins with something that is no ChannelData."""
    return begin < end and not FIRST <= octets[begin] < END


@compiled
def write_out(
    tables: Tables, taken: Taken, target: int, octets: Octets, stream: Octets, begin: int
) -> tuple[int, int]:
    """What leaves by this connection, one after the other; returns where it ends, and how many."""
    place, count = i64(tables.sockets[target].first), 0
    while place >= 0:
        at, size = taken.at[place], taken.sizes[place]
        stream[begin : begin + size] = octets[at : at + size]
        begin += size
        count += 1
        place = taken.chain[place]
    return begin, count
