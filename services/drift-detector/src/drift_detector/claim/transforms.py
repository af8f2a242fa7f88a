"""Brings a value of a call into the shape that a Terraform state has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from drift_detector.claim.aws.s3_grants import grants_of
from drift_detector.claim.aws.security_group_rules import rules_of
from drift_detector.claim.azure.security_rules import security_rules_of
from drift_detector.claim.gcp.firewall_rules import firewall_rules_of
from drift_detector.facts.document import Document, elements, scalar
from drift_detector.facts.mapping_terms import Transform
from drift_detector.facts.names import identity_form
from drift_detector.facts.no_value import MISSING, UNKNOWN, Absent, Unknown
from drift_detector.facts.policies import policy_text
from tfdrift.events import Json
from tfdrift.records import hidden_hash

# What AWS writes in place of a secret: HIDDEN_DUE_TO_SECURITY_REASONS, <sensitiveDataRemoved>, ****, HIDDEN.
_PLACEHOLDER: Final = re.compile(r"\*{3,}|HIDDEN(_[A-Z_]+)?|<?sensitiveDataRemoved>?")
_TAG_KEYS: Final = ("key", "tagkey")


_TAG_VALUES: Final = ("value", "tagvalue")


# AWS reserves this prefix for its own tags; Terraform leaves them out of the state.
_RESERVED_TAG: Final = "aws:"


Value = Json | Absent | Unknown


def is_hidden(value: Json) -> bool:
    """Whether a value is one of the texts that a cloud's log writes in place of a value that it hides."""
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value) is not None


def transformed(transform: Transform, found: Json, document: Document, *, plural: bool) -> Value:  # noqa: PLR0911, PLR0912
    """Returns a value of the call in the state's shape; `MISSING` if it has none, `UNKNOWN` if the log hides it."""
    if transform is not Transform.HIDDEN and hidden_hash(found) is not None:
        return found  # a hash in place of a secret
    match transform:
        case Transform.HIDDEN:
            return UNKNOWN
        case Transform.RAW:
            return UNKNOWN if is_hidden(found) else found
        case Transform.TAGS:
            return tags_of(found, document)
        case Transform.SG_RULES:
            return rules_of(document)
        case Transform.JSON_POLICY:
            return UNKNOWN if is_hidden(scalar(found)) else policy_text(scalar(found))
        case Transform.COMMA_LIST:
            return [part.strip() for part in str(scalar(found)).split(",") if part.strip()]
        case Transform.NAME_VALUES:
            return _name_values(found, document)
        case Transform.CHOICE:
            return next(iter(found)).lower() if isinstance(found, dict) and len(found) == 1 else MISSING
        case Transform.LOG_PUBLISHING:
            return (
                [_published_log(kind, one, document) for kind, one in found.items()]
                if isinstance(found, dict)
                else MISSING
            )
        case Transform.S3_GRANTS:
            return grants_of(found, document)
        case Transform.GCP_FIREWALL_RULES:
            return firewall_rules_of(found, document)
        case Transform.AZURE_RULES:
            return security_rules_of(found)
        case Transform.VALUE:
            return _plain(found, plural)
        case _:
            text = identity_form(transform, found)
            return MISSING if text is None else text


def _name_values(found: Json, document: Document) -> Value:
    """Returns the map that a state has for a list of ``{"name": ..., "value": ...}``."""
    pairs = [(document.member(one, "name"), document.member(one, "value")) for one in elements(found) or ()]
    return {str(scalar(name)): scalar(value) for name, value in pairs if name is not MISSING and value is not MISSING}


def _published_log(kind: str, options: Json, document: Document) -> Json:
    """Returns the block ``log_publishing_options`` for an entry of OpenSearch's map by the log's type."""
    group, enabled = document.member(options, "cloudwatchlogsloggrouparn"), document.member(options, "enabled")
    block: dict[str, Json] = {"log_type": kind}
    if group is not MISSING:
        block["cloudwatch_log_group_arn"] = group
    if enabled is not MISSING:
        block["enabled"] = enabled
    return block


def _plain(found: Json, plural: bool) -> Value:
    if plural or isinstance(found, list):
        values = [scalar(one) for one in found] if isinstance(found, list) else [scalar(found)]
        return UNKNOWN if any(is_hidden(value) for value in values) else values
    if isinstance(found, dict):
        if found == {}:
            return MISSING
        listed = elements(found)
        if listed is None or listed != [found]:
            return MISSING if listed is None else [scalar(one) for one in listed]
    value = scalar(found)
    return UNKNOWN if is_hidden(value) else value


def tags_of(found: Json, document: Document) -> Value:
    """Returns the map of tags that a state has, for a map or a list of keys and values, without AWS's own tags."""
    if is_hidden(scalar(found)):
        return UNKNOWN
    listed = elements(found)
    if listed is None:
        return {}
    tags: dict[str, Json] = {}
    if isinstance(found, dict) and listed == [found] and not _is_pair(found):
        pairs = list(found.items())
    else:
        pairs = [(_member(one, _TAG_KEYS, document), _member(one, _TAG_VALUES, document)) for one in listed]
    for key, value in pairs:
        if not isinstance(key, str | bool | int):
            continue
        name = _tag_text(key)
        if is_hidden(name):
            return UNKNOWN
        if not name.startswith(_RESERVED_TAG):
            tags[name] = value if hidden_hash(value) is not None else _tag_text(value)
    return tags


def _is_pair(found: Mapping[str, Json]) -> bool:
    names = {key.lower() for key in found}
    return not names.isdisjoint(_TAG_KEYS) and not names.isdisjoint(_TAG_VALUES)


def _member(one: Json, names: tuple[str, ...], document: Document) -> Json:
    for name in names:
        value = document.member(one, name)
        if value is not MISSING:
            return scalar(value)
    return None


def _tag_text(value: Json) -> str:
    # CloudTrail makes a boolean of the tag value "true" where the request was XML.
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
