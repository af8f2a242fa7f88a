"""The alert rules: each fires when it should, stays quiet when it should, and has its entry in the runbook."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.shared.harness.test_metrics import METRICS

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules"
RUNBOOK = ROOT / "docs" / "runbook.md"
CASES: dict[str, dict[str, Any]] = yaml.load(  # as texts: `0x9` is nine zeros
    Path(__file__).with_name("fires.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
)
GROUPS: dict[Path, list[dict[str, Any]]] = {
    path: yaml.safe_load(path.read_text(encoding="utf-8"))["groups"] for path in sorted(RULES.glob("*.yml"))
}
ALL = [rule for groups in GROUPS.values() for group in groups for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in ALL if "alert" in rule}
OWN_NAME = re.compile(r"\btfdrift_[a-z_]+")
RECORDED = re.compile(r"\btfdrift:[a-z0-9_:]+")


def promtool() -> str:
    """The program, of Debian's package prometheus; the test is skipped, saying so, without it."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: Debian's package prometheus has it")
    return found


def test_every_alert_has_a_case_and_every_case_an_alert() -> None:
    """No alert goes untested."""
    assert set(CASES) == set(ALERTS)


def test_the_rules_are_valid() -> None:
    """Expressions and the templates of annotations parse."""
    command = [promtool(), "check", "rules", *map(str, GROUPS)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_each_alert_fires_when_it_should_and_not_else(tmp_path: Path) -> None:
    """Promtool evaluates every case; annotations are left out, as it would compare their texts."""
    program = promtool()
    for path, groups in GROUPS.items():
        bare = [
            group | {"rules": [{k: v for k, v in rule.items() if k != "annotations"} for rule in group["rules"]]}
            for group in groups
        ]
        (tmp_path / path.name).write_text(yaml.safe_dump({"groups": bare}), encoding="utf-8")
    tests = []
    for alert, case in CASES.items():
        expected = [{"exp_labels": case["labels"]}]
        tests.append(_case(f"{alert} fires", alert, case["fires"], case["at"], expected))
        if "quiet" in case:
            tests.append(_case(f"{alert} is quiet", alert, case["quiet"], case.get("quiet_at", case["at"]), []))
    suite = {"rule_files": [path.name for path in GROUPS], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "suite.yml").write_text(yaml.safe_dump(suite), encoding="utf-8")
    ran = subprocess.run(
        [program, "test", "rules", "suite.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _case(name: str, alert: str, series: dict[str, str], at: str, expected: list[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": one, "values": str(values)} for one, values in series.items()],
        "alert_rule_test": [{"eval_time": at, "alertname": alert, "exp_alerts": expected}],
    }


def test_the_runbook_has_every_alert_and_no_other() -> None:
    """One heading each, to which the alert leads."""
    headings = re.findall(r"(?m)^### (.+)$", RUNBOOK.read_text(encoding="utf-8"))
    assert headings == list(ALERTS)
    for alert, rule in ALERTS.items():
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{alert.lower()}"
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info", "none")


def exposed_names() -> set[str]:
    """The series that the services expose."""
    exposed = set()
    for (_, name), metric in METRICS.items():
        exposed |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if metric._type == "histogram" else {name}
    return exposed


def recorded_names() -> set[str]:
    """The series that the recording rules write."""
    return {rule["record"] for rule in ALL if "record" in rule}


def test_rules_read_metrics_that_exist() -> None:
    """A renamed metric or recording would leave an alert silent for good."""
    for rule in ALL:
        assert set(OWN_NAME.findall(rule["expr"])) <= exposed_names(), rule
        assert set(RECORDED.findall(rule["expr"])) <= recorded_names(), rule
