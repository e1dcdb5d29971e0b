"""What coturn's test client prints is understood, and what counts of a run."""

import os

from bench.uclient import LOST, Load, Mark, follow

PRINTED = [
    "0: : start_mclient: msz=2, tot_send_msgs=0, tot_recv_msgs=0, tot_send_bytes ~ 0\n",
    "1: : start_mclient: msz=2, tot_send_msgs=90, tot_recv_msgs=80, tot_send_bytes ~ 14400\n",
    "1: : start_mclient: tot_send_msgs=100, tot_recv_msgs=97\n",
    "1: : Total lost packets 3 (3.000000%), total send dropped 0 (0.000000%)\n",
]


def test_what_has_passed_is_found_each_second() -> None:
    said: list[str] = []
    marks = list(follow(PRINTED, os.getpid(), said))

    assert [mark.passages for mark in marks] == [0, 170, 197]
    assert marks == sorted(marks)
    assert LOST.findall("".join(said)) == ["3"]


def test_parts_of_a_run_have_equally_many_packets() -> None:
    load = Load([Mark(0, 1.0), Mark(0, 1.2), Mark(1000, 1.205), Mark(3000, 1.225)], 0)

    assert [round(cost, 2) for cost in load.costs(3)] == [5.0, 10.0, 10.0]
    assert [round(cost, 2) for cost in load.costs(1)] == [8.33]
    assert load.passages == 3000
