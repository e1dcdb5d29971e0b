"""What the choice of layers must know of a packet: all that this folder sees of one."""


class Frame:
    """A note about one packet of video. One object is filled again for each packet."""

    __slots__ = ("is_key", "layer", "size", "starts", "sync", "temporal")

    def __init__(
        self,
        layer: int = 0,
        temporal: int = 0,
        *,
        is_key: bool = False,
        starts: bool = True,
        sync: bool = False,
        size: int = 0,
    ) -> None:
        self.layer = layer  # its quality, LOW 0 to HIGH 2
        self.temporal = temporal  # 0 when the codec has no temporal layers
        self.is_key = is_key  # a decoder may start at this packet
        self.starts = starts  # the first packet of its frame
        self.sync = sync  # depends on temporal layer 0 only: a decoder may go up here
        self.size = size  # bytes of payload
