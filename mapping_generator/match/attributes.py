"""Finds the members of a request that set an attribute: those of the same name and a compatible shape.

A false alarm is worse than a miss. So what only steers a call is left out, and what the provider does not read back,
what names other things in forms of its own (KMS keys), times, lists of structures, and what AWS hides. Of a map only
the given entries are claimed, since some calls replace it and others change its entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mapping_generator.match.ties import path_of
from mapping_generator.sources.names import fold
from mapping_generator.sources.provider_schema import Attribute
from mapping_generator.sources.service_model import Member, Service

# Members that are no property of the resource: options of the call, Terraform's own settings, values that the provider
# sends and never reads, and names that have several forms.
_EXCLUDED: Final = re.compile(
    r"id|arn|name_prefix|.*_prefix|region|account_id|aws_account_id|catalog_id|owner_id|tags|tags_all|"
    r"apply_.*|skip_.*|force_.*|.*_force|delete_.*|.*_on_delet(e|ion)|retain_.*|final_.*|allow_.*|replace_.*|"
    r"overwrite.*|publish|no_.*|wait_.*|validate.*|recovery_window_in_days|deletion_window_in_days|"
    r"pending_window_in_days|snapshot_identifier|snapshot_name|snapshot_arns?|source_.*|restore_.*|replicate_source.*|"
    r"client_token|client_metadata|caller_reference|creation_token|idempotency_token|.*_wo|.*_wo_version|.*kms_.*|key_id|"
    r"target_key_id|.*(date|time|timestamp)|.*_at|schema|.*template_body|.*_body|body|content|code|script|user_data.*|"
    r"encrypted|version|owner.*|.*_owner|confirm_.*|notify_.*|reset_.*|status_reason|.*update_type|comment_.*|lock_.*|desired_.*|operation|action|scope|.*encryption_key.*|s3_bucket|s3_key|s3_object_version|.*_s3_object_version|"
    r"task_definition|create_version|saml_metadata_document|credentials|bypass_.*|activate|extend_deletion|fail_on_warnings|"
    r"disable_rollback|template_url|public_key|certificate|certificate_pem|certificate_chain"
)
_SECRET: Final = re.compile(
    r".*(password|secret|passphrase|private_key|auth_token|oauth_token|api_key|access_token|basic_auth_credentials)"
)
_JSON: Final = re.compile(
    r"definition|(?!job_|task_).*_definition|.*_document|.*_json|event_pattern|.*_pattern_json|filter_policy|lifecycle_policy"
)
# Not every name with this ending: an SSL policy or a security policy is only a name.
_POLICY: Final = re.compile(
    r"policy|.*policy_document|policy_text|policy_body|(access|inline|resource|repository|session|delivery_destination)_policy"
)
# Lists whose order matters: what is run, tried or shown in turn. The cloud keeps no order of others, such as groups and
# subnets, so a change of order alone is no drift.
_ORDERED: Final = re.compile(
    r"command|entry_?point|.*arguments|.*entrypoint|.*_order|layers|termination_policies|classifiers|colors|.*gradient|"
    r"record_fields|contact_ids"
)
_REFERENCE: Final = re.compile(r".*_arns?|role|.*_role|.*_role_name|(job|task)_definition")
_NUMBERS: Final = ("integer", "long", "float", "double")
_DEPTH: Final = 3


Compare = str | dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A member that sets an attribute.

    Attributes:
        compare: how the mapping compares the attribute; None for plain values.
        by_entry: whether the attribute is a map of which the member gives entries.
    """

    attribute: str
    path: str
    transform: str | None = None
    compare: Compare = None
    by_entry: bool = False


def settings(
    service: Service, members: Mapping[str, Member], attributes: Mapping[str, Attribute], taken: frozenset[str]
) -> list[Setting]:
    """Returns the attributes that a request sets, sorted; ``taken`` are the folded members of the identity."""
    free = {name: member for name, member in members.items() if fold(member.name) not in taken}
    return sorted(_settings(service, free, attributes, ("req", "", 0)), key=lambda one: one.attribute)


