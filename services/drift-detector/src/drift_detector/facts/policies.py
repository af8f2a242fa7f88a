"""When two IAM policy documents say the same thing.

The canonical form follows the IAM policy grammar
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html): a statement may stand alone or in
a list, so may actions, resources, principals and condition values; the order of none of them means anything; actions
and condition keys are case-insensitive; a principal account id is short for its root ARN; ``"*"`` as principal is
everybody, as ``{"AWS": "*"}`` is.
"""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import unquote

import orjson

from tfdrift.events import Json

_ROOT_ARN: Final = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_FOLDED: Final = frozenset({"Action", "NotAction"})
_LISTS: Final = frozenset({"Action", "NotAction", "Resource", "NotResource"})
_DEFAULT_VERSION: Final = "2008-10-17"


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
    listed = _listed(document.get("Statement"))
    return [one for one in listed if not isinstance(one, dict) or one.get("Sid") not in named]


def _with_statements(policy: Json, statements: list[Json]) -> Json:
    document = parse_policy(policy)
    if document is None or _listed(document.get("Statement")) == statements:
        return policy
    return policy_text({**document, "Statement": statements})


def canonical_policy(policy: Json) -> str | None:
    """Text that is equal for equivalent policies; None for what is no policy document."""
    document = parse_policy(policy)
    if document is None:
        return None
    canonical = {key: value for key, value in document.items() if key not in ("Statement", "Version", "Id")}
    canonical["Version"] = document.get("Version") or _DEFAULT_VERSION
    if document.get("Id"):
        canonical["Id"] = document["Id"]
    canonical["Statement"] = sorted({_dumps(_statement(one)) for one in _listed(document.get("Statement"))})
    return _dumps(canonical)


def _dumps(value: Json) -> str:
    # Not orjson: a call may hold integers of more than 64 bits.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _statement(statement: Json) -> Json:
    if not isinstance(statement, dict):
        return statement
    canonical: dict[str, Json] = {}
    for key, value in statement.items():
        if key == "Sid" and not value:
            continue
        if key in _LISTS:
            canonical[key] = _strings(value, fold=key in _FOLDED)
        elif key in ("Principal", "NotPrincipal"):
            canonical[key] = _principal(value)
        elif key == "Condition":
            if conditions := _conditions(value):
                canonical[key] = conditions
        else:
            canonical[key] = value
    return canonical


def _principal(principal: Json) -> Json:
    if principal == "*":
        principal = {"AWS": "*"}
    if not isinstance(principal, dict):
        return principal
    return {
        kind: sorted({_ROOT_ARN.sub(r"\1", one) for one in _strings(who)} if kind == "AWS" else _strings(who))
        for kind, who in principal.items()
    }


def _conditions(conditions: Json) -> Json:
    if not isinstance(conditions, dict):
        return conditions
    canonical: dict[str, Json] = {}
    for operator, tests in conditions.items():
        if isinstance(tests, dict):
            canonical[operator.lower()] = {key.lower(): _strings(values) for key, values in tests.items()}
        else:
            canonical[operator.lower()] = tests
    return canonical


def _strings(value: Json, fold: bool = False) -> list[str]:
    texts = (_text(one) for one in _listed(value))
    return sorted({text.lower() if fold else text for text in texts})


def _text(value: Json) -> str:
    return value if isinstance(value, str) else _dumps(value)


def _listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
