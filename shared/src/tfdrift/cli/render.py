"""What the command prints: rows of tables, and one drift as text. Nothing here does I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tfdrift.severity import Severity

COLOURS: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_MAX_VALUE: Final = 60

Json = Mapping[str, Any]


def value(text: object) -> str:
    """A value on one line, shortened where it is long."""
    line = json.dumps(text, ensure_ascii=False, separators=(", ", ": "))
    return line if len(line) <= _MAX_VALUE else f"{line[: _MAX_VALUE - 1]}…"


def change(drift: Json) -> str:
    """What drifted, from which value to which."""
    if not drift.get("attribute"):
        return str(drift["kind"])
    new = "(unknown)" if drift.get("value_unknown") else value(drift["new_value"])
    return f"{drift['attribute']}: {value(drift['old_value'])} → {new}"


def who(drift: Json) -> str:
    """The person behind a drift, or what is known of it."""
    identity = drift.get("user_identity") or {}
    return str(identity.get("user_name") or identity.get("arn") or identity.get("type") or "-")


def where(drift: Json) -> str:
    """The address of a drift's resource, or its id where no state has it."""
    return str(drift.get("address") or drift.get("resource_id") or drift["resource_type"])


def drift_row(drift: Json) -> tuple[str, ...]:
    """The cells of one drift: severity, workspace, resource, change, person, time, id."""
    return (
        str(drift["severity"]),
        str(drift.get("workspace") or "-"),
        where(drift),
        change(drift),
        who(drift),
        str(drift["timestamp"])[:19],
        str(drift["id"]),
    )


def drift_text(drift: Json) -> list[str]:
    """One drift in full: what, who, its history and what can be done about it."""
    status = f"{drift['status']} ({drift['resolution']})" if drift.get("resolution") else str(drift["status"])
    lines = [
        f"{drift['severity']}  {where(drift)}  {status}",
        f"  {change(drift)}",
        f"  by {who(drift)} from {drift.get('source_ip') or '-'} with {drift.get('event_name') or '-'}",
        f"  at {drift['timestamp']}, detected at {drift['detected_at']}",
    ]
    lines += [f"  rule: {rule}" for rule in drift.get("matched_rules") or ()]
    lines += ["history:", *(f"  {_step(step)}" for step in drift.get("history") or ())]
    lines += ["remedies:", *(f"  {_remedy(remedy)}" for remedy in drift.get("remedies") or ())]
    return lines


def _step(step: Json) -> str:
    return "  ".join(str(text) for text in step.values() if isinstance(text, str | int | float))


def _remedy(remedy: object) -> str:
    if isinstance(remedy, Mapping):
        return "  ".join(str(text) for text in remedy.values() if isinstance(text, str))
    return str(remedy)


def reaches(drifts: Iterable[Json], severity: Severity) -> bool:
    """Whether any drift is as severe or more."""
    return any(Severity(drift["severity"]) in severity.and_above() for drift in drifts)


def workspace_row(workspace: Json) -> tuple[str, ...]:
    """The cells of one workspace: name, serial, resources, and what is wrong with it."""
    names = ("name", "workspace"), ("serial",), ("resources", "resource_count"), ("condition", "conditions", "error")
    cells = (next((workspace[name] for name in each if workspace.get(name)), "-") for each in names)
    return tuple(cell if isinstance(cell, str) else value(cell) for cell in cells)
