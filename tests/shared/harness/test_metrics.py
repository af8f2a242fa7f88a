"""The metrics of all services, against the conventions and the documentation."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
MODULES = {
    "Every service": (
        "tfdrift.harness.browsers",
        "tfdrift.harness.certificate",
        "tfdrift.harness.connection",
        "tfdrift.harness.periodic",
        "tfdrift.harness.readiness",
        "tfdrift.bus.bucket",
        "tfdrift.bus.connection",
        "tfdrift.bus.consumer",
        "tfdrift.bus.overrun",
        "tfdrift.bus.streams",
    ),
    "ingest-falco": ("ingest_falco.metrics",),
    "ingest-tfstate": ("ingest_tfstate.metrics",),
    "drift-detector": ("drift_detector.metrics",),
    "sse-gateway": ("sse_gateway.metrics",),
}
# Whatever grows with users, resources or events would make a series of each.
UNBOUNDED = {"user", "user_name", "arn", "address", "id", "event_id", "resource", "resource_id", "client", "principal"}


def declared() -> dict[tuple[str, str], MetricWrapperBase]:
    """Returns every metric by its service and its name in Prometheus."""
    found = {}
    for service, modules in MODULES.items():
        for module in modules:
            for value in vars(importlib.import_module(module)).values():
                if isinstance(value, MetricWrapperBase):
                    found[service, exposed_name(value)] = value
    return found


def exposed_name(metric: MetricWrapperBase) -> str:
    """Returns the name in Prometheus: a counter ends in ``_total``, which its declaration may omit."""
    return f"{metric._name}_total" if metric._type == "counter" else str(metric._name)


METRICS = declared()


@pytest.mark.parametrize("metric", [*METRICS.values()], ids=[name for _, name in METRICS])
def test_a_metric_follows_the_conventions(metric: MetricWrapperBase) -> None:
    """It has our prefix, a base unit at the end of its name, a help text, and no label without a bound."""
    name = metric._name
    assert re.fullmatch(r"tfdrift_[a-z]+(_[a-z]+)*", name)
    assert not re.search(r"_(milliseconds|ms|minutes|hours|kilobytes|kb|mb|count|total)(_|$)", name)
    if metric._type == "histogram":
        assert name.endswith(("_seconds", "_bytes"))
    assert "_seconds" not in name or name.endswith("_seconds")
    assert "_bytes" not in name or name.endswith("_bytes")
    assert len(metric._documentation) > 10
    assert not UNBOUNDED & set(metric._labelnames)


def test_no_metric_is_declared_in_another_module() -> None:
    """Every metric is in a module that this test reads, so that the documentation has it."""
    root = Path(__file__).parents[3]
    declares = re.compile(r"^from prometheus_client import .*\b(Counter|Gauge|Histogram|Summary|Info|Enum)\b", re.M)
    files = [*root.glob("services/*/src/**/*.py"), *root.glob("shared/src/**/*.py")]
    found = {
        ".".join(path.with_suffix("").parts[path.parts.index("src") + 1 :])
        for path in files
        if declares.search(path.read_text(encoding="utf-8"))
    }
    assert found == {module for modules in MODULES.values() for module in modules}


def test_the_documentation_has_every_metric_and_no_other() -> None:
    """Service, name, type and labels agree both ways."""
    documented = set()
    service = ""
    for line in PAGE.read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            service = line.removeprefix("## ")
        row = re.fullmatch(r"\| `(\w+)` \| (\w+) \| ([\w`, ]*) \| (.+) \|", line)
        if row:
            documented.add((service, row[1], row[2], tuple(re.findall(r"\w+", row[3]))))
    assert documented == {
        (service, name, metric._type, metric._labelnames) for (service, name), metric in METRICS.items()
    }
