"""What the server has found when it looked at itself, as Prometheus's families of samples."""

from collections.abc import Iterator

from prometheus_client import Metric

from api.clinic.standing import Standing


def check_families(standing: Standing) -> Iterator[Metric]:
    well = Metric("housecall_check_well", "Whether a part was well at the last look.", "gauge")
    took = Metric("housecall_check_seconds", "How long the last look at a part took.", "gauge")
    bad = Metric("housecall_check_failures", "Looks that found a part not well.", "counter")
    for part in standing.parts:
        labels = {"part": part.value}
        seconds = max(one.seconds for one in standing.found if one.part is part)
        well.add_sample(well.name, labels, 0 if part in standing.troubles else 1)
        took.add_sample(took.name, labels, seconds)
        bad.add_sample(f"{bad.name}_total", labels, standing.failures.get(part, 0))
    yield from (well, took, bad)
    if standing.at is not None:
        at = Metric("housecall_check_timestamp_seconds", "When the last look was.", "gauge")
        at.add_sample(at.name, {}, standing.at.timestamp())
        yield at
