"""What the command prints, from drifts as the gateway answers them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from tfdrift.cli.render import change, drift_row, drift_text, reaches, table, value, workspace_row
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


def test_an_id_is_shown_whole_on_a_narrow_terminal() -> None:
    """It is typed into the next command."""
    identifier = "ae3b9f8bffe8" * 3
    narrow = Console(width=80, record=True, file=io.StringIO())
    titles = ("severity", "workspace", "resource", "change", "by", "at", "id")
    narrow.print(table(titles, [drift_row(drift(id=identifier))]))
    assert identifier in narrow.export_text()


def test_history_and_remedies_are_lines_of_their_own() -> None:
    """Values as in JSON, and commands that can be copied."""
    step = {"at": "2026-11-23T22:24:41.000000Z", "old_value": True, "new_value": None, "serial": 3}
    remedy = {
        "kind": "restore",
        "title": "Put it back.",
        "language": "shell",
        "text": "terraform plan\nterraform apply",
    }
    lines = drift_text(drift(history=[step], remedies=[remedy]))
    assert "  2026-11-23T22:24:41.000000Z  true  3" in lines
    assert lines[-3:] == ["  Put it back.", "    terraform plan", "    terraform apply"]


def test_a_workspace_has_its_condition() -> None:
    """What is wrong is in the last column."""
    well = {"workspace": "prod", "serial": 87, "resource_count": 16, "condition": None}
    assert workspace_row(well) == ("prod", "87", "16", "-")
    assert workspace_row(well | {"condition": "truncated"})[-1] == "truncated"
