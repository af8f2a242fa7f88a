"""The ``drift-detector`` command."""

from __future__ import annotations

import sys
from datetime import timedelta

from drift_detector.app import Detector
from drift_detector.catalog.load import load_catalog
from drift_detector.compare.hidden_values import hasher_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.store import FactStore
from drift_detector.explain.mode import explain_mode
from drift_detector.rules.load import load_rules
from drift_detector.settings import DetectorSettings
from tfdrift.harness import Mode, Runtime, Service
from tfdrift.harness import main as harness_main


async def run(runtime: Runtime[DetectorSettings]) -> None:
    """Run the detector until the service is to stop."""
    settings = runtime.settings
    key = settings.hash_key
    context = EvaluationContext(
        load_catalog(),
        load_rules(settings.rules),
        timedelta(minutes=settings.unconfirmed_after_minutes),
        hasher_of(key.get_secret_value().encode()) if key is not None else None,
    )
    retention = timedelta(hours=settings.retention_hours)
    resolved_retention = timedelta(hours=settings.resolved_retention_hours)
    detector = Detector(runtime.bus, FactStore(context), retention, settings.rules, resolved_retention)
    await detector.run(runtime)


SERVICE = Service(
    name="drift-detector",
    description="Compares what cloud calls claim with what Terraform states record, and reports where they differ.",
    settings=DetectorSettings,
    run=run,
    check=lambda settings: load_rules(settings.rules),
    modes={
        "explain": Mode(
            help="print how the calls of an alert file are understood against a state file",
            arguments=("ALERT.json", "STATE.tfstate"),
            act=explain_mode,
        )
    },
)


def main() -> int:
    """The console script; returns the exit code."""
    return harness_main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
