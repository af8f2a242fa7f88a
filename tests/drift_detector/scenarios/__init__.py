"""The scenario table: scripts of states and calls, and the drifts that each must end in, by service or kind of change.

The expectations are what Terraform itself would show: a refresh that finds the state as the cloud is, or a change
outside of Terraform.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.drift_detector.scenarios.builders import Scenario

_FOLDER = Path(__file__).parent
_FILES = sorted(path for path in _FOLDER.glob("*/*.py") if path.name != "__init__.py")

# By file (``s3_buckets``), its scenarios by name.
THEMES: dict[str, dict[str, Scenario]] = {
    path.stem: {
        f"{path.stem}: {name}": scenario
        for name, scenario in import_module(f"{__name__}.{path.parent.name}.{path.stem}").SCENARIOS.items()
    }
    for path in _FILES
}
SCENARIOS: dict[str, Scenario] = {name: scenario for theme in THEMES.values() for name, scenario in theme.items()}

__all__ = ["SCENARIOS", "THEMES", "Scenario"]
