import numpy as np

from sfu.tables import LOG, Clients, Packets, Streams, Subscriptions, Table


def test_scalar_and_vector_access_share_the_memory() -> None:
    table = Subscriptions()
    row = table.add()
    table.ssrc[row] = 0xFFFFFFFF

    assert table.array("ssrc")[row] == 0xFFFFFFFF
    table.array("last_time")[row] = 2.5
    assert table.last_time[row] == 2.5


def test_growing_keeps_what_is_there() -> None:
    table = Streams(capacity=2)
    rows = [table.add() for _ in range(100)]
    for row in rows:
        table.highest[row] = -row

    rows += [table.add() for _ in range(100)]
    assert len(set(rows)) == 200
    assert [table.highest[row] for row in rows[:100]] == [-row for row in rows[:100]]
    assert table.capacity == table.array("highest").shape[0] >= 200


def test_a_row_that_is_used_again_is_all_zero() -> None:
    table = Clients()
    row = table.add()
    table.twcc[row] = 7
    table.log[row * LOG + 3] = 9
    table.remove(row)

    assert table.add() == row
    assert table.twcc[row] == 0
    assert not np.any(table.array("log")[row])


def test_wide_columns_are_flat_for_scalars() -> None:
    table = Clients()
    rows = [table.add(), table.add()]
    table.log[rows[1] * LOG + 5] = 77

    assert table.array("log").shape == (table.capacity, LOG)
    assert table.array("log")[rows[1], 5] == 77


def test_a_new_packet_has_nothing_of_the_one_before() -> None:
    table = Packets(8)
    table.dropped[3 * 2 + 1] = 4
    table.skip[3] = table.ids_at[3] = table.flags[3] = 1
    table.clear(3)

    assert (table.dropped[7], table.skip[3], table.ids_at[3], table.flags[3]) == (0, 0, 0, 0)


def test_every_column_is_in_the_rows_or_beside_them() -> None:
    tables: list[type[Table]] = [Clients, Streams, Subscriptions, Packets]
    for kind in tables:
        table = kind(1)
        assert set(kind.__annotations__) == set(table.arrays)
        beside = {name for name, array in table.arrays.items() if array.base is not table.rows}
        assert beside == set(kind._wide)
