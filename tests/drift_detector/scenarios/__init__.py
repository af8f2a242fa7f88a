"""The scenario table: scripts of states and calls, and the drifts that an operator must be told of them, by theme.

The expectations are what Terraform itself would show: a refresh that finds the state as the cloud is, or a change
outside of Terraform.
"""

from __future__ import annotations

from importlib import import_module

from tests.drift_detector.scenarios.terms import Scenario

_THEMES = (
    "policies",
    "values",
    "tags",
    "security_groups",
    "iam",
    "s3",
    "services",
    "silence",
    "estates",
    "lifecycles",
    "networks",
    "vpcs",
    "interfaces",
    "rule_editors",
    "compute",
    "scaling",
    "balancers",
    "fleets",
    "credentials",
    "attachments",
    "buckets",
    "keys",
    "functions",
    "messages",
    "secrets",
    "watches",
    "rarer",
    "databases",
    "containers",
    "edges",
    "fringes",
    "beginnings",
    "clusters",
    "deployments",
    "passing",
    "housekeeping",
    "parts",
    "directories",
    "guardians",
)


# By theme, its scenarios by name.
THEMES: dict[str, dict[str, Scenario]] = {
    theme: {f"{theme}: {name}": scenario for name, scenario in import_module(f"{__name__}.{theme}").SCENARIOS.items()}
    for theme in _THEMES
}
SCENARIOS: dict[str, Scenario] = {name: scenario for theme in THEMES.values() for name, scenario in theme.items()}

__all__ = ["SCENARIOS", "THEMES", "Scenario"]
