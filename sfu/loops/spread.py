"""Taken packets for all subscriptions of their streams: which rows are written, in which order.

Audio first, then by client, so that what goes to one leaves together; packets of a subscription
stay together, and those of a stream in order.
"""

from sfu.tables import INT, NEVER, Ints, Rows, row_of
from turn.compiling import compiled

ROW = row_of(subscription=INT, packet=INT, next=INT)


@compiled
def spread(
    streams: Rows, clients: Rows, subscriptions: Rows, listed: Rows, touched: Ints, count: int,
    taken: Rows, turn: int, rows: Rows, order: Ints,
) -> int:  # fmt: skip
    """Write rows, and to `order` which of them comes when. Returns how many there are."""
    end = 0
    for part in range(2):
        begin, first, last = end, NEVER, NEVER
        for index in range(count):
            stream = streams[touched[index]]
            if (stream.is_audio == 0) != (part == 1):
                continue
            packet = stream.chain_first
            while packet != NEVER:
                for place in range(stream.fan_at, stream.fan_at + stream.fan_count):
                    row = rows[end]
                    row.subscription = listed[place].row
                    row.packet = packet
                    row.next = NEVER
                    owner = subscriptions[row.subscription].client
                    client = clients[owner]
                    if client.chain_turn != 2 * turn + part:
                        client.chain_turn = 2 * turn + part
                        client.chain_first = end
                        client.chain_next = NEVER
                        if first == NEVER:
                            first = owner
                        else:
                            clients[last].chain_next = owner
                        last = owner
                    else:
                        rows[client.chain_last].next = end
                    client.chain_last = end
                    end += 1
                packet = taken[packet].next
        unroll(clients, rows, first, begin, order)
    return end


@compiled
def unroll(clients: Rows, rows: Rows, first: int, begin: int, order: Ints) -> None:
    """The chains of clients one after the other."""
    while first != NEVER:
        row = clients[first].chain_first
        while row != NEVER:
            order[begin] = row
            begin += 1
            row = rows[row].next
        first = clients[first].chain_next
