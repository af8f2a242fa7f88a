"""When two IAM policy documents say the same thing.

The canonical form follows the IAM policy grammar
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html): a statement may stand alone or in
a list, so may actions, resources, principals and condition values; the order of none of them means anything; actions
and condition keys are case-insensitive; a principal account id is short for its root ARN; ``"*"`` as principal is
everybody, as ``{"AWS": "*"}`` is.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

import orjson

from tfdrift.events import Json


def parse_policy(policy: Json) -> Json | None:
    """The document of a policy given as text, as URL-encoded text (as IAM's responses do) or as the document itself.

    None where it is none.
    """
    if isinstance(policy, dict):
        return policy
    if not isinstance(policy, str):
        return None
    text = policy.strip()
    if text[:3].lower() == "%7b":
        text = unquote(text)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def policy_text(policy: Json) -> Json:
    """A policy as a state holds it: compact JSON text; what is no policy document is given back as it is."""
    document = parse_policy(policy)
    return policy if document is None else json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def add_statements(policy: Json, statements: list[Json]) -> Json:
    """A policy's text after statements were put into it; those with the ``Sid`` of one of them are replaced."""
    return _with_statements(policy, _others(policy, statements) + statements)


def remove_statements(policy: Json, statements: list[Json]) -> Json:
    """A policy's text after the statements with these ``Sid`` were taken out."""
    return _with_statements(policy, _others(policy, statements))


def _others(policy: Json, statements: list[Json]) -> list[Json]:
    named = {statement.get("Sid") for statement in statements if isinstance(statement, dict)}
    document = parse_policy(policy) or {}
    there = listed(document.get("Statement"))
    return [one for one in there if not isinstance(one, dict) or one.get("Sid") not in named]


def _with_statements(policy: Json, statements: list[Json]) -> Json:
    document = parse_policy(policy)
    if document is None or listed(document.get("Statement")) == statements:
        return policy
    return policy_text({**document, "Statement": statements})


def listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
