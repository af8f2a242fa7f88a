"""Decides whether two IAM policy documents say the same thing.

The canonical form follows the IAM policy grammar
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html). A single statement, action,
resource, principal or condition value may stand alone or in a list; their order means nothing. Actions and condition
keys are case-insensitive. A principal's account id is short for its root ARN, and the principal ``"*"`` is everybody,
as ``{"AWS": "*"}`` is.
"""

from __future__ import annotations

import re
from typing import Final

from drift_detector.compare.verdict import Verdict, verdict_of
from drift_detector.facts.json_text import canonical_text
from drift_detector.facts.policies import listed, parse_policy
from tfdrift.events import Json

_ROOT_ARN: Final = re.compile(r"arn:[^:]+:iam::(\d{12}):root")


_FOLDED: Final = frozenset({"Action", "NotAction"})


_LISTS: Final = frozenset({"Action", "NotAction", "Resource", "NotResource"})


_DEFAULT_VERSION: Final = "2008-10-17"


def same_policy(claimed: Json, recorded: Json) -> Verdict | None:
    """Whether two policy documents say the same; None where one of them is no policy document."""
    one, other = canonical_policy(claimed), canonical_policy(recorded)
    if one is None or other is None:
        return None
    return verdict_of(one == other)


def canonical_policy(policy: Json) -> str | None:
    """Returns a text that is equal for equivalent policies; None if the value is no policy document."""
    document = parse_policy(policy)
    if document is None:
        return None
    canonical = {key: value for key, value in document.items() if key not in ("Statement", "Version", "Id")}
    canonical["Version"] = document.get("Version") or _DEFAULT_VERSION
    if document.get("Id"):
        canonical["Id"] = document["Id"]
    canonical["Statement"] = sorted({canonical_text(_statement(one)) for one in listed(document.get("Statement"))})
    return canonical_text(canonical)


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
    texts = (_text(one) for one in listed(value))
    return sorted({text.lower() if fold else text for text in texts})


def _text(value: Json) -> str:
    return value if isinstance(value, str) else canonical_text(value)
