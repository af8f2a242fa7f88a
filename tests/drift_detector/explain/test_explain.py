"""`drift-detector --explain`, run as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import console_script
from tests.service_process import run_program

EXAMPLES = Path(__file__).parents[3] / "examples"


def explain(alert: Path, state: Path) -> subprocess.CompletedProcess[str]:
    """Run the mode on two files."""
    return run_program("drift-detector", "--explain", str(alert), str(state), environment=os.environ)


@pytest.fixture(scope="module")
def day() -> list[str]:
    """The explanation of each alert of the example day."""
    result = explain(EXAMPLES / "day.jsonl", EXAMPLES / "prod.tfstate")
    assert result.returncode == 0, result.stderr
    return result.stdout.split("\n\n")


def test_an_alert_may_come_from_standard_input(day: list[str]) -> None:
    """In a container an operator has no file to name."""
    command = [console_script("drift-detector"), "--explain", "-", str(EXAMPLES / "prod.tfstate")]
    with (EXAMPLES / "day.jsonl").open("rb") as alerts:
        result = subprocess.run(command, stdin=alerts, capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.split("\n\n") == day


def test_both_files_cannot_be_standard_input() -> None:
    """One input cannot be two files."""
    refused = explain(Path("-"), Path("-"))
    assert refused.returncode == 64
    assert "only one" in refused.stderr


def part(day: list[str], *words: str) -> str:
    """The one explanation in which all words stand."""
    (found,) = [text for text in day if all(word in text for word in words)]
    return found


def test_a_drift_is_explained_from_call_to_severity(day: list[str]) -> None:
    """Candidates, identity, comparison, rules and outcome are all named."""
    text = part(day, "ec2:AuthorizeSecurityGroupIngress")
    assert "by john.doe (IAMUser, console)" in text
    assert "create aws_security_group_rule security_group_id=" in text
    assert "-> aws_security_group.app (prod)" in text
    assert "compared as sg_rules: different" in text
    assert "severity critical, by the rules open-to-the-world, security-group-rule" in text


def test_no_drift_is_explained_too(day: list[str]) -> None:
    """Why a call claims nothing, or agrees, is what an operator asks most."""
    assert "nothing: the call only read" in part(day, "ec2:DescribeInstances")
    assert "nothing: the call failed (Client.UnauthorizedOperation)" in part(day, "ec2:TerminateInstances")
    applied = part(day, "by apply-4712")
    assert "sanctioned  by terraform" in applied
    assert applied.rstrip().endswith("no drift")


def test_a_call_that_no_resource_could_hold_is_told_from_one_that_is_not_known(tmp_path: Path) -> None:
    """What is missing from the mapping is a fault, what Terraform has no place for is none."""
    fields = {
        "ct.id": "e-1",
        "ct.time": "2026-01-01T12:00:00Z",
        "ct.src": "athena.amazonaws.com",
        "ct.name": "StartQueryExecution",
        "ct.region": "eu-central-1",
        "ct.request": '{"workGroup":"primary"}',
    }
    alert = {
        "uuid": "c0ffee00-0000-4000-8000-000000000001",
        "time": "2026-01-01T12:00:00Z",
        "rule": "AWS infrastructure changed",
        "priority": "Notice",
        "source": "aws_cloudtrail",
        "output": "a query",
        "output_fields": fields,
    }
    path = tmp_path / "alert.json"
    path.write_text(json.dumps(alert), encoding="utf-8")
    assert "no Terraform resource holds what it does" in explain(path, EXAMPLES / "prod.tfstate").stdout
    path.write_text(json.dumps({**alert, "output_fields": {**fields, "ct.name": "CreateNothingKnown"}}), "utf-8")
    assert "the mapping does not know this event" in explain(path, EXAMPLES / "prod.tfstate").stdout


def test_a_state_without_resources_is_explained_against(tmp_path: Path) -> None:
    """It may be the first of a new workspace."""
    empty = tmp_path / "empty.tfstate"
    empty.write_text(json.dumps({"version": 4, "serial": 1, "lineage": "new", "outputs": {}, "resources": []}))
    result = explain(EXAMPLES / "day.jsonl", empty)
    assert result.returncode == 0, result.stderr
    assert "in no state here" in part(result.stdout.split("\n\n"), "ec2:AuthorizeSecurityGroupIngress")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A wrong argument gets one sentence and an exit code of its own."""
    missing = explain(tmp_path / "no.json", EXAMPLES / "prod.tfstate")
    assert missing.returncode == 69
    assert "no.json" in missing.stderr
    broken = tmp_path / "broken.tfstate"
    broken.write_text(json.dumps({"version": 99}))
    wrong = explain(EXAMPLES / "day.jsonl", broken)
    assert wrong.returncode == 69
    assert "broken.tfstate" in wrong.stderr
    assert "Traceback" not in missing.stderr + wrong.stderr


def test_a_rule_that_keeps_a_drift_from_being_told_is_named(tmp_path: Path) -> None:
    """Whoever misses a drift learns which rule to change, be the thing managed or not."""
    first = json.loads((EXAMPLES / "day.jsonl").read_text().partition("\n")[0])
    first["output_fields"] |= {
        "ct.id": "e-2",
        "ct.src": "sqs.amazonaws.com",
        "ct.shortsrc": "sqs",
        "ct.name": "CreateQueue",
        "ct.error": None,
        "ct.readonly": "false",
        "ct.useragent": "cloudformation.amazonaws.com",
        "ct.srcip": "cloudformation.amazonaws.com",
        "ct.request": '{"queueName":"jobs"}',
        "ct.response": '{"queueUrl":"https://sqs.eu-central-1.amazonaws.com/123456789012/jobs"}',
    }
    path = tmp_path / "alert.json"
    path.write_text(json.dumps(first))
    text = explain(path, EXAMPLES / "prod.tfstate").stdout
    assert "ignored     aws_sqs_queue arn:aws:sqs:eu-central-1:123456789012:jobs, by the rule made-by-a-service" in text
