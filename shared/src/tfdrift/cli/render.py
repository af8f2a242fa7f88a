"""What the command prints: rows of tables, and one drift as text. Nothing here does I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from tfdrift.severity import Severity

COLOURS: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_MAX_VALUE: Final = 60

_KINDS: Final = {
    "modified": "a managed value was changed",
    "deleted": "a resource that the state has was deleted",
    "unmanaged": "a resource was made that no state has",
    "unconfirmed": "it claimed to be Terraform's, and no state confirmed it",
}
_ENDINGS: Final = {
    "reverted": "a person or a service set the cloud back to what the state records",
    "applied": "Terraform put its value back, or wrote the new one, and the state agrees",
    "absorbed": "a refresh took the foreign value into the state",
    "destroyed": "the resource left the state",
    "dismissed": "somebody, or a rule, dismissed it",
}

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


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table with a colour for the severity; what is typed into the next command is never shortened."""
    found = Table(box=None, header_style="bold")
    for title in titles:
        found.add_column(title, no_wrap=title in ("id", "number"), overflow="fold")
    for row in rows:
        found.add_row(*(Text(cell, style=COLOURS.get(cell, "") if not n else "") for n, cell in enumerate(row)))
    return found


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
    lines.append("remedies:")
    for remedy in drift.get("remedies") or ():
        lines += [f"  {remedy['title']}", *(f"    {line}" for line in str(remedy["text"]).splitlines())]
    return lines


def explanation(drift: Json) -> list[str]:
    """Why a drift was found: what state and call say, which rules judged it, and what became of it."""
    call = f"the call {drift['event_name']} ({drift['event_id']})" if drift.get("event_name") else "a plan"
    attribute = drift.get("attribute")
    place = f"{where(drift)} of the workspace {drift['workspace']}" if drift.get("workspace") else where(drift)
    lines = [place]
    if attribute:
        lines.append(f"  the state records {attribute} = {value(drift['old_value'])}")
        new = "a value that is not known" if drift.get("value_unknown") else value(drift["new_value"])
        lines.append(f"  {call} of {who(drift)} set it to {new} at {drift['timestamp']}")
    else:
        lines.append(f"  {call} of {who(drift)} at {drift['timestamp']}: {_KINDS[drift['kind']]}")
    if drift.get("detail"):
        lines.append(f"  limited: {drift['detail']}")
    rules = ", ".join(drift.get("matched_rules") or ()) or "no rule, so the default"
    lines.append(f"  severity {drift['severity']}, by {rules}")
    ended = _ENDINGS.get(str(drift.get("resolution")))
    lines.append(
        f"  it has ended: {ended}" if ended else "  it is open, since no later call or state agrees with the other"
    )
    return [*lines, "steps:", *(f"  {_step(step)}" for step in drift.get("history") or ())]


def _step(step: Json) -> str:
    return "  ".join(text if isinstance(text, str) else value(text) for text in step.values() if text is not None)


def reaches(drifts: Iterable[Json], severity: Severity) -> bool:
    """Whether any drift is as severe or more."""
    return any(Severity(drift["severity"]) in severity.and_above() for drift in drifts)


def workspace_row(workspace: Json) -> tuple[str, ...]:
    """The cells of one workspace: name, serial, resources, and what is wrong with it."""
    return (
        str(workspace["workspace"]),
        str(workspace["serial"]),
        str(workspace["resource_count"]),
        str(workspace["condition"] or "-"),
    )
