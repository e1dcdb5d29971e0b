"""What is counted over all streams."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """A new one when the measurement begins."""

    packets: int = 0  # RTP, retransmissions and padding included
    octets: int = 0  # of datagrams
    decrypted: int = 0
    unauthentic: int = 0
    unknown: int = 0  # packets of an SSRC that nobody announced
    padded: int = 0
    marked: int = 0  # of those decrypted, packets with the mark of a load test
    repairs: int = 0  # RTX packets with something in them
    picture_breaks: int = 0
    switch_breaks: int = 0  # a layer that did not begin with a key frame
    switches: int = 0
