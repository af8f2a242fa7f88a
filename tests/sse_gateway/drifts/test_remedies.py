"""What can be done about a drift."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from drift_detector.rules.format import Rules
from sse_gateway.drifts.remedies import remedies
from tests.sse_gateway.stored import drift
from tfdrift.events import DriftKind, DriftStatus, UserIdentity
from tfdrift.subjects import Provider


def found(**changes: Any) -> dict[str, dict[str, str]]:
    """Returns the remedies of a drift by kind."""
    return {remedy["kind"]: remedy for remedy in remedies(drift(1, **changes))}


def test_a_changed_resource_is_put_back_by_its_address() -> None:
    """The address is quoted for the shell, whatever is in it."""
    text = found(address='module.a["it\'s"].aws_instance.web[0]')["restore"]["text"]
    target = "-target='module.a[\"it'\"'\"'s\"].aws_instance.web[0]'"
    assert text == f"terraform plan {target}\nterraform apply {target}"


def test_an_unmanaged_resource_is_imported() -> None:
    """Its id is a text of HCL, in which nothing is evaluated."""
    unmanaged = found(kind=DriftKind.UNMANAGED, address=None, resource_name=None, resource_id='i-1"${x}')
    assert "restore" not in unmanaged
    assert 'to = aws_instance.i_1_x\n  id = "i-1\\"$${x}"' in unmanaged["import"]["text"]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_call_is_shown_in_the_console_of_its_partition(region: str, host: str) -> None:
    """By its event id."""
    url = found(region=region, event_id="e-1/?")["inspect"]["text"]
    assert url == f"https://{host}/cloudtrailv2/home?region={region}#/events/e-1%2F%3F"


@pytest.mark.parametrize(
    "changes", [{"event_id": None}, {"event_id": "e", "region": "evil.example.org/"}, {"provider": Provider.GCP}]
)
def test_what_is_not_known_is_not_offered(changes: dict[str, Any]) -> None:
    """No console link without an event of AWS and its region."""
    assert "inspect" not in found(**changes)


def test_a_resolved_drift_is_only_looked_at() -> None:
    """There is nothing to put back or to accept."""
    assert list(found(status=DriftStatus.RESOLVED, event_id="e-1")) == ["inspect"]


def test_the_ignore_rule_is_one_of_the_detectors() -> None:
    """It is about just such a change: type, attribute, kind, workspace and person."""
    text = found(attribute="tags.Env", user_identity=UserIdentity(user_name="j*ne"))["ignore"]["text"]
    rules = Rules.model_validate({"default": dict.fromkeys(DriftKind, "low"), "ignore": yaml.safe_load(text)})
    (rule,) = rules.ignore
    assert rule.kinds == (DriftKind.MODIFIED,)
    assert yaml.safe_load(text)[0]["users"] == ["j?ne"]
