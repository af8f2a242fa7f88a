"""What the command prints, from drifts as the gateway answers them."""

from __future__ import annotations

from typing import Any

import pytest

from tfdrift.cli.render import change, drift_row, drift_text, reaches, value
from tfdrift.severity import Severity


def drift(**changed: Any) -> dict[str, Any]:
    """A drift as the gateway answers it, as far as the command reads it."""
    return {
        "id": "d1",
        "severity": "high",
        "status": "open",
        "resolution": None,
        "kind": "modified",
        "workspace": "prod",
        "address": "aws_instance.web",
        "resource_id": "i-1",
        "resource_type": "aws_instance",
        "attribute": "instance_type",
        "old_value": "t3.micro",
        "new_value": "m5.large",
        "user_identity": {"type": "IAMUser", "user_name": "jane"},
        "timestamp": "2026-11-23T22:24:41.000000Z",
        "detected_at": "2026-11-23T22:25:00.000000Z",
    } | changed


def test_a_row_says_what_and_who() -> None:
    """Severity, workspace, resource, change, person, time, id."""
    row = ("high", "prod", "aws_instance.web", 'instance_type: "t3.micro" → "m5.large"', "jane")
    assert drift_row(drift()) == (*row, "2026-11-23T22:24:41", "d1")


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"attribute": None, "kind": "deleted"}, "deleted"),
        ({"value_unknown": True, "new_value": None}, 'instance_type: "t3.micro" → (unknown)'),
        ({"old_value": True, "new_value": None}, "instance_type: true → null"),
    ],
)
def test_a_change_has_a_form_for_each_kind(changed: dict[str, Any], text: str) -> None:
    """A resource has no attribute, and a value may not be known."""
    assert change(drift(**changed)) == text


def test_a_long_value_is_shortened() -> None:
    """One line of a table stays one line."""
    assert value("x" * 500).endswith("…")
    assert len(value("x" * 500)) == 60


def test_a_drift_without_person_or_address_is_shown_too() -> None:
    """Unmanaged resources have no address."""
    text = drift_text(drift(address=None, user_identity=None))
    assert "i-1" in text[0]
    assert "by -" in text[2]


@pytest.mark.parametrize(
    ("limit", "reached"), [(Severity.CRITICAL, False), (Severity.HIGH, True), (Severity.INFO, True)]
)
def test_a_severity_is_reached_by_itself_and_above(limit: Severity, reached: bool) -> None:
    """As ``high+`` in the filters of the gateway."""
    assert reaches([drift()], limit) is reached
    assert not reaches([], limit)
