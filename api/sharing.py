"""Services that are given the web server's port come in by its listener."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.listen import EVERYWHERE, resolved
from api.plan import Plan
from api.rules.publicity import PublicPorts
from api.settings import SettingsError
from sfu.aio.listening import EngineConfig, advertised, unique
from sfu.media import Candidate


@dataclass(frozen=True, slots=True)
class Sharing:
    """Of the port of HTTP, in all of its addresses."""

    port: int
    hosts: frozenset[str]

    @classmethod
    def of(cls, plan: Plan) -> "Sharing":
        """Raises ListenError when an address is none."""
        return cls(plan.settings.port, frozenset(resolved(plan.binds)))

    def has(self, port: int | None) -> bool:
        return bool(port) and port == self.port

    def reaches(self, address: str) -> bool:
        return address in self.hosts or EVERYWHERE[":" in address] in self.hosts

    def reached(self, addresses: Sequence[str], setting: str) -> list[str]:
        """Those of our addresses that it is listened on, since clients may be told no others.

        Raises SettingsError when none is.
        """
        found = [address for address in addresses if self.reaches(address)]
        if not found:
            raise SettingsError(
                f"{setting} is the port of HTTP, which does not listen on {addresses[0]}: "
                "name it in bind_addresses too"
            )
        return found


def shared_candidates(
    sharing: Sharing, config: EngineConfig, ports: PublicPorts
) -> Sequence[Candidate]:
    """Where clients reach media over TCP by the port of HTTP. Raises SettingsError."""
    reached = sharing.reached(config.addresses, "rtc.tcp_port")
    port = ports.tcp(sharing.port)
    told = [Candidate("tcp", ip, port) for bound in reached for ip in advertised(config, bound)]
    return unique(told)
