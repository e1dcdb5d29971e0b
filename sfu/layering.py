"""Which layers a packet of a layered video (SVC) belongs to, and what a decoder can begin there.

By the dependency descriptor where the sender gives one, else by what the payload itself says.
"""

from sfu.formats import Format
from sfu.rtp import Header
from simulcast.descriptors import av1, h265, vp9
from simulcast.descriptors.dependency import (
    ABSENT,
    SWITCH,
    Dependency,
    DependencyError,
    Structure,
    parse,
    with_active,
)

MOST = 8  # spatial layers


class Layering:
    """What is known of one stream; `read` takes a packet, the fields say what it is."""

    __slots__ = (
        "_active",
        "_dependency",
        "_descriptor",
        "_since",
        "_structure",
        "_targets",
        "_timestamp",
        "_vp9",
        "count",
        "ends",
        "frame",
        "is_key",
        "spatial",
        "starts",
        "temporal",
    )

    def __init__(self) -> None:
        self.count = 0  # spatial layers; 0 before the first key frame
        self.starts = False  # the first packet of a frame
        self.ends = False  # the last one
        self.is_key = False  # a decoder may begin here
        self.spatial = 0
        self.temporal = 0
        self.frame = -1  # equal in two packets of one frame, -1 when that is not known
        self._vp9 = vp9.Descriptor()
        self._structure: Structure | None = None
        self._since = 0  # the frame that it came with
        self._active = 0  # mask of decode targets
        self._targets: list[int | None] = []  # by spatial layer: the best active decode target
        self._dependency: Dependency | None = None  # of this packet
        self._descriptor = b""
        self._timestamp = -1

    def read(self, form: Format, data: bytes, header: Header, *, is_late: bool) -> bool:
        """False: it says nothing that we understand, or speaks of a key frame that was lost."""
        self._dependency, self._descriptor = None, header.descriptor
        start, end = header.payload, header.end
        if form is Format.VP9 and not self._vp9.read(data, start, end):
            return False
        if header.descriptor:
            return self._read_dependency(header.descriptor, is_late=is_late)
        if form is Format.VP9:
            self._read_vp9()
            return True
        self.spatial = self.temporal = 0
        self.count = 1
        self.frame = header.timestamp
        self.starts = header.timestamp != self._timestamp
        self.ends = header.marker
        if form is Format.AV1:
            self.is_key = av1.is_key_frame(data, start, end)
            self.starts = self.starts and not av1.is_continued(data, start, end)
        else:
            self.is_key = h265.has_parameters(data, start, end) or (
                self.starts and h265.is_key_frame(data, start, end)
            )
        if not is_late:
            self._timestamp = header.timestamp
        return True

    def _read_vp9(self) -> None:
        found = self._vp9
        self.starts, self.ends, self.is_key = found.starts, found.ends, found.is_key
        self.spatial, self.temporal = found.spatial, found.temporal
        self.frame = -1 if found.picture_id < 0 else found.picture_id << 3 | found.spatial
        if found.is_key and found.layers:
            self.count = found.layers
        self.count = max(self.count, found.spatial + 1)

    def _read_dependency(self, descriptor: bytes, *, is_late: bool) -> bool:
        try:
            found = parse(descriptor, self._structure)
        except DependencyError:
            return False
        if found.layer[0] >= MOST:
            return False
        self._dependency = found
        self.starts, self.ends, self.frame = found.starts, found.ends, found.frame
        self.spatial, self.temporal = found.layer
        self.is_key = found.structure is not None and found.starts
        if found.structure is not None and not (is_late and self._is_before(found.frame)):
            self._structure, self._since = found.structure, found.frame
            self.count = min(found.structure.spatial_layers, MOST)
            self._activate(found.structure.everything if found.active is None else found.active)
        elif found.active is not None and found.active != self._active and not is_late:
            self._activate(found.active)
        return True

    def _is_before(self, frame: int) -> bool:
        """Is it older than the structure that we have?"""
        return self._structure is not None and (frame - self._since & 0xFFFF) >= 0x8000

    def _activate(self, mask: int) -> None:
        assert self._structure is not None
        self._active = mask
        self._targets = [self._structure.target(layer, mask) for layer in range(self.count)]

    @property
    def active(self) -> list[int] | None:
        """The spatial layers that the sender sends now; None: it does not say."""
        if self._dependency is None:
            return None
        return [layer for layer, target in enumerate(self._targets) if target is not None]

    def concerns(self, spatial: int) -> bool:
        """Does whoever looks at this spatial layer need the packet?"""
        if self._dependency is None:
            return self.spatial <= spatial
        return self._indication(spatial) != ABSENT

    def opens(self, spatial: int) -> bool:
        """Does nothing from here on need an older picture of a higher temporal layer?"""
        if self._dependency is None:
            return self._vp9.switches and not self.temporal
        return self._indication(spatial) == SWITCH

    def _indication(self, spatial: int) -> int:
        assert self._dependency is not None
        target = self._targets[spatial] if spatial < len(self._targets) else None
        indications = self._dependency.indications
        return ABSENT if target is None or target >= len(indications) else indications[target]

    def descriptor(self, spatial: int) -> bytes:
        """What whoever looks at this spatial layer gets: no decode target is active beyond it."""
        found, structure = self._dependency, self._structure
        if found is None or found.active is None or structure is None:
            return self._descriptor
        shown = sum(1 << index for index, (of, _) in enumerate(structure.targets) if of <= spatial)
        return with_active(self._descriptor, found, len(structure.targets), found.active & shown)
