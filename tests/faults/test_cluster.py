"""A cluster of three nodes and two replicas of each service; ``python -m tests.faults`` inflicts the longer faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.__main__ import suffer


@pytest.mark.parametrize("fault", ["leader-killed", "replicas-paused"])
def test_a_cluster_under_a_fault_loses_repeats_and_leaves_nothing(fault: str, tmp_path: Path) -> None:
    """Alerts, state changes and drifts are on the ledger once, records are fresh, and the drifts are as expected."""
    found = suffer(fault, tmp_path, alerts=400)
    assert found.clean, found
