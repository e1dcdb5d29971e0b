"""What a relay does, told to another process."""

from tests.turn.office import make_config
from turn.config import Terms
from turn.policy import Policy, networks


def test_terms_are_the_same_there() -> None:
    media = {"192.0.2.1": {7882, 7883}}
    opened, denied = networks(["10.0.0.0/8"], "opened"), networks(["10.1.0.0/16"], "denied")
    config = make_config(policy=Policy(media, opened, denied, [("10.0.0.1", 22)]))

    terms = Terms.of(config, {1: "192.0.2.1"}, {"203.0.113.5": "192.0.2.1"})

    there = terms.config
    assert (there.hosts, there.realm, there.ports) == (config.hosts, config.realm, config.ports)
    assert there.credentials.passwords("ann") == config.credentials.passwords("ann")
    assert (there.limits, there.rates) == (config.limits, config.rates)
    for peer in ("192.0.2.1", 7883), ("192.0.2.1", 7884), ("10.0.0.1", 22), ("10.0.0.2", 22):
        assert there.policy.allows(peer) == config.policy.allows(peer)
    assert there.policy.allows(("10.0.0.2", 22))
    assert not there.policy.allows(("10.1.0.2", 22))
