"""What is needed for the first packet is loaded before it comes."""

from sfu.aio.rehearsal import PACKETS, rehearse_media


def test_all_packets_of_a_rehearsal_come_through() -> None:
    assert rehearse_media() == PACKETS
