"""How far an IAM policy reaches: whether it gives anyone access, and whether it allows everything.

Source: AWS IAM User Guide, "IAM JSON policy elements". A statement with a condition is not counted, since the condition
may narrow it to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from drift_detector.facts.policies import parse_policy
from tfdrift.events import Json


def allows_anyone(policy: Json) -> bool:
    """Whether a statement without a condition allows something to every principal (``*``)."""
    return any(_is_anyone(statement.get("Principal")) for statement in _open_statements(policy))


def allows_everything(policy: Json) -> bool:
    """Whether a statement without a condition allows every action on every resource."""
    return any(
        "*" in _texts(statement.get("Action")) and "*" in _texts(statement.get("Resource"))
        for statement in _open_statements(policy)
    )


def _open_statements(policy: Json) -> Iterator[dict[str, Json]]:
    parsed = parse_policy(policy)
    statements = parsed.get("Statement") if isinstance(parsed, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, dict) and statement.get("Effect") == "Allow" and not statement.get("Condition"):
            yield statement


def _is_anyone(principal: Json) -> bool:
    return "*" in _texts(principal.get("AWS") if isinstance(principal, dict) else principal)


def _texts(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
