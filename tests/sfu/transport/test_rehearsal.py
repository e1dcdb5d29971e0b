from sfu.transport.rehearsal import rehearse


def test_a_rehearsal_goes_all_the_way() -> None:
    assert rehearse()
