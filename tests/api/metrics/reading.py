"""Prometheus's text, read by prometheus_client's own parser."""

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from api.metrics.families import families
from sfu.stats import NodeStats


class Reading:
    """Values by name and labels, `node` left out; of several nodes the sum."""

    def __init__(self, text: str) -> None:
        self.types: dict[str, str] = {}
        self.labels: set[str] = set()
        self._values: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        for family in text_string_to_metric_families(text):
            self.types[family.name] = family.type
            for sample in family.samples:
                self.labels |= sample.labels.keys()
                labels = frozenset((k, v) for k, v in sample.labels.items() if k != "node")
                key = sample.name, labels
                self._values[key] = self._values.get(key, 0) + sample.value

    def __call__(self, name: str, **labels: str) -> float:
        return self._values[name, frozenset(labels.items())]

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self._values}


class Told:
    """What `generate_latest` takes for a collector."""

    def __init__(self, *nodes: NodeStats) -> None:
        self._nodes = nodes

    def collect(self) -> Iterator[object]:
        yield from families(self._nodes)
