"""Dependency descriptor: what a frame needs, and who needs it (AV1 RTP, appendix A).

It comes as a header extension with AV1, and with VP9 from some senders. A structure, sent with each
key frame, lists templates for the frames that follow; a frame names one of them.
"""

from typing import NamedTuple

from simulcast.descriptors.bits import BitReader, BitsError

ABSENT, DISCARDABLE, SWITCH, REQUIRED = range(4)  # indications for a decode target
MANDATORY = 3  # bytes of a descriptor that says nothing beyond its template
FLAGS = 5  # bits behind those
HAS_ACTIVE = 0x08  # of them
MOST_TEMPLATES = 64
NEXT_TEMPORAL, NEXT_SPATIAL, NO_MORE = 1, 2, 3

Layer = tuple[int, int]  # spatial, temporal


class DependencyError(ValueError):
    """It is cut off, or names a template that is not known."""


class Structure(NamedTuple):
    offset: int  # the number of the first template
    layers: list[Layer]  # by template
    indications: list[tuple[int, ...]]  # by template, then by decode target
    targets: list[Layer]  # what each decode target shows

    @property
    def spatial_layers(self) -> int:
        return max(spatial for spatial, _ in self.layers) + 1

    @property
    def everything(self) -> int:
        """The mask of all decode targets."""
        return (1 << len(self.targets)) - 1

    def target(self, spatial: int, active: int) -> int | None:
        """The decode target with this spatial layer and the most temporal ones that are active."""
        found = [
            (temporal, index)
            for index, (of, temporal) in enumerate(self.targets)
            if of == spatial and active >> index & 1
        ]
        return max(found)[1] if found else None


class Dependency(NamedTuple):
    """What one packet's descriptor says."""

    starts: bool  # the first packet of its frame
    ends: bool  # the last one
    frame: int  # 16 bits
    layer: Layer
    indications: tuple[int, ...]  # by decode target
    structure: Structure | None  # given here: a key frame
    active: int | None  # mask of decode targets, where it is given
    active_at: int  # the bit where the mask is, or would be; 0 in the shortest form


def parse(data: bytes, known: Structure | None) -> Dependency:
    """`known`: the structure of the key frame before. Raises DependencyError."""
    try:
        return _parse(data, known)
    except BitsError:
        raise DependencyError("the descriptor is cut off") from None


def _parse(data: bytes, known: Structure | None) -> Dependency:
    if len(data) < MANDATORY:
        raise DependencyError("the descriptor is cut off")
    first = data[0]
    frame = data[1] << 8 | data[2]
    given, active, active_at = None, None, 0
    custom = 0
    bits = BitReader(data)
    if len(data) > MANDATORY:
        bits.read(MANDATORY * 8)
        flags = bits.read(FLAGS)
        custom = flags & 0x04
        if flags & 0x10:
            given = _read_structure(bits)
            active = given.everything
        active_at = len(data) * 8 - bits.left
        structure = given or known
        if flags & HAS_ACTIVE:
            if structure is None:
                raise DependencyError("there is no structure yet")
            active = bits.read(len(structure.targets))
    structure = given or known
    if structure is None:
        raise DependencyError("there is no structure yet")
    index = (first & 0x3F) - structure.offset & MOST_TEMPLATES - 1
    if index >= len(structure.layers):
        raise DependencyError(f"template {first & 0x3F} is not known")
    indications = structure.indications[index]
    if custom:
        indications = tuple(bits.read(2) for _ in structure.targets)
    return Dependency(
        first & 0x80 != 0,
        first & 0x40 != 0,
        frame,
        structure.layers[index],
        indications,
        given,
        active,
        active_at,
    )


def _read_structure(bits: BitReader) -> Structure:
    offset = bits.read(6)
    targets = bits.read(5) + 1
    layers = _read_layers(bits)
    indications = [tuple(bits.read(2) for _ in range(targets)) for _ in layers]
    for _ in layers:
        while bits.read(1):  # distances to the frames that it refers to
            bits.read(4)
    _skip_chains(bits, targets, len(layers))
    if bits.read(1):
        for _ in range(layers[-1][0] + 1):
            bits.read(32)  # width and height
    shown = [
        (
            _highest(layers, indications, target, of=0),
            _highest(layers, indications, target, of=1),
        )
        for target in range(targets)
    ]
    return Structure(offset, layers, indications, shown)


def _read_layers(bits: BitReader) -> list[Layer]:
    layers: list[Layer] = []
    spatial = temporal = 0
    while True:
        layers.append((spatial, temporal))
        step = bits.read(2)
        if step == NO_MORE:
            return layers
        if len(layers) == MOST_TEMPLATES:
            raise DependencyError("too many templates")
        if step == NEXT_TEMPORAL:
            temporal += 1
        elif step == NEXT_SPATIAL:
            spatial, temporal = spatial + 1, 0


def _skip_chains(bits: BitReader, targets: int, templates: int) -> None:
    chains = _read_non_symmetric(bits, targets + 1)
    if chains:
        for _ in range(targets):
            _read_non_symmetric(bits, chains)
        bits.read(4 * chains * templates)


def _read_non_symmetric(bits: BitReader, count: int) -> int:
    """A number below `count`: ns(n)."""
    width = count.bit_length()
    short = (1 << width) - count
    value = bits.read(width - 1)
    return value if value < short else (value << 1) - short + bits.read(1)


def _highest(
    layers: list[Layer], indications: list[tuple[int, ...]], target: int, *, of: int
) -> int:
    """The highest spatial (0) or temporal (1) layer among the frames of a decode target."""
    return max(
        (
            layer[of]
            for layer, row in zip(layers, indications, strict=True)
            if row[target] != ABSENT
        ),
        default=0,
    )


def with_active(data: bytes, found: Dependency, targets: int, mask: int) -> bytes:
    """The descriptor with this mask of active decode targets, of which there are `targets`.

    As it is when it has only the shortest form, in which nothing of that is said.
    """
    at = found.active_at
    if not at:
        return data
    size = len(data) * 8
    value = int.from_bytes(data, "big")
    flag = HAS_ACTIVE << size - MANDATORY * 8 - FLAGS
    behind = size - at  # bits
    replaced = targets if value & flag else 0
    tail = behind - replaced
    value |= flag
    head = value >> behind
    bits = (head << targets | mask & (1 << targets) - 1) << tail | value & (1 << tail) - 1
    length = at + targets + tail
    octets = (length + 7) // 8
    return (bits << octets * 8 - length).to_bytes(octets, "big")
