"""How the outside reaches what listens here, when a NAT or Docker stands between."""

import re
from collections.abc import Mapping

# As Docker writes a port: "3478/udp", or "3478" for both protocols.
INSIDE = re.compile(r"(\d{1,5})(?:/(tcp|udp))?")


class PublicPorts:
    """The port outside for one inside; ports that nothing is said of are the same."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        """ValueError when a key is no port."""
        self._outside: dict[tuple[int, str], int] = {}
        for inside, outside in ports.items():
            found = INSIDE.fullmatch(inside)
            if found is None or not 0 < int(found[1]) < 65536:
                raise ValueError(f"public.ports: {inside!r} is neither a port nor like 3478/udp")
            for protocol in (found[2],) if found[2] else ("tcp", "udp"):
                self._outside[int(found[1]), protocol] = outside

    def tcp(self, inside: int) -> int:
        return self._outside.get((inside, "tcp"), inside)

    def udp(self, inside: int) -> int:
        return self._outside.get((inside, "udp"), inside)
