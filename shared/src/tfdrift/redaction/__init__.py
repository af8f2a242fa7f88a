"""Decides what is secret in states, calls and alerts, and replaces it by keyed hashes.

In: attributes of a resource, the request and response of a call, the fields of an alert. Out: the same without secrets.
Pure: it does no I/O. Nothing secret may be stored before it has passed through here.

Errors:

    RedactionError
    ├── TooDeep       a value is nested deeper than `MAX_DEPTH`
    └── RulesError    the operator's file is invalid
"""

from tfdrift.redaction.calls import MASK, redact_call, redact_event
from tfdrift.redaction.depth import MAX_DEPTH, RedactionError, TooDeep, check_depth
from tfdrift.redaction.keyed_hash import keyed_hash
from tfdrift.redaction.redactor import RULES_VERSION, Redactor
from tfdrift.redaction.rules import NO_RULES, Rules, RulesError, parse_rules
from tfdrift.redaction.walk import Walk

__all__ = [
    "MASK",
    "MAX_DEPTH",
    "NO_RULES",
    "RULES_VERSION",
    "RedactionError",
    "Redactor",
    "Rules",
    "RulesError",
    "TooDeep",
    "Walk",
    "check_depth",
    "keyed_hash",
    "parse_rules",
    "redact_call",
    "redact_event",
]
