"""IAM policy documents: their text in a state, and adding or removing statements.

Which documents say the same thing is decided in `drift_detector.compare.policies`.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

from drift_detector.facts.json_text import canonical_text, parse_json
from tfdrift.events import Json


def parse_policy(policy: Json) -> Json | None:
    """Returns the document of a policy; None if it is none.

    It may be given as text, as URL-encoded text (as in IAM's responses) or as the document itself.
    """
    if isinstance(policy, dict):
        return policy
    if not isinstance(policy, str):
        return None
    text = policy.strip()
    if text[:3].lower() == "%7b":
        text = unquote(text)
    document = parse_json(text)
    return document if isinstance(document, dict) else None


def policy_text(policy: Json) -> Json:
    """Returns a policy as a state has it, as compact JSON text; what is no policy document is returned unchanged."""
    document = parse_policy(policy)
    return policy if document is None else json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def add_statements(policy: Json, statements: list[Json]) -> Json:
    """Returns a policy's text with statements added; they replace those with the same ``Sid``."""
    return _with_statements(policy, _others(policy, statements) + statements)


def remove_statements(policy: Json, statements: list[Json]) -> Json:
    """Returns a policy's text without the statements that have the ``Sid`` of any of these."""
    return _with_statements(policy, _others(policy, statements))


def _others(policy: Json, statements: list[Json]) -> list[Json]:
    named = {_sid(statement) for statement in statements if isinstance(statement, dict)}
    document = parse_policy(policy) or {}
    there = listed(document.get("Statement"))
    return [one for one in there if not isinstance(one, dict) or _sid(one) not in named]


def _sid(statement: dict[str, Json]) -> str:
    return canonical_text(statement.get("Sid"))


def _with_statements(policy: Json, statements: list[Json]) -> Json:
    document = parse_policy(policy)
    if document is None or listed(document.get("Statement")) == statements:
        return policy
    return policy_text({**document, "Statement": statements})


def listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