def _settings(
    service: Service, members: Mapping[str, Member], attributes: Mapping[str, Attribute], place: tuple[str, str, int]
) -> Iterator[Setting]:
    root, prefix, depth = place
    named = {fold(name): name for name in attributes}
    for member in members.values():
        name = named.get(fold(member.name))
        if name is None or not attributes[name].configurable or _EXCLUDED.fullmatch(name):
            continue
        attribute, path = attributes[name], path_of(service, root, member)
        inner = service.members(member.shape) if member.kind == "structure" else {}
        if inner and attribute.once and depth < _DEPTH and "|" not in path:
            yield from _settings(service, inner, attribute.members, (path, f"{prefix}{name}[0].", depth + 1))
        # EC2 wraps single values; the detector unwraps them.
        single = inner["value"] if service.is_ec2 and set(inner) == {"value"} else member
        if found := _setting(service, single, attribute, (prefix + name, path)):
            yield found


def _setting(service: Service, member: Member, attribute: Attribute, place: tuple[str, str]) -> Setting | None:
    name, path = place
    if member.kind == "list":
        return _listed(service, member, attribute, place)
    if member.kind == "map":
        return _mapped(service, member, attribute, place)
    kinds = (attribute.kind, member.kind)
    if _SECRET.fullmatch(_leaf(name)):
        # In a block that a state may omit, the secret need not be Terraform's.
        return Setting(name, path, "hidden") if kinds == ("string", "string") and "." not in name else None
    how: str | None = None
    compare: Compare = None
    if kinds == ("bool", "boolean"):
        compare = {"unset": [False]}
    elif attribute.kind == "number" and member.kind in _NUMBERS:
        compare = _lenient(name) or {"unset": [0]}
    elif kinds == ("string", "string"):
        how = _comparator(_leaf(name), service.is_enumerated(member.shape))
        how = how or ("text_folded" if member.name.lower() in service.case_blind else None)
        compare = _lenient(name, how) or how
    else:
        return None
    policy = compare == "json_policy" or (isinstance(compare, dict) and compare.get("compare") == "json_policy")
    return (
        None if service.is_sensitive(member.shape) else Setting(name, path, "json_policy" if policy else None, compare)
    )


def _mapped(service: Service, member: Member, attribute: Attribute, place: tuple[str, str]) -> Setting | None:
    name, path = place
    shape, kind = service.entry(member.shape)
    if kind == "list":
        shape, kind = service.element(shape)
    if (attribute.kind, attribute.element, kind) != ("map", "string", "string") or "|" in path:
        return None
    return None if service.is_sensitive(shape) or _SECRET.fullmatch(_leaf(name)) else Setting(name, path, by_entry=True)


def _leaf(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _lenient(name: str, how: str | None = None) -> dict[str, Any] | None:
    """Marks the members of a nested block that a state may omit as optional: consoles send all defaults."""
    if "." not in name:
        return None
    return {"optional": True} if how is None else {"compare": how, "optional": True}


def _comparator(leaf: str, enumerated: bool) -> str | None:
    tests: tuple[tuple[bool, str], ...] = (
        (leaf.endswith(("_window", "_window_start")) or enumerated, "text_folded"),
        (_POLICY.fullmatch(leaf) is not None, "json_policy"),
        (_JSON.fullmatch(leaf) is not None, "json"),
        (leaf.endswith("_version"), "version"),
        ("cidr" in leaf.split("_"), "cidr"),
        (_REFERENCE.fullmatch(leaf) is not None, "arn_or_name"),
    )
    return next((how for found, how in tests if found), None)


def _listed(service: Service, member: Member, attribute: Attribute, place: tuple[str, str]) -> Setting | None:
    # EC2 logs lists by other names.
    shape, kind = service.element(member.shape)
    if attribute.kind not in ("set", "list") or service.is_ec2 or service.is_sensitive(shape):
        return None
    if not (attribute.element == "string" and kind == "string") and not (
        attribute.element == "number" and kind in _NUMBERS
    ):
        return None
    name, path = place
    plural = "|".join(f"{one}[]" for one in path.split("|"))
    if attribute.kind == "list" and _ORDERED.fullmatch(_leaf(name)):
        return Setting(name, plural, compare=_lenient(name))
    return Setting(name, plural, compare=_lenient(name, "set") or "set")
